"""The start of a race, with the learning-rate search before it."""

from collections.abc import Callable, Sequence
from math import isinf, isnan

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from dashboard.components import stream
from dashboard.state import identity, session, stored
from dashboard.widgets.messages import literal, refuse
from dashboard.widgets.run_status import show_notice
from playground.experiment.model import explain
from playground.nn.format import format_number
from playground.runs.lr_finder import LEARNING_RATE_FINDERS, LearningRateFinder, TriedRate
from playground.runs.race import KIND, RACES, Competitor, Race, SavedRace, create_group, latest
from playground.storage.records import RunRow, StoreError
from playground.storage.store import store

REFUSED = "race refused"


def begin(make: Callable[[], Sequence[Competitor]], find_rates: bool = False) -> None:
    """Start a race in place of the one before; errors are kept for `show_refusals`."""
    try:
        competitors = make()
    except ValidationError as error:
        stored.set(REFUSED, explain(error, labels=True))
        return
    except ValueError as error:
        stored.set(REFUSED, [str(error)])
        return
    stored.set(REFUSED, [])
    if find_rates:
        search = LearningRateFinder(competitors)
        identity.unregister(RACES, session.RACE)
        identity.register(LEARNING_RATE_FINDERS, session.RACE, search)
        search.play()
    else:
        identity.unregister(LEARNING_RATE_FINDERS, session.RACE)
        start(competitors)


def start(competitors: Sequence[Competitor]) -> None:
    """Start a race of these competitors now."""
    known = identity.current()
    if known is None:
        return
    try:
        group = create_group(store(), *known, competitors)
    except StoreError as error:
        stored.set(REFUSED, [f"{error} The race continues, but it is not being saved."])
        race = Race(competitors)
    else:
        race = Race(
            competitors, lambda i, _: identity.run_logger(KIND, group, competitors[i].label)
        )
    identity.register(RACES, session.RACE, race)
    race.play()


def show_refusals() -> None:
    """Why the last race could not start, if it could not."""
    for sentence in stored.get(REFUSED) or ():
        refuse(sentence)


def own_runs() -> list[RunRow]:
    """The saved runs of this browser, the newest first. Raises StoreError."""
    known = identity.current()
    return [] if known is None else store().list_runs(known[0])


def last_race() -> SavedRace | None:
    """The race that this tab had before the server was restarted; looked up once."""
    known = identity.current()
    if known is None:
        return None
    key = " ".join(known)
    found: tuple[SavedRace | None] | None = stored.get("race looked for", key)
    if found is None:
        try:
            found = (latest(store(), *known),)
        except StoreError:
            return None
        stored.set("race looked for", found, key)
    return found[0]


# ---- learning-rate search ----------------------------------------------------------------


def search_progress(search: LearningRateFinder) -> None:
    """The progress of the search; when it has finished, the race starts."""
    if search.state == "finished":
        start(search.best())
        st.rerun()
    st.markdown(
        "Each competitor first trains briefly at five learning rates around its own, and races at "
        "the one with the smallest loss."
    )
    st.button(
        "Race now", key="race_now", icon=":material/flag:", on_click=search.stop,
        help="Ends the search: the losses known by now decide.",
    )  # fmt: skip
    stream.fragment(
        lambda: _watch(search), "race_search", search, lambda: (search.state, search.done),
        moves=lambda: search.state != "finished",
    )  # fmt: skip


def _watch(search: LearningRateFinder) -> None:
    done, count = search.done
    st.progress(done / max(count, 1), text=f"Short run {done} of {count}")
    show_notice((f"Short run {i + 1}", search.run(i)) for i in range(count))
    _tried(search.tried)


def found_rates(search: LearningRateFinder) -> None:
    """The learning rates of the competitors of a race, and the losses behind them."""
    with st.expander("Learning rates of the LR finder", icon=":material/search:"):
        st.caption(
            "Validation loss after a short run at each rate.",
            help="If the best rate is the first or last of its row, a smaller or larger one may "
            "be better: set it as the base and race again.",
        )
        _tried(search.tried)


def _tried(tried: Sequence[TriedRate | None]) -> None:
    """A row for each competitor: the rates tried, and the chosen one."""
    rows = []
    for entry in (entry for entry in tried if entry is not None):
        row = {"competitor": literal(entry.label), "its own η": format_number(entry.own)}
        row |= {f"try {i}": "–" for i in range(1, 6)}
        for i, (rate, loss) in enumerate(zip(entry.rates, entry.losses, strict=True), 1):
            row[f"try {i}"] = f"{format_number(rate)}: {_loss_text(loss)}"
        row["chosen η"] = format_number(entry.chosen)
        rows.append(row)
    if rows:
        st.table(pd.DataFrame(rows), hide_index=True)
    else:
        st.caption("No search: the competitors differ in the learning rate itself.")


def _loss_text(loss: float) -> str:
    if isnan(loss):
        return "…"
    return "diverged" if isinf(loss) else f"{loss:.3g}"
