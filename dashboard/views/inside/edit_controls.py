"""The controls of each kind of edit: widgets → a frozen edit, or ValueError in words."""

from collections.abc import Callable

import streamlit as st

from dashboard.notices import literal
from playground.edits import Change, Edit, Noise, Prune, SwitchOff
from playground.snapshot import Snapshot

ALL_LAYERS, THIS_LAYER = "All layers", "This layer"


def _change(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    what = st.segmented_control(
        "Which", ["Weight", "Bias"], default="Weight", key="edit_which", required=True,
        persist_state="session",
        help="Which weights or biases are changed; try a single one first.",
    )  # fmt: skip
    kernel, bias = shown.layers[layer].kernel, shown.layers[layer].bias
    source = None
    with st.container(horizontal=True):
        if what == "Weight":
            source = _whole("From input", "edit_source", f"1 to {len(inputs):,}") - 1
        label = "To unit" if what == "Weight" else "Of unit"
        unit = _whole(label, "edit_unit", f"1 to {len(bias):,}") - 1
    value = st.number_input(
        "New value",
        value=0.0,
        step=0.1,
        format="%.4f",
        key="edit_value",
        persist_state="session",
        help="What the chosen number becomes; try 0, or ten times what it was.",
    )
    edit = Change(layer, source, unit, value)
    edit.apply(shown)  # says what is wrong before anything is looked up
    now = float(bias[unit] if source is None else kernel[source, unit])
    where = "The bias" if source is None else f"The weight from {inputs[source]}"
    st.caption(literal(f"{where} is {now:.4f} now; the layer's σ is {kernel.std():.3g}."))
    return edit


def _switch_off(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    unit = _whole("Unit", "edit_off", f"1 to {len(shown.layers[layer].bias):,}") - 1
    return SwitchOff(layer, unit)


def _noise(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    where = _where(layer)
    share = st.number_input(
        "Noise, in units of each layer's own σ", value=0.5, step=0.1, key="edit_noise",
        help="0.5: random numbers half as widely spread as the layer's weights are.",
        persist_state="session",
    )  # fmt: skip
    return Noise(where, share, _whole("Seed", "edit_seed", "another one: other noise", 0))


def _prune(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    where = _where(layer)
    percent = st.number_input(
        "Share to prune, in %", value=50.0, step=5.0, format="%.1f", key="edit_prune",
        persist_state="session",
        help="The smallest weights, as a share of all, become 0; try how far you"
        " can go before the score drops.",
    )  # fmt: skip
    edit = Prune(where, percent)
    layers = shown.layers if where is None else (shown.layers[where],)
    total = sum(each.kernel.size for each in layers)
    st.caption(f"{round(total * percent / 100):,} of {total:,} weights; biases stay.")
    return edit


CONTROLS: dict[str, Callable[[Snapshot, int, tuple[str, ...]], Edit]] = {
    "change": _change,
    "switch_off": _switch_off,
    "noise": _noise,
    "prune": _prune,
}


def _where(layer: int) -> int | None:
    """The layer chosen above, or None for all."""
    choice = st.segmented_control(
        "Where", [ALL_LAYERS, THIS_LAYER], default=ALL_LAYERS, key="edit_where", required=True,
        persist_state="session",
        help="One layer or all of them; compare which layer bears more.",
    )  # fmt: skip
    return None if choice == ALL_LAYERS else layer


def _whole(label: str, key: str, range: str, value: int = 1) -> int:
    """A whole number without limits: what is wrong with it is said in our own words."""
    return int(
        st.number_input(
            f"{label} ({range})",
            value=value,
            step=1,
            key=key,
            persist_state="session",
            help=f"A whole number, {range}; try several and watch the score.",
        )
    )
