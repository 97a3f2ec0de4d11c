"""The Race page: networks that differ in one thing train at once, and are compared fairly."""

import streamlit as st

from dashboard import live, session
from dashboard.notices import literal
from dashboard.views.race.curves import curves
from dashboard.views.race.standings import standings
from dashboard.views.race.start import NAME, choices
from dashboard.views.race.transport import OVER, WORDS, buttons, message, one
from playground.fairness import fairness
from playground.race import Race
from playground.summary import title

NEW = (
    "Two to eight networks train at once, epoch by epoch, and differ in nothing but what you let "
    "vary. Press **All optimizers** to see eight update rules climb from the same first weights; "
    "a second later the first points are there."
)
NEXT = (
    "**What next?** Choose 3 seeds and race again: do the places stay? Look at *Seconds* instead "
    "of epochs: who is cheapest? Open the winner in Train to look inside."
)


def race() -> None:
    """What can race, and the race of this tab."""
    st.subheader("Race", anchor=False)
    race = session.race(NAME)
    st.caption(f"Base of a new race: {literal(title(session.experiment()))} (the sidebar).")
    if race is None:
        st.markdown(NEW)
        choices(None)
        return
    with st.expander("Start another race", icon=":material/flag:"):
        choices(race)
    st.markdown(" ".join(literal(sentence) for sentence in fairness(race.competitors)))
    buttons(race)
    one(race)
    watching = race.state == "playing"
    every = live.POLL_SECONDS if watching else None
    st.fragment(_watch, run_every=every, key="race_watch")(race, watching, race.states)


def _watch(race: Race, watching: bool, states: tuple[str, ...]) -> None:
    """Everything that moves; drawn anew a few times a second while the race plays."""
    race.touch()
    now, over = race.states, race.state == "finished"
    histories = race.histories()
    living = [[run.state not in OVER for run in runs] for runs in race.runs]
    living = [
        [alive and state not in OVER for alive in own]
        for own, state in zip(living, now, strict=True)
    ]
    message(race)
    curves(race.competitors, histories, living, race.name)
    st.subheader("Ranking", anchor=False)
    standings(race.competitors, histories, [WORDS[state] for state in now], over, race.name)
    if over:
        st.info(NEXT)
    if watching and (race.state != "playing" or now != states):
        st.rerun()  # last, or the browser would take away what was not drawn yet
