"""The thirteen weights of the 2-3-1 network, to change by hand.

Coffee roasting with the 2-3-1 network: train it, take it apart, change it by hand.
"""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.decision_boundary import UnitLine, roasting_figure, roasting_sentence
from dashboard.state import session
from dashboard.state.network_view import NetworkView
from dashboard.views.labs.keras_answer import answer, known
from dashboard.views.shared.unit_maps import drawn, inequality, units
from playground.analysis.inspection import decision_boundary
from playground.labs import keras_calls
from playground.labs.by_hand.coffee import (
    EXPERIMENT,
    MOMENTS,
    baseline,
    judge,
    network,
    printed,
    roasts,
)
from playground.nn.network import Snapshot

Array = NDArray[Any]


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


START = (215.0, 13.0)  # °C and minutes of the movable roast
STEPS_PER_EPOCH = EXPERIMENT.steps_per_epoch


def roasting() -> None:
    """The weights, the plane with its half-planes, one roast, and the threshold."""
    dataset = roasts()
    trivial = baseline(dataset.train.y)
    good = int(dataset.train.y.sum())
    st.markdown(
        f"200 roasts, {good} of them good. A network of 3 sigmoid units and 1 sigmoid output, "
        "trained with cross-entropy and Adam 0.01 for 63,000 updates, as the course does. What it "
        f"has to beat: always saying “bad” is right for **{trivial:.1%}** of them."
    )
    snapshot, name = _weights()
    snapshot = edited(snapshot, name)
    threshold = st.slider(
        "Decision threshold", 0.0, 1.0, 0.5, 0.01, key="lab_by_hand_threshold",
        persist_state="session",
        help="An answer above it is a yes. Lower it: more good roasts are found, and more bad ones "
        "let through.",
    )  # fmt: skip
    now = NetworkView(EXPERIMENT, dataset, snapshot, None, f"by hand {name}")
    seen = decision_boundary.look(snapshot, dataset)
    left, right = st.columns(2, gap="medium")
    with left:
        roast = _plane(now, seen, threshold)
    with right:
        _forward(now, roast, threshold)
        st.markdown("**The weights, as the course prints them**")
        st.code(printed(snapshot), language=None)
        st.caption(
            "A column of W1 is a unit of the hidden layer: its weight for temperature above its "
            "weight for duration, both scaled. W2 has one column, for there is one output."
        )
    shown = {"roasts": drawn(snapshot, dataset, dataset.train)}
    units(now, seen, 0, shown)


def _weights() -> tuple[Snapshot, str]:
    """The network that came along, or one trained here, at some moment; and its name."""
    left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
    seed = left.number_input(
        "Seed of the first weights", 0, 999, 3, key="lab_by_hand_seed", persist_state="session",
        help="Another number begins elsewhere: train again and see whether the three lines end at "
        "the same edges.",
    )  # fmt: skip
    wanted = session.kept("lab_by_hand_wanted", dict)
    if middle.button(
        "Train it", key="lab_by_hand_train", icon=":material/play_arrow:",
        help="63,000 updates of real training in a worker, some two seconds; then move through it.",
    ):  # fmt: skip
        wanted["seed"] = int(seed)
    if "seed" not in wanted:
        right.caption("These weights came along, trained from seed 3.")
        return network(), "came along"
    question = wanted["seed"]
    answer(
        "lab_by_hand_roasting", _trained, question, keras_calls.roasting, question,
        waiting=f"Training 63,000 updates from seed {question} …",
    )  # fmt: skip
    found: list[Snapshot] | None = known("lab_by_hand_roasting", question)
    if found is None:
        return network(), "came along"
    epoch = right.select_slider(
        "Updates learnt", MOMENTS, MOMENTS[-1], key=f"lab_by_hand_moment_{question}",
        format_func=lambda epoch: f"{epoch * STEPS_PER_EPOCH:,}", persist_state="session",
        help="Go back to the first weights and forward again: watch the three lines wander.",
    )  # fmt: skip
    return found[MOMENTS.index(epoch)], f"seed {question} epoch {epoch}"


def _trained(found: list[Snapshot]) -> None:
    loss = roasts()
    output = found[-1].predict(loss.scaled(loss.train.x))[:, 0]
    right = judge(output, loss.train.y, 0.5).accuracy
    st.caption(f"Trained: {right:.1%} of the 200 roasts are right after the last update.")


