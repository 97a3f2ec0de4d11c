"""The controls of each kind of edit: widgets → a frozen edit, or ValueError in words.

Edits of a copy of the network: what if this weight were another one, or that unit were gone?
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.widgets.messages import literal, refuse
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.weight_edits import (
    EDITS,
    Change,
    Edit,
    Noise,
    Prune,
    SwitchOff,
    edited,
)
from playground.analysis.metrics.score import score
from playground.datasets.dataset import Split
from playground.history.events import Score, metric_name
from playground.nn.losses import LOSSES
from playground.nn.network import Snapshot

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


MOST_SCORED = 5_000  # examples: more would make the page wait
MOST_EDITS = 20
ACCURACY, ERROR, LOSS = "Accuracy", "Mean error", "Loss"
GOOD: dict[str, Literal["normal", "inverse"]] = {  # whether more of it is better
    ACCURACY: "normal", ERROR: "inverse", LOSS: "inverse",
}  # fmt: skip


def made(now: NetworkView) -> tuple[Edit, ...]:
    """The edits in their order; those of a network of another shape are forgotten."""
    return stored.get("edits", _network(now)) or ()


def copy(now: NetworkView) -> Snapshot:
    """The shown moment with all edits; the snapshot itself where there is none."""
    held, edits = _held(now), made(now)
    if held.copy is None or held.edits != edits:
        held.copy, held.edits = edited(now.snapshot, edits), edits
    return held.copy


@dataclass
class _Held:
    """What has been computed of one snapshot, so that a second look costs nothing."""

    snapshot: Snapshot
    copy: Snapshot | None = None
    edits: tuple[Edit, ...] = ()  # of the copy
    scores: dict[tuple[Edit, ...], Score] = field(default_factory=dict)


def _held(now: NetworkView) -> _Held:
    held: _Held | None = stored.get("edited", now.uirevision)
    if held is None or held.snapshot is not now.snapshot:
        held = _Held(now.snapshot)
        stored.set("edited", held, now.uirevision)
    return held


def count(now: NetworkView) -> str:
    """ "1 edit", "3 edits"."""
    n = len(made(now))
    return f"{n} edit{'s' if n > 1 else ''}"


def _network(now: NetworkView) -> str:
    return f"{now.experiment.data.dataset} {now.experiment.layer_sizes}"


def _set(now: NetworkView, edits: tuple[Edit, ...]) -> None:
    stored.set("edits", edits, _network(now))


def form(now: NetworkView, shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> None:
    """The choice of an edit beside what the edits so far have done."""
    kind = st.segmented_control(
        "What to do", list(EDITS), default=next(iter(EDITS)), key="edit_kind", required=True,
        format_func=lambda name: f":material/{EDITS[name].icon}: {EDITS[name].label}",
        persist_state="session", wrap=True,
        help="What is done to the trained weights; try each and press Undo.",
    )  # fmt: skip
    st.caption(EDITS[kind].help)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _choose(now, shown, kind, layer, inputs)
    with right:
        _effect(now)


def _choose(
    now: NetworkView, shown: Snapshot, kind: str, layer: int, inputs: tuple[str, ...]
) -> None:
    edits, edit = made(now), None
    try:
        edit = CONTROLS[kind](shown, layer, inputs)
        edit.apply(shown)
    except ValueError as error:
        refuse(f"{error}.")
        edit = None
    full = len(edits) >= MOST_EDITS
    if full:
        refuse(f"edits must be at most {MOST_EDITS}, got one more: undo one first.")
    pressed = st.button(
        "Do it", key="edit_apply", type="primary", icon=":material/check:",
        disabled=edit is None or full,
        help="Changes a copy of the weights, never the run itself; the scores "
        "before and after stand beside each other.",
    )  # fmt: skip
    if pressed and edit is not None:
        _set(now, (*edits, edit))
        st.rerun()


def _effect(now: NetworkView) -> None:
    edits = made(now)
    name, whole = decision_boundary.shown_part(now.dataset)
    part = Split(whole.x[:MOST_SCORED], whole.y[:MOST_SCORED])
    scores = _scores(now, edits, part)
    before, after = scores[0], scores[-1]
    if before is None or after is None:
        return
    metric = ACCURACY if metric_name(now.task) == "accuracy" else ERROR
    with st.container(horizontal=True, key="edit_tiles"):
        for label, one, other, show in (
            (metric, before.metric, after.metric, _shown(now.task)),
            (LOSS, before.loss, after.loss, "{:.4f}"),
        ):
            st.metric(
                label, f"{show.format(one)} → {show.format(other)}" if edits else show.format(one),
                _delta(one, other, show) if edits else None,
                delta_color="off" if one == other else GOOD[label],
            )  # fmt: skip
    first = " first" if len(part) < len(whole) else ""
    moment = f"after epoch {now.epoch}" if now.epoch else "before training"
    st.caption(
        f"On the{first} {len(part):,} {name} examples, as trained → with the edits. The loss is "
        f"{LOSSES[now.experiment.training.loss].label.lower()} as Keras defines it, without the "
        f"L1/L2 penalty, computed in NumPy. The edits are made on a copy of the weights {moment}: "
        "the run itself is untouched, and training goes on without them."
    )
    if not edits:
        st.info("No edit yet: choose what to do and press **Do it**.")
        return
    _stack(now, edits, scores)


def _stack(now: NetworkView, edits: tuple[Edit, ...], scores: list[Score | None]) -> None:
    layers, show = len(now.snapshot.layers), _shown(now.task)
    texts = ["as trained", *(edit.text(layers) for edit in edits)]
    table = pd.DataFrame(
        {
            "": str(i) if i else "",
            "edit": text,
            "accuracy" if show.endswith("%}") else "mean error": "…"
            if s is None
            else show.format(s.metric),
            "loss": "…" if s is None else f"{s.loss:.4f}",
        }
        for i, (text, s) in enumerate(zip(texts, scores, strict=True))
    )
    st.table(table, hide_index=True)
    with st.container(horizontal=True):
        st.button(
            "Undo", key="edit_undo", icon=":material/undo:", on_click=_set, args=(now, edits[:-1]),
            help="Take the last edit back.",
        )  # fmt: skip
        st.button(
            "Start over", key="edit_clear", icon=":material/delete_sweep:", on_click=_set,
            args=(now, ()), help="Take all edits back: the copy is the network as it is trained.",
        )  # fmt: skip


def _shown(task: str) -> str:
    return "{:.1%}" if metric_name(task) == "accuracy" else "{:.4g}"


def _delta(before: float, after: float, show: str) -> str:
    if not np.isfinite([before, after]).all():
        return "no longer a number"
    if show.endswith("%}"):
        return f"{100 * (after - before):+.1f} points"
    return f"{after - before:+.4f}"


def _scores(now: NetworkView, edits: tuple[Edit, ...], part: Split) -> list[Score | None]:
    """The score without edits, after the first, …, after all; None where it would take too long.

    While the run plays every look is at other weights, and only the first and the last are new.
    """
    known = _held(now).scores
    playing = now.run is not None and now.run.state == "playing"
    wanted = {0, len(edits)} if playing else set(range(len(edits) + 1))
    missing = {n for n in wanted if edits[:n] not in known}
    changed = now.snapshot
    for n in range(max(missing, default=-1) + 1):
        changed = edits[n - 1].apply(changed) if n else changed
        if n in missing:
            known[edits[:n]] = score(changed, now.dataset, part, now.experiment.training.loss)
    return [known.get(edits[:n]) for n in range(len(edits) + 1)]
