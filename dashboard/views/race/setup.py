"""Values of one field, as a person writes them: checked one by one, errors in words.

What a race is to be: at one click, or as a person chooses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st
from pydantic import ValidationError

from dashboard.state import identity, session, stored
from dashboard.views.race.start import begin, own_runs, tell_refusals
from dashboard.views.shared.saved_runs import experiment_of
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import CHOICES, Experiment, explain, format_value, label, limits
from playground.runs.race import Competitor, Race
from playground.runs.race_presets import (
    MOST,
    MOST_SEEDS,
    PRESETS,
    VARIABLES,
    entered,
    grid,
    preset,
    suggested,
)
from playground.storage.records import RunRow, StoreError


class Read(NamedTuple):
    """The values that are valid, in their order, and a sentence for each that is not."""

    values: tuple[Any, ...]
    problems: tuple[str, ...]


def read(base: Experiment, field: str, text: str) -> Read:
    """What `text` says: values separated by commas; those of hidden layers joined by "-"."""
    values: list[Any] = []
    problems: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        try:
            changed = base.replace(**{field: part}, **_beside(field))
        except ValidationError as error:
            problems += explain(error)
            continue
        value = changed.to_dict()[field]
        if value not in values:
            values.append(value)
    return Read(tuple(values), tuple(dict.fromkeys(problems)))


def _beside(field: str) -> dict[str, Any]:
    return {"activations": ()} if field == "hidden" else {}


ENOUGH = 20  # epochs of a race on thousands of examples, unless more are asked for
MANY = 200  # …on fewer examples, where an epoch takes milliseconds
FEW_EXAMPLES = 2_000
MOST_OFFERED = 300  # saved runs to choose from, the newest
FIRST = next(iter(PRESETS))  # what somebody new should press


def usual_epochs(base: Experiment) -> int:
    """How long a race is unless somebody says so: no longer than one likes to watch."""
    return min(base.training.epochs, ENOUGH if base.data.train_size > FEW_EXAMPLES else MANY)


def choices(race: Race | None) -> None:
    """Everything before the start: length, seeds, the presets, and one's own race."""
    terms = _terms()
    base, seeds, find = terms.base, terms.seeds, terms.find_rates
    known = identity.current() is not None
    st.markdown("**At one click**")
    with st.container(horizontal=True, key="race_presets"):
        pressed = [
            name for name, entry in PRESETS.items()
            if st.button(
                entry.title, key=f"race_{name}", help=entry.question, disabled=not known,
                type="primary" if race is None and name == FIRST else "secondary",
            )
        ]  # fmt: skip
    if pressed:
        _begin(lambda: preset(pressed[0], base, seeds), find)
    tell_refusals()
    if race is not None:
        st.caption(
            "A new race takes the place of the one below, which ends. Its runs stay under Runs."
        )
    st.markdown("**Your own race**")
    way = st.segmented_control(
        "What competes", list(WAYS), default=next(iter(WAYS)), key="race_way", required=True,
        persist_state="session",
        help="One setting with several values, two settings crossed, or runs you"
        " have saved; begin with one thing.",
    )  # fmt: skip
    WAYS[way](terms, known)


@dataclass(frozen=True)
class RaceSetup:
    """What holds for all competitors."""

    base: Experiment  # with the length of the race
    seeds: int
    find_rates: bool  # before the race, each competitor's own learning rate is looked for


def _terms() -> RaceSetup:
    base = session.experiment()
    low, high = limits("epochs")
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_terms"):
        stored.suggest("race_epochs", usual_epochs(base))
        epochs = st.number_input(
            "Epochs of the race", low, high, key="race_epochs", width=160, persist_state="session",
            help="How often each competitor goes through all examples.",
        )  # fmt: skip
        seeds = st.segmented_control(
            "Seeds each", range(1, MOST_SEEDS + 1), default=1, key="race_seeds", required=True,
            persist_state="session", help="How often each competitor runs, every time with other "
            "first weights and another order of the examples. From 2 on a band shows how much of "
            "a difference is luck.",
        )  # fmt: skip
        find = st.toggle(
            "Find each one's own learning rate first", key="race_find", persist_state="session",
            help="A rate that suits one competitor may be wrong for another: then the rate decides "
            "the race. So each one first trains for a moment at five rates around its own, and "
            "races at the best of them. It takes some seconds.",
        )  # fmt: skip
    return RaceSetup(base.replace(epochs=int(epochs)), int(seeds), find)


# ---- one's own race ----------------------------------------------------------------------


def _one(terms: RaceSetup, known: bool) -> None:
    field = _field("What varies", "race_field", list(VARIABLES))
    asked = {field: _values(terms.base, field, "race_values", MOST)}
    _start_varied(terms, asked, known)


