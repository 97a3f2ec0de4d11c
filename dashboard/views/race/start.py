"""How a race begins: at one click, or with what a person has chosen."""

from collections.abc import Callable, Sequence

import streamlit as st
from pydantic import ValidationError

from dashboard import session
from dashboard.form import TABLES
from dashboard.notices import literal, refuse
from dashboard.views.race.values import Read, read, shown
from playground.experiment import Experiment, Training, explain, limits
from playground.plan import (
    FEWEST,
    MOST,
    MOST_SEEDS,
    PRESETS,
    VARIABLES,
    grid,
    preset,
    suggested,
)
from playground.race import Competitor, Race

NAME = "race"  # of a tab's race in the registry
ENOUGH = 20  # epochs of a race on thousands of examples, unless more are asked for
MANY = 200  # …on fewer examples, where an epoch takes milliseconds
FEW_EXAMPLES = 2_000
FIRST = next(iter(PRESETS))  # what somebody new should press


def usual_epochs(base: Experiment) -> int:
    """How long a race is unless somebody says so: no longer than one likes to watch."""
    return min(base.training.epochs, ENOUGH if base.data.train_size > FEW_EXAMPLES else MANY)


def begin(make: Callable[[], Sequence[Competitor]]) -> None:
    """Start a race in place of the one before; what forbids it is told beside the buttons."""
    try:
        race = Race(make())
    except ValidationError as error:
        session.remember("race refused", "", explain(error))
        return
    except ValueError as error:
        session.remember("race refused", "", [str(error)])
        return
    session.remember("race refused", "", [])
    session.keep_race(race, NAME)
    race.play()


def choices(race: Race | None) -> None:
    """Everything before the start: length, seeds, the presets, and one's own race."""
    base, seeds = _terms()
    known = session.identity() is not None
    st.markdown("**At one click**")
    with st.container(horizontal=True, key="race_presets"):
        for name, entry in PRESETS.items():
            st.button(
                entry.title, key=f"race_{name}", help=entry.question, disabled=not known,
                type="primary" if race is None and name == FIRST else "secondary",
                on_click=begin, args=(lambda name=name: preset(name, base, seeds),),
            )  # fmt: skip
    for sentence in session.remembered("race refused", "") or ():
        refuse(sentence)
    if race is not None:
        st.caption("A new race takes the place of the one below, which ends.")
    st.markdown("**Your own race**")
    way = st.segmented_control(
        "What competes", list(WAYS), default=next(iter(WAYS)), key="race_way", required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    WAYS[way](base, seeds, known)


def _terms() -> tuple[Experiment, int]:
    """The base of all competitors, with the length of the race; and the number of seeds."""
    base = session.experiment()
    low, high = limits(Training, "epochs")
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_terms"):
        session.suggest("race_epochs", usual_epochs(base))
        epochs = st.number_input(
            "Epochs of the race", low, high, key="race_epochs", width=160,
            help="How often each competitor goes through all examples.",
        )  # fmt: skip
        seeds = st.segmented_control(
            "Seeds each", range(1, MOST_SEEDS + 1), default=1, key="race_seeds", required=True,
            persist_state="session", help="How often each competitor runs, every time with other "
            "first weights and another order of the examples. From 2 on a band shows how much of "
            "a difference is luck.",
        )  # fmt: skip
    return base.change(epochs=int(epochs)), int(seeds)


# ---- one's own race ----------------------------------------------------------------------


def _one(base: Experiment, seeds: int, known: bool) -> None:
    field = _field("What varies", "race_field", list(VARIABLES))
    asked = {field: _values(base, field, "race_values", MOST)}
    _start_button(base, asked, seeds, known)


def _two(base: Experiment, seeds: int, known: bool) -> None:
    fields = list(VARIABLES)
    left, right = st.columns(2, gap="medium")
    with left:
        one = _field("Across", "race_first", fields)
        first = _values(base, one, "race_first_values", 3)
    with right:
        two = _field("with each of", "race_second", [name for name in fields if name != one])
        second = _values(base, two, "race_second_values", 2)
    _start_button(base, {one: first, two: second}, seeds, known)


WAYS: dict[str, Callable[[Experiment, int, bool], None]] = {
    "Vary one thing": _one,
    "Two as a grid": _two,
}


def _field(text: str, key: str, fields: Sequence[str]) -> str:
    return str(
        st.selectbox(
            text, fields, key=key, width=260, persist_state="session",
            format_func=lambda name: VARIABLES[name].title,
        )
    )  # fmt: skip


def _values(base: Experiment, field: str, key: str, most: int) -> Read:
    """What a person lets this field be: entries of its table, or numbers in a box of text."""
    usual, key = suggested(base, field)[:most], f"{key}_{field}"
    if field in TABLES:
        table = TABLES[field]
        session.suggest(key, list(usual))
        chosen = st.multiselect(
            "Values", list(table), key=key, max_selections=MOST,
            format_func=lambda name: str(table[name].label),
        )  # fmt: skip
        return Read(tuple(chosen), ())
    session.suggest(key, ", ".join(shown(field, value) for value in usual))
    form = "sizes joined by a dash (300-100), or none" if field == "hidden" else "numbers"
    text = st.text_input(f"Values: {form}, separated by commas", key=key)
    found = read(base, field, text)
    for problem in found.problems:
        refuse(problem)
    return found


def _start_button(base: Experiment, asked: dict[str, Read], seeds: int, known: bool) -> None:
    """Who takes part, and the button; or why there can be no such race."""
    competitors: tuple[Competitor, ...] = ()
    fields = {field: values for field, (values, _) in asked.items()}
    wrong = any(problems for _, problems in asked.values())
    if not wrong:
        try:
            competitors = grid(base, fields)
        except ValidationError as error:
            for sentence in explain(error):
                refuse(sentence)
        except ValueError as error:
            refuse(f"{error}: choose more values" if _count(fields) < FEWEST else str(error))
    st.button(
        "Start this race", key="race_start", icon=":material/flag:", type="primary",
        disabled=not competitors or not known, on_click=begin,
        args=(lambda: grid(base, fields, seeds),),
    )  # fmt: skip
    if competitors:
        names = ", ".join(literal(competitor.label) for competitor in competitors)
        runs = f"{len(competitors)} competitors" + (f" × {seeds} seeds" if seeds > 1 else "")
        st.caption(f"{runs}: {names}.")


def _count(fields: dict[str, tuple[object, ...]]) -> int:
    count = 1
    for values in fields.values():
        count *= len(values)
    return count
