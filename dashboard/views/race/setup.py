"""Setup of a race: its length and seeds, presets, or a custom choice of competitors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st
from pydantic import ValidationError

from dashboard.state import identity, session, stored
from dashboard.views.race.start import begin, own_runs, show_refusals
from dashboard.views.shared.saved_runs import experiment_of
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import CHOICES, Experiment, explain, label, limits
from playground.runs import search_space
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

LONG = 20  # epochs of a race on thousands of examples by default
SHORT = 200  # …on fewer examples, where an epoch takes milliseconds
FEW_EXAMPLES = 2_000
MOST_OFFERED = 300  # saved runs to choose from, the newest
FIRST = next(iter(PRESETS))  # the suggested preset


class ParsedValues(NamedTuple):
    """The valid values, in their order, and a sentence for each invalid one."""

    values: tuple[Any, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class RaceSetup:
    """Settings of all competitors."""

    base: Experiment  # with the length of the race
    seeds: int
    find_rates: bool  # tune the learning rate of each competitor before the race


def default_epochs(base: Experiment) -> int:
    """The default length of a race: a few minutes at most."""
    return min(base.training.epochs, LONG if base.data.train_size > FEW_EXAMPLES else SHORT)


def start_wanted() -> None:
    """Start the race that another page asked for: one of PRESETS."""
    name = stored.get("race wanted")
    if name in PRESETS and identity.current() is not None:
        stored.set("race wanted", "")
        base = session.experiment()
        begin(lambda: preset(name, base.replace(epochs=default_epochs(base))))


def setup(race: Race | None) -> None:
    """Length, seeds, presets and a custom race; `race`: the current one, which would end."""
    chosen = _common()
    known = identity.current() is not None
    st.markdown("**Presets**")
    with st.container(horizontal=True, key="race_presets"):
        pressed = [
            name for name, entry in PRESETS.items()
            if st.button(
                entry.title, key=f"race_{name}", help=entry.question, disabled=not known,
                type="primary" if race is None and name == FIRST else "secondary",
            )
        ]  # fmt: skip
    if pressed:
        _begin(lambda: preset(pressed[0], chosen.base, chosen.seeds), chosen.find_rates)
    show_refusals()
    if race is not None:
        st.caption("A new race ends the one below, whose runs stay saved.")
    st.markdown("**Custom race**")
    kind = st.segmented_control(
        "Competitors", list(KINDS), default=next(iter(KINDS)), key="race_way", required=True,
        persist_state="session",
        help="One setting with several values, two settings crossed, or saved runs.",
    )  # fmt: skip
    KINDS[kind](chosen, known)


def _common() -> RaceSetup:
    base = session.experiment()
    low, high = limits("epochs")
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_terms"):
        stored.suggest("race_epochs", default_epochs(base))
        epochs = st.number_input(
            "Epochs", low, high, default_epochs(base), key="race_epochs", width=160,
            persist_state="session",
            help="Passes of each competitor through all training examples.",
        )  # fmt: skip
        seeds = st.segmented_control(
            "Seeds per competitor", range(1, MOST_SEEDS + 1), default=1, key="race_seeds",
            required=True, persist_state="session",
            help="Runs of each competitor, each with other initial weights and another order of "
            "the examples. From 2 on a band shows how much of a difference is chance.",
        )  # fmt: skip
        find = st.toggle(
            "Tune learning rate first (LR finder)", key="race_find", persist_state="session",
            help="One learning rate does not suit all competitors: each first trains briefly at "
            "five rates around its own, and races at the best of them.",
        )  # fmt: skip
    # Only a forged state of a widget is nothing.
    epochs = base.training.epochs if epochs is None else int(epochs)
    return RaceSetup(base.replace(epochs=epochs), seeds or 1, find)


# ---- a custom race -----------------------------------------------------------------------


def _one_setting(chosen: RaceSetup, known: bool) -> None:
    field = _field("Setting", "race_field", list(VARIABLES))
    _start_grid(chosen, {field: _values(chosen.base, field, "race_values", MOST)}, known)


def _two_settings(chosen: RaceSetup, known: bool) -> None:
    base, fields = chosen.base, list(VARIABLES)
    left, right = st.columns(2, gap="medium")
    with left:
        one = _field("First setting", "race_first", fields)
        first = _values(base, one, "race_first_values", 3)
    with right:
        two = _field("Second setting", "race_second", [name for name in fields if name != one])
        second = _values(base, two, "race_second_values", 2)
    _start_grid(chosen, {one: first, two: second}, known)


def _saved_runs(chosen: RaceSetup, known: bool) -> None:
    rows: dict[str, RunRow] = {}
    try:
        rows = {row.id: row for row in own_runs()[:MOST_OFFERED]}
    except StoreError as error:
        refuse(str(error))
    ids = st.multiselect(
        "Saved runs", list(rows), key="race_saved", max_selections=MOST, persist_state="session",
        format_func=lambda id: rows[id].name,
        placeholder="2 to 8 saved runs" if rows else "No saved runs yet",
        help="Each races from its initial weights, for the epochs chosen above.",
    )  # fmt: skip
    given = []
    for row in (rows[id] for id in ids):
        experiment = experiment_of(row.link)
        if experiment is None:
            refuse(f"{row.name}: its settings cannot be read")
        else:
            given.append((row.name, experiment.replace(epochs=chosen.base.training.epochs)))
    _start(lambda seeds: entered(given, seeds), chosen, known, bool(ids))


KINDS: dict[str, Callable[[RaceSetup, bool], None]] = {
    "One setting": _one_setting,
    "Two settings": _two_settings,
    "Saved runs": _saved_runs,
}


def _field(text: str, key: str, fields: Sequence[str]) -> str:
    chosen = st.selectbox(
        text, fields, key=key, width=260, persist_state="session", format_func=label,
        help="The setting in which the competitors differ.",
    )  # fmt: skip
    return chosen if chosen in fields else fields[0]


def _values(base: Experiment, field: str, key: str, most: int) -> ParsedValues:
    """The chosen values of a field: entries of its table, or numbers in a text box."""
    defaults, key = suggested(base, field)[:most], f"{key}_{field}"
    if field in CHOICES:
        table = CHOICES[field]
        stored.suggest(key, list(defaults))
        chosen = st.multiselect(
            "Values", list(table), key=key, max_selections=MOST, persist_state="session",
            format_func=lambda name: str(table[name].label),
            help="Each value is a competitor.",
        )  # fmt: skip
        return ParsedValues(tuple(chosen), ())
    stored.suggest(key, search_space.format_values(list(defaults)))
    form = "sizes joined by a dash (300-100), or none" if field == "hidden" else "numbers"
    text = st.text_input(
        f"Values: {form}, separated by commas",
        key=key,
        persist_state="session",
        help="Each value is a competitor.",
    )
    found = parse(base, field, text)
    for problem in found.problems:
        refuse(problem)
    return found


def parse(base: Experiment, field: str, text: str) -> ParsedValues:
    """The values in `text`, separated by commas; sizes of hidden layers are joined by "-"."""
    values: list[Any] = []
    problems: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            values += search_space.parse_values(field, part, base)
        except ValueError as error:
            problems.append(str(error))
    return ParsedValues(tuple(dict.fromkeys(values)), tuple(dict.fromkeys(problems)))


def _start_grid(chosen: RaceSetup, fields: dict[str, ParsedValues], known: bool) -> None:
    values = {field: parsed.values for field, parsed in fields.items()}
    valid = not any(parsed.problems for parsed in fields.values())
    _start(lambda seeds: grid(chosen.base, values, seeds), chosen, known, valid)


def _start(
    make: Callable[[int], tuple[Competitor, ...]], chosen: RaceSetup, known: bool, valid: bool
) -> None:
    """The competitors and the start button, or why there can be no such race.

    make: the number of seeds → the competitors.
    """
    competitors: tuple[Competitor, ...] = ()
    if valid:
        try:
            competitors = make(1)
        except ValidationError as error:
            for sentence in explain(error, labels=True):
                refuse(sentence)
        except ValueError as error:
            refuse(str(error))
    if st.button(
        "Start this race", key="race_start", icon=":material/flag:", type="primary",
        disabled=not (known and competitors),
        help="Trains all competitors together, epoch by epoch.",
    ):  # fmt: skip
        _begin(lambda: make(chosen.seeds), chosen.find_rates)
    if competitors:
        names = ", ".join(literal(competitor.label) for competitor in competitors)
        seeds = f" × {chosen.seeds} seeds" if chosen.seeds > 1 else ""
        epochs = competitors[0].experiments[0].training.epochs
        st.caption(f"{len(competitors)} competitors{seeds}, {epochs:,} epochs: {names}.")


def _begin(make: Callable[[], Sequence[Competitor]], find_rates: bool) -> None:
    """Not a callback: it would start before a number typed just before the click is accepted."""
    begin(make, find_rates)
    st.rerun()