def _two(terms: RaceSetup, known: bool) -> None:
    base, fields = terms.base, list(VARIABLES)
    left, right = st.columns(2, gap="medium")
    with left:
        one = _field("Across", "race_first", fields)
        first = _values(base, one, "race_first_values", 3)
    with right:
        two = _field("with each of", "race_second", [name for name in fields if name != one])
        second = _values(base, two, "race_second_values", 2)
    _start_varied(terms, {one: first, two: second}, known)


def _saved(terms: RaceSetup, known: bool) -> None:
    lines: dict[str, RunRow] = {}
    try:
        lines = {line.id: line for line in own_runs()[:MOST_OFFERED]}
    except StoreError as error:
        refuse(str(error))
    chosen = st.multiselect(
        "Saved runs", list(lines), key="race_saved", max_selections=MOST, persist_state="session",
        format_func=lambda id: lines[id].name,
        placeholder="Choose 2 to 8 of your runs" if lines else "Nothing is saved yet",
        help="Each races anew from its first weights, for the epochs chosen above.",
    )  # fmt: skip
    given = []
    for line in (lines[id] for id in chosen):
        experiment = experiment_of(line.link)
        if experiment is None:
            refuse(f"{line.name}: its settings can no longer be read")
        else:
            given.append((line.name, experiment.replace(epochs=terms.base.training.epochs)))
    start = _start_button if chosen else _nothing_chosen
    start(lambda seeds: entered(given, seeds), terms, known)


WAYS: dict[str, Callable[[RaceSetup, bool], None]] = {
    "Vary one thing": _one,
    "Two as a grid": _two,
    "Saved runs": _saved,
}


def _field(text: str, key: str, fields: Sequence[str]) -> str:
    return str(
        st.selectbox(
            text, fields, key=key, width=260, persist_state="session",
            format_func=label,
            help="The setting in which the competitors differ; change one and you know the cause.",
        )
    )  # fmt: skip


def _values(base: Experiment, field: str, key: str, most: int) -> Read:
    """What a person lets this field be: entries of its table, or numbers in a box of text."""
    usual, key = suggested(base, field)[:most], f"{key}_{field}"
    if field in CHOICES:
        table = CHOICES[field]
        stored.suggest(key, list(usual))
        chosen = st.multiselect(
            "Values", list(table), key=key, max_selections=MOST, persist_state="session",
            format_func=lambda name: str(table[name].label),
            help="Each of these becomes a competitor; begin with two or three.",
        )  # fmt: skip
        return Read(tuple(chosen), ())
    stored.suggest(key, ", ".join(format_value("hidden", value) for value in usual))
    form = "sizes joined by a dash (300-100), or none" if field == "hidden" else "numbers"
    text = st.text_input(
        f"Values: {form}, separated by commas",
        key=key,
        persist_state="session",
        help="Each of these becomes a competitor; try values ten times apart.",
    )
    found = read(base, field, text)
    for problem in found.problems:
        refuse(problem)
    return found


def _start_varied(terms: RaceSetup, asked: dict[str, Read], known: bool) -> None:
    fields = {field: values for field, (values, _) in asked.items()}
    wrong = any(problems for _, problems in asked.values())
    start = _nothing_chosen if wrong else _start_button
    start(lambda seeds: grid(terms.base, fields, seeds), terms, known)


Make = Callable[[int], tuple[Competitor, ...]]  # the number of seeds → who takes part


def _start_button(make: Make, terms: RaceSetup, known: bool) -> None:
    """Who takes part, and the button; or why there can be no such race."""
    competitors: tuple[Competitor, ...] = ()
    try:
        competitors = make(1)
    except ValidationError as error:
        for sentence in explain(error):
            refuse(sentence)
    except ValueError as error:
        refuse(str(error))
    _button(make, terms, known and bool(competitors))
    if competitors:
        names = ", ".join(literal(competitor.label) for competitor in competitors)
        each = f" × {terms.seeds} seeds" if terms.seeds > 1 else ""
        epochs = competitors[0].experiments[0].training.epochs
        st.caption(f"{len(competitors)} competitors{each}, {epochs:,} epochs: {names}.")


def _nothing_chosen(make: Make, terms: RaceSetup, known: bool) -> None:
    _button(make, terms, False)


def _button(make: Make, terms: RaceSetup, may: bool) -> None:
    pressed = st.button(
        "Start this race", key="race_start", icon=":material/flag:", type="primary",
        disabled=not may,
        help="Trains all competitors together, epoch by epoch; try three seeds "
        "to see what is luck.",
    )  # fmt: skip
    if pressed:
        _begin(lambda: make(terms.seeds), terms.find_rates)


def _begin(make: Callable[[], Sequence[Competitor]], find_rates: bool) -> None:
    """Not a callback: one would begin before a number typed just before the click is taken over."""
    begin(make, find_rates)
    st.rerun()