def _plane(
    now: NetworkView, seen: decision_boundary.Plane, threshold: float
) -> tuple[float, float]:
    """The chart with the movable roast; where the roast is."""
    dataset, output = now.dataset, seen.output[..., 0]
    across, up = (seen.extent[0], seen.extent[1]), (seen.extent[2], seen.extent[3])
    key = "lab_by_hand_plane"
    roast = chart.held(key, START, across, up, "roast")
    answered = now.snapshot.predict(dataset.scaled(np.array([roast], np.float32)))[0, 0]
    judged = judge(
        now.snapshot.predict(dataset.scaled(dataset.train.x))[:, 0], dataset.train.y, threshold
    )
    examples = drawn(now.snapshot, dataset, dataset.train)
    wrong = (now.snapshot.predict(dataset.scaled(dataset.train.x))[:, 0] > threshold) != (
        dataset.train.y > 0
    )
    figure = roasting_figure(
        output, threshold, seen.extent, type(examples)(examples.x, examples.colour, wrong),
        _lines(now, seen), (dataset.source.features[0], dataset.source.features[1]), "roasting",
    )  # fmt: skip
    chart.handle(
        figure,
        roasting_sentence(roast, float(answered), threshold, judged.accuracy,
                          baseline(dataset.train.y)),
        key, START, of="roast", name="Roast",
        about="Blue: answered good, orange: bad. Dark lines: where a unit's sum is 0, the arrow "
        "points to its side. White: where the answer crosses the threshold. Drag the roast over "
        "the lines and watch which unit changes its mind.",
    )  # fmt: skip
    st.caption(
        f"At the threshold {threshold:g}: {judged.hits} good roasts found, {judged.missed} missed, "
        f"{judged.alarms} bad ones let through, {judged.passed} turned away."
    )
    return roast


def _lines(now: NetworkView, seen: decision_boundary.Plane) -> list[UnitLine]:
    lines = []
    for i, half in enumerate(decision_boundary.half_planes(now.snapshot.layers[0], now.dataset)):
        ends = half.line(seen.extent)
        if ends is not None:
            formula = f"unit {i + 1}: {inequality(half, ('temperature', 'duration'))}"
            lines.append(UnitLine(ends, np.array(half.slope), f"{i + 1}", formula))
    return lines


def _forward(now: NetworkView, roast: tuple[float, float], threshold: float) -> None:
    """One roast through the network: scaling, three units, the output, the decision."""
    x = now.dataset.scaled(np.array([roast], np.float32))
    (z1, a1), (z2, a2) = now.snapshot.forward(x)
    hidden, last = now.snapshot.layers
    st.markdown("**This roast, step by step**")
    st.latex(
        rf"({roast[0]:.1f}\,°\mathrm{{C}},\ {roast[1]:.2f}\,\mathrm{{min}}) \to "
        rf"({x[0, 0]:.3f},\ {x[0, 1]:.3f})"
    )
    rows = []
    for j in range(3):
        w, b = hidden.kernel[:, j], hidden.bias[j]
        rows.append(
            rf"a_{j + 1} &= \sigma({w[0]:.2f} \cdot {_in(x[0, 0])} {w[1]:+.2f} \cdot {_in(x[0, 1])}"
            rf" \\ &\qquad {b:+.2f}) = \sigma({z1[0, j]:.2f}) = {a1[0, j]:.3f}"
        )
    st.latex(r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}")
    terms = r" \\ &\qquad ".join(
        rf"{v:+.2f} \cdot {a:.3f}" for v, a in zip(last.kernel[:, 0], a1[0], strict=True)
    ).removeprefix("+")
    st.latex(
        rf"\begin{{aligned}} a &= \sigma({terms} \\ &\qquad {last.bias[0]:+.2f}) = "
        rf"\sigma({z2[0, 0]:.2f}) = {a2[0, 0]:.4f} \end{{aligned}}"
    )
    yes = a2[0, 0] > threshold
    st.markdown(
        f"{a2[0, 0]:.4f} {'>' if yes else '≤'} {threshold:g}: "
        + ("**✓ yes, a good roast**" if yes else "**✗ no, a bad roast**")
    )


def _in(value: float) -> str:
    return f"({value:.3f})" if value < 0 else f"{value:.3f}"
