"""What is wrong with a run, one fault at a time: evidence, reason, and a button that cures it."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard.state import identity, session, stored
from dashboard.state.pages import open_page
from dashboard.views.shared.run_controls import begin
from dashboard.widgets.messages import literal
from playground.analysis.diagnosis import Diagnosis, Fix, Monitor
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.history.history import History
from playground.runs.run import Run
from playground.storage.records import StoreError
from playground.storage.store import store

PATIENCE = 3  # epochs before anything is said
WATCHES = 8  # networks that a tab remembers
SIGNS = {
    "error": (":material/error:", "red", "Serious"),
    "warning": (":material/warning:", "orange", "Worth a change"),
    "info": (":material/info:", "blue", "Good to know"),
}


@dataclass(frozen=True)
class Before:
    """What was there before a cure: settings, the saved run, and which network has taken over."""

    experiment: Experiment
    saved: str | None  # the run that stands among the saved ones; None where it goes on
    network: str


@dataclass
class DiagnosisState:
    """What a tab remembers of its diagnoses."""

    watches: dict[str, Monitor] = field(default_factory=dict)
    before: Before | None = None
    acted: bool = False  # the whole page must be drawn again
    lab: str = ""  # that is asked for

    def watch(self, network: str) -> Monitor:
        """The watch over a network; the oldest ones are forgotten."""
        found = self.watches.pop(network, None) or Monitor(network)
        self.watches[network] = found
        while len(self.watches) > WATCHES:
            del self.watches[next(iter(self.watches))]
        return found


def faults(run: Run, dataset: Dataset, changed: bool) -> tuple[Diagnosis, ...]:
    """What is wrong with a run, the gravest first; of one with other data nothing is known."""
    if changed and run.experiment.data != session.experiment().data:
        return ()
    watch = stored.get("diagnosis", make=DiagnosisState).watch(run.network)
    return watch.see(run.experiment, run.events, run.latest, dataset)


def headline(found: tuple[Diagnosis, ...]) -> None:
    """One line, always as high, for those who do not see the card below."""
    if found:
        icon, color, _ = SIGNS[found[0].kind]
        st.caption(f":{color}[{icon} Diagnosis: {found[0].rule.label}]")
    else:
        st.caption(":material/healing: Diagnosis: no fault so far")


def diagnosis(run: Run, log: History, found: tuple[Diagnosis, ...], changed: bool) -> bool:
    """The gravest fault of a run with its cure; whether the page must now be drawn anew.

    Call it where nothing below must keep its place.
    """
    memory = stored.get("diagnosis", make=DiagnosisState)
    watch = memory.watch(run.network)
    with st.container(border=True, key="diagnosis"):
        if found:
            _finding(memory, watch, run, found[0], changed)
            if found[1:]:
                with st.expander(f"Also seen: {', '.join(each.rule.label for each in found[1:])}"):
                    for each in found[1:]:
                        _finding(memory, watch, run, each, changed)
        else:
            st.markdown(_well(run, log, watch))
        _undo(memory, run)
    return memory.acted


def settle() -> None:
    """Do what a click on the card has asked for; call it where the whole page is drawn."""
    memory = stored.get("diagnosis", make=DiagnosisState)
    memory.acted, lab, memory.lab = False, memory.lab, ""
    if lab:
        open_page("labs", lab=lab)


def _finding(
    memory: DiagnosisState, watch: Monitor, run: Run, found: Diagnosis, changed: bool
) -> None:
    """One fault: what, how one can tell, why, and what can be done."""
    icon, color, grade = SIGNS[found.kind]
    st.markdown(f":{color}[{icon} **{found.rule.label}**] :{color}-badge[{grade}]")
    st.markdown(literal(found.evidence))
    at_once = found.fix is not None and found.fix.live and run.state in ("playing", "paused")
    why = [f"**Why?** {literal(found.rule.reason)}"]
    if found.fix is not None:
        why.append(f"**Cure:** {literal(found.fix.reason)} {literal(found.fix.sentence(at_once))}")
    st.markdown("  \n".join(why))
    name = found.name
    with st.container(horizontal=True, key=f"cure_{name}"):
        if found.fix is not None and not changed:
            st.button(
                literal(found.fix.label), key=f"fix_{name}", type="primary",
                icon=":material/healing:", on_click=_cure, args=(memory, run, found.fix, at_once),
                help="Changes these settings and trains on; try it, and watch whether the fault "
                "goes. What was trained so far stays among the saved runs.",
            )  # fmt: skip
        st.button(
            "See it in a lab", key=f"why_{name}", icon=":material/science:",
            on_click=_ask, args=(memory, found.rule.lab),
            help="Opens the lab about this; try to bring the fault about there, on purpose.",
        )  # fmt: skip
        st.button(
            "Not now", key=f"dismiss_{name}", icon=":material/close:", on_click=_dismiss,
            args=(watch, name),
            help="Says no more of this fault while this network trains; try it when you know why.",
        )  # fmt: skip
    if changed:
        st.caption("The settings are others by now: Train starts a new network with them.")


def _well(run: Run, log: History, watch: Monitor) -> str:
    """That nothing is wrong, as far as one can know."""
    if watch.dismissed:
        return ":material/healing: Nothing else is wrong so far."
    after = max(
        [watch.since, *(e.epoch for e in log.changes), *(e.epoch for e in log.examples_added)]
    )
    done = int(log.epoch[-1]) if len(log) else 0
    if done - after < PATIENCE:
        since = "the change" if after else "the beginning"
        return (
            ":material/healing: **Diagnosis**: what is wrong, if anything, is told here some "
            f"epochs after {since}."
        )
    return (
        f":green[:material/check_circle: **Nothing wrong so far**], after epoch {done:,}: twelve "
        "faults were looked for, from a diverging loss to overfitting."
    )


def _cure(memory: DiagnosisState, run: Run, fix: Fix, at_once: bool) -> None:
    """Make the changed experiment the current one: in the run under way, or in a new one."""
    former, saved = run.experiment, run.saved
    plays = run.state in ("playing", "finished", "diverged")
    memory.acted = True
    if at_once:
        session.set_experiment(fix.experiment)
        memory.before = Before(former, None, run.network)
        return
    new = begin(fix.experiment, plays)
    if new is not None:
        memory.before = Before(former, saved or "", new.network)


def _undo(memory: DiagnosisState, run: Run) -> None:
    """Go back to what was there before the last cure."""
    before = memory.before
    if before is None or before.network != run.network:
        return
    told = "The former run is brought back from the saved ones." if before.saved else ""
    st.button(
        "Undo the cure", key="undo_cure", icon=":material/undo:", on_click=_back,
        args=(memory, before, run), type="tertiary",
        help=f"Back to the settings before it; try it to see the fault again. {told}",
    )  # fmt: skip


def _back(memory: DiagnosisState, before: Before, run: Run) -> None:
    memory.before, memory.acted = None, True
    if before.saved is None:
        session.set_experiment(before.experiment)
        return
    run.ask_to_pause()
    if not (before.saved and _reopened(before.saved)):
        begin(before.experiment, False)


def _reopened(id: str) -> bool:
    """Show a saved run of this owner again; whether it could be found."""
    known, kept = identity.current(), store()
    if known is None:
        return False
    owner, _ = known
    try:
        saved = kept.get(id, owner)
    except (LookupError, StoreError):
        return False
    run = Run.restored(
        saved, lambda epoch: kept.snapshot(id, owner, epoch), recorder=identity.run_logger(),
        reason="it was brought back from the saved runs",
    )  # fmt: skip
    session.set_run(run)
    session.set_experiment(run.experiment)
    return True


def _ask(memory: DiagnosisState, lab: str) -> None:
    memory.lab, memory.acted = lab, True


def _dismiss(watch: Monitor, name: str) -> None:
    watch.dismissed.add(name)
