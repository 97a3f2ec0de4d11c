"""The diagnosis card: one problem of the run at a time, with evidence, reason and a fix."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard.state import identity, session, stored
from dashboard.state.url import open_page
from dashboard.views.shared.run_controls import start_run
from dashboard.widgets.messages import literal
from playground.analysis.diagnosis import RULES, Diagnosis, Fix, Monitor
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.runs.loop import SavedLog
from playground.runs.run import Run
from playground.storage.records import StoreError
from playground.storage.store import store

MONITORS = 8  # networks that a tab remembers
SIGNS = {
    "error": (":material/error:", "red", "Serious"),
    "warning": (":material/warning:", "orange", "Worth a change"),
    "info": (":material/info:", "blue", "Good to know"),
}


@dataclass(frozen=True)
class Before:
    """The state before a fix."""

    experiment: Experiment
    saved: str | None  # id of the saved run; None where the run continues
    network: str  # that trains with the fix


@dataclass
class DiagnosisState:
    """What a tab remembers of its diagnoses."""

    monitors: dict[str, Monitor] = field(default_factory=dict)
    before: Before | None = None
    lab: str = ""  # to open

    def monitor(self, network: str) -> Monitor:
        """The monitor of a network; the oldest ones are dropped."""
        monitor = self.monitors.pop(network, None) or Monitor(network)
        self.monitors[network] = monitor
        while len(self.monitors) > MONITORS:
            del self.monitors[next(iter(self.monitors))]
        return monitor


def diagnose_run(run: Run, dataset: Dataset) -> tuple[Diagnosis, ...]:
    """The problems of a run, the most serious first."""
    monitor = stored.get("diagnosis", make=DiagnosisState).monitor(run.network)
    return monitor.update(run.experiment, run.events, run.latest, dataset)


def headline(run: Run, diagnoses: tuple[Diagnosis, ...]) -> None:
    """One line above the network: the card is below the fold."""
    if diagnoses:
        icon, color, _ = SIGNS[diagnoses[0].rule.kind]
        st.caption(f":{color}[{icon} Diagnosis: {diagnoses[0].rule.label}]")
    else:
        monitor = stored.get("diagnosis", make=DiagnosisState).monitor(run.network)
        text = "no problem so far" if monitor.is_settled else "not enough epochs yet"
        st.caption(f":material/healing: Diagnosis: {text}")


def diagnosis(run: Run, diagnoses: tuple[Diagnosis, ...]) -> None:
    """The card; call it where nothing below must keep its place."""
    state = stored.get("diagnosis", make=DiagnosisState)
    monitor = state.monitor(run.network)
    with st.container(border=True, key="diagnosis"):
        if diagnoses:
            _problem(state, monitor, run, diagnoses[0])
            if diagnoses[1:]:
                others = ", ".join(found.rule.label for found in diagnoses[1:])
                with st.expander(f"Also detected: {others}"):
                    for found in diagnoses[1:]:
                        _problem(state, monitor, run, found)
        else:
            st.markdown(_no_problem(monitor))
        _undo_button(state, run)


def settle() -> None:
    """Open the lab that a click on the card asked for; call it where the whole page is drawn."""
    state = stored.get("diagnosis", make=DiagnosisState)
    lab, state.lab = state.lab, ""
    if lab:
        open_page("labs", lab=lab)


def _problem(state: DiagnosisState, monitor: Monitor, run: Run, found: Diagnosis) -> None:
    """One problem: evidence, reason and buttons."""
    name, rule, fix = found.name, found.rule, found.fix
    icon, color, grade = SIGNS[rule.kind]
    st.markdown(f":{color}[{icon} **{rule.label}**] :{color}-badge[{grade}]")
    st.markdown(literal(found.evidence))
    at_once = fix is not None and fix.live and run.state in ("playing", "paused")
    lines = [f"**Why?** {literal(rule.reason)}"]
    if fix is not None:
        lines.append(f"**Suggested fix:** {literal(fix.reason)} {literal(fix.sentence(at_once))}")
    st.markdown("  \n".join(lines))
    with st.container(horizontal=True, key=f"fixes_{name}"):
        if fix is not None:
            st.button(
                literal(fix.label), key=f"fix_{name}", type="primary",
                icon=":material/healing:", on_click=_apply, args=(state, run, fix, at_once),
                help="Changes these settings and trains. This run stays among the saved runs.",
            )  # fmt: skip
        st.button(
            "See it in a lab", key=f"why_{name}", icon=":material/science:",
            on_click=_open_lab, args=(state, rule.lab),
            help="Opens the lab about this; try to cause the problem there on purpose.",
        )  # fmt: skip
        st.button(
            "Dismiss", key=f"dismiss_{name}", icon=":material/close:",
            on_click=monitor.dismissed.add, args=(name,),
            help="Hides this problem for this network.",
        )  # fmt: skip


def _no_problem(monitor: Monitor) -> str:
    if monitor.dismissed:
        return ":material/healing: No other problem so far."
    if not monitor.is_settled:
        start = "after the change" if monitor.since else "into training"
        return f":material/healing: **Diagnosis** starts a few epochs {start}."
    done = monitor.since + monitor.judged
    return (
        f":green[:material/check_circle: **No problem so far**], after epoch {done:,}: "
        f"{len(RULES)} rules checked, from divergence to overfitting."
    )


def _apply(state: DiagnosisState, run: Run, fix: Fix, at_once: bool) -> None:
    """Make the changed experiment the current one, in this run or in a new one."""
    former, saved = run.experiment, run.saved
    trains = run.state in ("playing", "finished", "diverged")
    if at_once:
        session.set_experiment(fix.experiment)
        state.before = Before(former, None, run.network)
        return
    new = start_run(fix.experiment, trains)
    if new is not None:
        state.before = Before(former, saved or "", new.network)


def _undo_button(state: DiagnosisState, run: Run) -> None:
    before = state.before
    if before is None or before.network != run.network:
        return
    reopened = " and the former run" if before.saved else ""
    st.button(
        "Undo the fix", key="undo_fix", icon=":material/undo:", on_click=_undo,
        args=(state, before, run), type="tertiary",
        help=f"Restores the settings before it{reopened}.",
    )  # fmt: skip


def _undo(state: DiagnosisState, before: Before, run: Run) -> None:
    state.before = None
    if before.saved is None:
        session.set_experiment(before.experiment)
        return
    run.request_pause()
    if not (before.saved and _reopen(before.saved)):
        start_run(before.experiment, False)


def _reopen(id: str) -> bool:
    """Show a saved run of this owner again; whether it exists."""
    known, runs = identity.current(), store()
    if known is None:
        return False
    owner, _ = known
    try:
        saved = runs.get(id, owner)
    except (LookupError, StoreError):
        return False
    log = SavedLog(
        saved, lambda epoch: runs.snapshot(id, owner, epoch),
        "it was brought back from the saved runs",
    )  # fmt: skip
    run = Run(saved.experiment, logger=identity.run_logger(), saved=log)
    session.set_run(run)
    session.set_experiment(run.experiment)
    return True


def _open_lab(state: DiagnosisState, lab: str) -> None:
    state.lab = lab
