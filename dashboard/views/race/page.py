"""The Race page: networks that differ in one thing train at once, and are compared fairly."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components import chart
from dashboard.state import identity, session
from dashboard.views.race import lr_finder
from dashboard.views.race.controls import OVER, WORDS, buttons, message, one
from dashboard.views.race.curves import curves
from dashboard.views.race.leaderboard import standings
from dashboard.views.race.setup import choices
from dashboard.views.race.start import begin, last_race, tell_refusals
from dashboard.widgets.messages import literal
from playground.analysis.comparison.notes import fairness
from playground.experiment.model_summary import title
from playground.runs.lr_finder import LEARNING_RATE_FINDERS
from playground.runs.race import RACES, Competitor, Race, SavedRace

NEW = (
    "Two to eight networks train at once, epoch by epoch, and differ in nothing but what you let "
    "vary. Press **All optimizers** to see eight update rules climb from the same first weights."
)
AGAIN = "Choose 3 seeds and race again: do the places stay?"
NEXT = (
    "Look at *Seconds* instead of epochs: who is cheapest? Open the winner in Train to look inside."
)


def race() -> None:
    """What can race, and the race of this tab."""
    st.subheader("Race", anchor=False)
    st.caption(f"Base of a new race: {literal(title(session.experiment()))} (the sidebar).")
    race, search = (
        identity.registered(RACES, session.RACE),
        identity.registered(LEARNING_RATE_FINDERS, session.RACE),
    )
    if race is not None:
        _another(race)
        _shown(race)
    elif search is not None:
        lr_finder.searching(search)
    elif (saved := last_race()) is not None:
        _another(None)
        _saved(saved)
    else:
        st.markdown(NEW)
        choices(None)


def _another(race: Race | None) -> None:
    more = st.expander(
        "Start another race", icon=":material/flag:", on_change="rerun", key="race_more"
    )
    if more.open:  # nothing is asked of the database for what is not seen
        with more:
            choices(race)


def _fairness(competitors: Sequence[Competitor]) -> None:
    st.markdown(" ".join(literal(sentence) for sentence in fairness(competitors)))


# ---- a race ------------------------------------------------------------------------------


def _shown(race: Race) -> None:
    _fairness(race.competitors)
    search = identity.registered(LEARNING_RATE_FINDERS, session.RACE)
    if search is not None:
        lr_finder.found(search)
    buttons(race)
    one(race)
    watching = race.state == "playing"
    every = chart.POLL_SECONDS if watching else None
    st.fragment(watch, run_every=every, key="racewatch")(race, watching, race.states)


def watch(race: Race, watching: bool, states: tuple[str, ...]) -> None:
    """Everything that moves; drawn anew a few times a second while the race plays."""
    race.heartbeat()
    now, over = race.states, race.state == "finished"
    histories = race.histories()
    living = [
        [state not in OVER and run.state not in OVER for run in runs]
        for runs, state in zip(race.runs, now, strict=True)
    ]
    message(race)
    curves(race.competitors, histories, living, race.name)
    st.subheader("Ranking", anchor=False)
    standings(race.competitors, histories, [WORDS[state] for state in now], over, race.name)
    if over:
        alone = max(len(runs) for runs in race.runs) == 1
        st.info(" ".join(["**What next?**", *[AGAIN] * alone, NEXT]))
    if watching and (race.state != "playing" or now != states):
        st.rerun()  # last, or the browser would take away what was not drawn yet


# ---- a race from before the server was restarted -----------------------------------------


def _saved(saved: SavedRace) -> None:
    """The last race of this tab, as it is kept."""
    done = "It had come to its end." if saved.over else "It ended there: nothing trains any more."
    st.warning(
        "The server was restarted (or nobody looked for hours). This is the race as it was saved, "
        f"after epoch {saved.epoch:,}. {done} Every finished epoch is here; its runs are under "
        "Runs."
    )
    st.button(
        "Run it again", key="race_again", icon=":material/replay:", type="primary",
        on_click=begin, args=(lambda: saved.competitors,),
        help="From the same first weights, with the same batches: the curves will be the same.",
    )  # fmt: skip
    tell_refusals()
    _fairness(saved.competitors)
    living = [[False] * len(own) for own in saved.histories]
    curves(saved.competitors, saved.histories, living, saved.group)
    st.subheader("Ranking", anchor=False)
    words = [WORDS.get(state, state) for state in saved.states]
    standings(saved.competitors, saved.histories, words, True, saved.group)
