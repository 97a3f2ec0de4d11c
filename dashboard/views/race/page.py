"""The Race page: networks that differ in one setting train at once, and are compared."""

from collections.abc import Hashable, Sequence

import streamlit as st

from dashboard.components import stream
from dashboard.state import identity, session
from dashboard.views.race.controls import OVER, STATE_LABELS, buttons, competitor_buttons, message
from dashboard.views.race.leaderboard import show_leaderboard
from dashboard.views.race.setup import setup, start_wanted
from dashboard.views.race.start import (
    begin,
    found_rates,
    last_race,
    search_progress,
    show_refusals,
)
from dashboard.views.shared.curves import competitor_curves
from dashboard.widgets.messages import literal
from playground.analysis.comparison.leaderboard import Entrant
from playground.analysis.comparison.notes import comparison_notes
from playground.experiment.model_summary import title
from playground.history.events import metric_name
from playground.history.history import History
from playground.runs.lr_finder import LEARNING_RATE_FINDERS
from playground.runs.race import RACES, Competitor, Race, SavedRace

NEW = (
    "Two to eight networks train at once, epoch by epoch, and differ only in what you choose. "
    "Press **All optimizers** to compare eight update rules from the same initial weights."
)
SEEDS = "Choose 3 seeds and race again: do the ranks stay?"
NEXT = "Compare over *Seconds* instead of epochs. Open the best one in Train to inspect it."


def race() -> None:
    """The setup of a race, and the race of this tab."""
    start_wanted()
    st.subheader("Race", anchor=False)
    current = identity.registered(RACES, session.RACE)
    search = identity.registered(LEARNING_RATE_FINDERS, session.RACE)
    if current is not None:
        _setup_below(current)
        _running(current)
    elif search is not None:
        search_progress(search)
    elif (saved := last_race()) is not None:
        _setup_below(None)
        _saved(saved)
    else:
        _base()
        st.markdown(NEW)
        setup(None)


def _setup_below(current: Race | None) -> None:
    more = st.expander(
        "Start another race", icon=":material/flag:", on_change="rerun", key="race_more"
    )
    if more.open:  # a closed one does not query the database
        with more:
            _base()
            setup(current)


def _base() -> None:
    st.caption(f"Base of a new race: {literal(title(session.experiment()))}.")


def _notes(competitors: Sequence[Competitor]) -> None:
    st.markdown(" ".join(literal(sentence) for sentence in comparison_notes(competitors)))


def _running(current: Race) -> None:
    search = identity.registered(LEARNING_RATE_FINDERS, session.RACE)
    if search is not None:
        found_rates(search)
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_buttons"):
        buttons(current)
        competitor_buttons(current)
    states = current.states
    stream.fragment(
        lambda: watch(current, states), "racewatch", current, lambda: _revision(current),
        moves=lambda: current.state == "playing",
    )  # fmt: skip
    _notes(current.competitors)


def _revision(race: Race) -> Hashable:
    """Changes with all that the live part shows."""
    return race.states, tuple(len(run.events) for runs in race.runs for run in runs)


def watch(race: Race, states: tuple[str, ...]) -> None:
    """The live part, redrawn by a stream while the race plays."""
    now, over = race.states, race.state == "finished"
    living = [
        [state not in OVER and run.state not in OVER for run in runs]
        for runs, state in zip(race.runs, now, strict=True)
    ]
    message(race)
    _results(race.competitors, race.histories(), living, now, over, race.name)
    if over:
        one_seed = max(len(runs) for runs in race.runs) == 1
        st.info(" ".join(["**What next?**", *[SEEDS] * one_seed, NEXT]))
    if race.state == "playing" and now != states:
        st.rerun()  # last, or the browser would remove what was not drawn yet


def _results(
    entrants: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    living: Sequence[Sequence[bool]],
    states: Sequence[str],
    over: bool,
    name: str,
) -> None:
    metric = metric_name(entrants[0].experiments[0].data.source.task)
    competitor_curves(entrants, histories, living, metric, "race", name)
    labels = [STATE_LABELS.get(state, state) for state in states]
    show_leaderboard(entrants, histories, labels, over, name)


def _saved(saved: SavedRace) -> None:
    """The last race of this tab, from the database."""
    done = "It had finished." if saved.over else "It ended there."
    st.warning(
        "The server was restarted, or this race was not watched for hours. It was saved after "
        f"epoch {saved.epoch:,}. {done} Its runs are under Runs."
    )
    st.button(
        "Run it again", key="race_again", icon=":material/replay:", type="primary",
        on_click=begin, args=(lambda: saved.competitors,),
        help="From the same initial weights, with the same batches: the curves will be the same.",
    )  # fmt: skip
    show_refusals()
    _notes(saved.competitors)
    living = [[False] * len(own) for own in saved.histories]
    _results(saved.competitors, saved.histories, living, saved.states, True, saved.group)
