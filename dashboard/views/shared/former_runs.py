"""Former runs of this tab: the one before, and up to six that are pinned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.figures.style import CLASS_COLORS, MARK
from dashboard.figures.training_curves import KeptCurve
from dashboard.state import stored
from playground.experiment.model import Experiment
from playground.experiment.model_summary import distinguishing_names
from playground.history.history import History, history
from playground.runs.run import Run

MAX_PINNED, NAME_LENGTH = 6, 40
COLORS = CLASS_COLORS[2 : 2 + MAX_PINNED]  # blue is the present run, orange stands for negative


@dataclass(frozen=True)
class FormerRun:
    """What the curves of a run need after it is gone."""

    network: str
    experiment: Experiment
    history: History
    color: str = MARK
    name: str = ""  # given by the user


def keep_former(run: Run | None) -> None:
    """Keep a run that is about to be replaced, if it has an epoch."""
    if run is not None and run.epoch:
        stored.set("former_run", FormerRun(run.network, run.experiment, history(run.events)))


def former_curves(run: Run) -> list[KeptCurve]:
    """The curves behind those of `run`, with names that say what differs."""
    runs = [kept for kept in _kept() if _fits(kept, run)]
    named = zip(_names(run, runs), runs, strict=True)
    return [KeptCurve(name, kept.history, kept.color) for name, kept in named]


def pin_controls(run: Run) -> None:
    """Draw the button that pins the present run, and the pinned ones, to name and to remove."""
    pinned = _pinned()
    with st.container(horizontal=True, gap="xsmall", width="content", key="pins"):
        st.button(
            "Pin", key="pin", icon=":material/push_pin:", type="tertiary",
            disabled=not run.epoch, on_click=_pin, args=(run,),
            help=f"Keeps the curves of this run behind those of the next ones, up to {MAX_PINNED} "
            "runs (P).",
        )  # fmt: skip
        if not pinned:
            return
        popover = st.popover(f"{len(pinned)} pinned", key="pinned", on_change="rerun")
        if popover.open:
            with popover:
                for each, name in zip(pinned, _names(run, pinned), strict=True):
                    _pinned_row(each, name)


def _pinned_row(kept: FormerRun, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        key = f"pin_name_{kept.network}"
        st.text_input(
            "Name of this pinned run", kept.name, key=key, max_chars=NAME_LENGTH,
            placeholder=name, label_visibility="collapsed", on_change=_rename, args=(kept, key),
            help="What the legend calls this run.",
        )  # fmt: skip
        st.button(
            "", key=f"unpin_{kept.color.lstrip('#')}", icon=":material/close:", type="tertiary",
            on_click=_unpin, args=(kept,), help="Removes this pinned run from the charts.",
        )  # fmt: skip


def _names(run: Run, runs: Sequence[FormerRun]) -> list[str]:
    """Names that say what differs from the present run, where no name was given."""
    names = distinguishing_names([run.experiment, *(each.experiment for each in runs)])[1:]
    return [each.name or name for each, name in zip(runs, names, strict=True)]


def _pinned() -> Sequence[FormerRun]:
    pinned: Sequence[FormerRun] = stored.get("pinned_runs") or ()
    return pinned


def _kept() -> list[FormerRun]:
    former: FormerRun | None = stored.get("former_run")
    pinned = _pinned()
    if former is None or any(each.network == former.network for each in pinned):
        return list(pinned)
    return [former, *pinned]


def _fits(kept: FormerRun, run: Run) -> bool:
    """Whether the curves have the same meaning: another run of the same task."""
    same_task = kept.experiment.data.source.task == run.experiment.data.source.task
    return kept.network != run.network and same_task


def _pin(run: Run) -> None:
    others = [each for each in _pinned() if each.network != run.network]
    if len(others) >= MAX_PINNED:
        st.toast(f"{MAX_PINNED} runs are pinned, the most: remove one to pin this one.")
        return
    color = next(c for c in COLORS if all(each.color != c for each in others))
    new = FormerRun(run.network, run.experiment, history(run.events), color)
    stored.set("pinned_runs", (*others, new))


def _unpin(kept: FormerRun) -> None:
    stored.set("pinned_runs", tuple(each for each in _pinned() if each is not kept))


def _rename(kept: FormerRun, key: str) -> None:
    named = replace(kept, name=str(stored.widget(key) or "").strip())
    stored.set("pinned_runs", tuple(named if each is kept else each for each in _pinned()))
