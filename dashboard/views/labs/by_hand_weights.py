"""The thirteen weights of the 2-3-1 network, to change by hand."""

import numpy as np
import streamlit as st

from playground.snapshot import Snapshot

LARGEST = 200.0
INPUTS = ("temperature", "duration")


def edited(snapshot: Snapshot, name: str) -> Snapshot:
    """The network as somebody has changed it; `name` tells which one it was before."""
    box = st.expander("Change the weights by hand", key="lab_by_hand_edit", on_change="rerun")
    if not box.open:
        return snapshot
    hidden, last = snapshot.layers
    with box:
        st.caption(
            "Unit j is column j of W1 with entry j of b1; the output has the column of W2 and b2. "
            "Close this, and the network's own weights are back."
        )
        columns = st.columns(4)
        kernel, bias = np.array(hidden.kernel), np.array(hidden.bias)
        out, offset = np.array(last.kernel), np.array(last.bias)
        for j in range(3):
            with columns[j]:
                st.markdown(f"**Unit {j + 1}**")
                for i, feature in enumerate(INPUTS):
                    kernel[i, j] = _number(
                        f"w for {feature}",
                        kernel[i, j],
                        f"{name} W1 {i} {j}",
                        f"Tilts unit {j + 1}'s line. Change its sign: the sides are swapped.",
                    )
                bias[j] = _number(
                    "bias", bias[j], f"{name} b1 {j}", f"Shifts unit {j + 1}'s line sideways."
                )
        with columns[3]:
            st.markdown("**Output**")
            for j in range(3):
                out[j, 0] = _number(
                    f"w for unit {j + 1}",
                    out[j, 0],
                    f"{name} W2 {j}",
                    "Positive: the unit speaks for a good roast. Set 0: nobody hears it.",
                )
            offset[0] = _number(
                "bias of the output",
                offset[0],
                f"{name} b2",
                "Higher: more roasts are called good, whatever the units say.",
            )
    return snapshot.with_weights([kernel, bias, out, offset])


def _number(label: str, value: float, key: str, help: str) -> float:
    start = round(float(np.clip(value, -LARGEST, LARGEST)), 2)
    return float(
        st.number_input(
            label, -LARGEST, LARGEST, start, 0.5, format="%.2f", key=f"lab_by_hand {key}",
            help=help,
        )
    )  # fmt: skip
