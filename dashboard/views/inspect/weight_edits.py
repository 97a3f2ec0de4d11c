"""Edits of a copy of the network: change weights, switch off units, add noise, prune."""

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
from playground.analysis.inspection.weights import (
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
        help="Whether a weight or a bias is changed.",
    )  # fmt: skip
    kernel, bias = shown.layers[layer].kernel, shown.layers[layer].bias
    source = None
    with st.container(horizontal=True):
        if what == "Weight":
            source = _whole("From input", "edit_source", f"1 to {len(inputs):,}") - 1
        label = "To unit" if what == "Weight" else "Of unit"
        unit = _whole(label, "edit_unit", f"1 to {len(bias):,}") - 1
    value = st.number_input(
        "New value", value=0.0, step=0.1, format="%.4f", key="edit_value", persist_state="session",
        help="Try 0, or ten times the present value.",
    )  # fmt: skip
    edit = Change(layer, source, unit, value)
    edit.apply(shown)  # raises before an invalid index is used
    present = float(bias[unit] if source is None else kernel[source, unit])
    name = "The bias" if source is None else f"The weight from {inputs[source]}"
    st.caption(literal(f"{name} is {present:.4f}; the layer's σ is {kernel.std():.3g}."))
    return edit


def _switch_off(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    unit = _whole("Unit", "edit_off", f"1 to {len(shown.layers[layer].bias):,}") - 1
    return SwitchOff(layer, unit)


def _noise(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    scope = _scope(layer)
    fraction = st.number_input(
        "Noise, in units of each layer's σ", value=0.5, step=0.1, key="edit_noise",
        help="0.5: normal noise with half the standard deviation of the layer's weights.",
        persist_state="session",
    )  # fmt: skip
    return Noise(scope, fraction, _whole("Seed", "edit_seed", "0 or more", 0))


def _prune(shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> Edit:
    scope = _scope(layer)
    percent = st.number_input(
        "Weights to prune (%)", value=50.0, step=5.0, format="%.1f", key="edit_prune",
        persist_state="session",
        help="The smallest weights, as a share of all, become 0; try how far you"
        " can go before the score drops.",
    )  # fmt: skip
    edit = Prune(scope, percent)
    layers = shown.layers if scope is None else (shown.layers[scope],)
    total = sum(each.kernel.size for each in layers)
    st.caption(f"{round(total * percent / 100):,} of {total:,} weights, no biases.")
    return edit


CONTROLS: dict[str, Callable[[Snapshot, int, tuple[str, ...]], Edit]] = {
    "change": _change,
    "switch_off": _switch_off,
    "noise": _noise,
    "prune": _prune,
}


def _scope(layer: int) -> int | None:
    """The layer chosen above, or None for all."""
    choice = st.segmented_control(
        "Scope", [ALL_LAYERS, THIS_LAYER], default=ALL_LAYERS, key="edit_where", required=True,
        persist_state="session",
        help="All layers, or the one chosen above.",
    )  # fmt: skip
    return None if choice == ALL_LAYERS else layer


def _whole(label: str, key: str, range: str, value: int = 1) -> int:
    """A whole number without limits: the edit checks them."""
    number = st.number_input(
        f"{label} ({range})", value=value, step=1, key=key, persist_state="session",
        help=f"A whole number, {range}.",
    )  # fmt: skip
    return int(number)


MAX_SCORED = 5_000  # examples: more would make the page wait
MAX_EDITS = 20
ACCURACY, ERROR, LOSS = "Accuracy", "Mean error", "Loss"
DELTA_COLOR: dict[str, Literal["normal", "inverse"]] = {
    ACCURACY: "normal", ERROR: "inverse", LOSS: "inverse",
}  # fmt: skip


def edits_of(now: NetworkView) -> tuple[Edit, ...]:
    """The edits in their order; those of other layer sizes are dropped."""
    return stored.get("edits", _network(now)) or ()


def edited_copy(now: NetworkView) -> Snapshot:
    """The network with all edits; the snapshot itself without any."""
    cache, edits = _cache(now), edits_of(now)
    if cache.copy is None or cache.edits != edits:
        cache.copy, cache.edits = edited(now.snapshot, edits), edits
    return cache.copy


@dataclass
class _Cache:
    """The edited copy and the scores of one snapshot."""

    snapshot: Snapshot
    copy: Snapshot | None = None
    edits: tuple[Edit, ...] = ()  # of the copy
    scores: dict[tuple[Edit, ...], Score] = field(default_factory=dict)


def _cache(now: NetworkView) -> _Cache:
    cache: _Cache | None = stored.get("edited", now.uirevision)
    if cache is None or cache.snapshot is not now.snapshot:
        cache = _Cache(now.snapshot)
        stored.set("edited", cache, now.uirevision)
    return cache


def count_text(now: NetworkView) -> str:
    """ "1 edit", "3 edits"."""
    n = len(edits_of(now))
    return f"{n} edit{'s' if n > 1 else ''}"


def _network(now: NetworkView) -> str:
    return f"{now.experiment.data.dataset} {now.experiment.layer_sizes}"


def _set(now: NetworkView, edits: tuple[Edit, ...]) -> None:
    stored.set("edits", edits, _network(now))


def form(now: NetworkView, shown: Snapshot, layer: int, inputs: tuple[str, ...]) -> None:
    """Draw the controls of an edit beside the effect of the edits so far."""
    kind = st.segmented_control(
        "Edit", list(EDITS), default=next(iter(EDITS)), key="edit_kind", required=True,
        format_func=lambda name: f":material/{EDITS[name].icon}: {EDITS[name].label}",
        persist_state="session", wrap=True,
        help="How the weights of the copy are changed.",
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
    edits, edit = edits_of(now), None
    try:
        edit = CONTROLS[kind](shown, layer, inputs)
        edit.apply(shown)
    except ValueError as error:
        refuse(f"{error}.")
        edit = None
    full = len(edits) >= MAX_EDITS
    if full:
        refuse(f"edits must be at most {MAX_EDITS}, got one more: undo one first.")
    pressed = st.button(
        "Apply", key="edit_apply", type="primary", icon=":material/check:",
        disabled=edit is None or full,
        help="Changes a copy of the weights, never the run itself.",
    )  # fmt: skip
    if pressed and edit is not None:
        _set(now, (*edits, edit))
        st.rerun()


def _effect(now: NetworkView) -> None:
    edits = edits_of(now)
    name, whole = decision_boundary.shown_part(now.dataset)
    part = Split(whole.x[:MAX_SCORED], whole.y[:MAX_SCORED])
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
                delta_color="off" if one == other else DELTA_COLOR[label],
            )  # fmt: skip
    first = " first" if len(part) < len(whole) else ""
    moment = f"after epoch {now.epoch}" if now.epoch else "before training"
    st.caption(
        f"On the{first} {len(part):,} {name} examples, as trained → with the edits, on a copy of "
        f"the weights {moment}.",
        help=f"The loss is {LOSSES[now.experiment.training.loss].label.lower()} as in Keras, "
        "without the L1/L2 penalty. The run is unchanged, and training goes on without the edits.",
    )
    if not edits:
        st.info("No edit yet: choose one and press **Apply**.")
        return
    _edit_table(now, edits, scores)


def _edit_table(now: NetworkView, edits: tuple[Edit, ...], scores: list[Score | None]) -> None:
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
            help="Undoes the last edit.",
        )  # fmt: skip
        st.button(
            "Start over", key="edit_clear", icon=":material/delete_sweep:", on_click=_set,
            args=(now, ()), help="Undoes all edits.",
        )  # fmt: skip


def _shown(task: str) -> str:
    return "{:.1%}" if metric_name(task) == "accuracy" else "{:.4g}"


def _delta(before: float, after: float, show: str) -> str:
    if not np.isfinite([before, after]).all():
        return "not finite"
    if show.endswith("%}"):
        return f"{100 * (after - before):+.1f} points"
    return f"{after - before:+.4f}"


def _scores(now: NetworkView, edits: tuple[Edit, ...], part: Split) -> list[Score | None]:
    """The score without edits, after the first, …, after all; None where it would take too long.

    While the run trains, only the first and the last are computed.
    """
    known = _cache(now).scores
    playing = now.run is not None and now.run.state == "playing"
    wanted = {0, len(edits)} if playing else set(range(len(edits) + 1))
    missing = {n for n in wanted if edits[:n] not in known}
    changed = now.snapshot
    for n in range(max(missing, default=-1) + 1):
        changed = edits[n - 1].apply(changed) if n else changed
        if n in missing:
            known[edits[:n]] = score(changed, now.dataset, part, now.experiment.training.loss)
    return [known.get(edits[:n]) for n in range(len(edits) + 1)]
