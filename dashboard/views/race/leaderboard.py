"""The ranking of a race: a table, what of it may be luck, and the score against its cost."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures.comparison import COSTS, SCORES, cost_figure, cost_sentence, luck_sentence
from dashboard.views.race.controls import named
from dashboard.widgets.messages import literal
from playground.analysis.comparison.leaderboard import (
    ORDERS,
    TARGET_SHARE,
    Entrant,
    Leaderboard,
    SeedSummary,
    ordered,
    places,
    ranking,
)
from playground.history.history import History

FORMULA = (
    "Multiply-adds of an epoch: with m = the products of all layers (inputs · units), each example "
    "takes m forward, m for the gradients of the weights, and m without the first layer for those "
    "of the hidden units. Seconds and {examples} per second are of training and validating on "
    "this machine, which all competitors share; preparing the first epoch is not counted."
)


def standings(
    entrants: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    states: Sequence[str],
    over: bool,
    uirevision: str,
) -> None:
    """Target, order, table, luck and cost."""
    image = entrants[0].experiments[0].data.source.kind == "image"
    examples = "images" if image else "examples"
    share, order = _terms(entrants)
    found = ranking(entrants, histories, share)
    st.markdown(_target_sentence(found, share))
    st.table(_table(found, order, states, over, examples), hide_index=True)
    sentence = luck_sentence(found)
    if sentence:
        st.markdown(f"**Luck?** {literal(sentence)}")
    _cost(found, uirevision)
    st.caption(FORMULA.format(examples=examples))


def _terms(entrants: Sequence[Entrant]) -> tuple[float, str]:
    accuracy = bool(entrants[0].experiments[0].data.source.classes)
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_ranking"):
        percent = st.slider(
            "Target, in % of the best accuracy" if accuracy else "Target: how good, in %",
            50, 100, round(100 * TARGET_SHARE), key="race_target", width=300,
            help="How many epochs, updates and seconds each competitor takes to get there. "
            + ("95: within 5 % of the best accuracy of the race." if accuracy else
               "95: an error at most 5 % larger than the lowest of the race."),
            persist_state="session",
        )  # fmt: skip
        order = st.selectbox(
            "Ranked by", list(ORDERS), key="race_order", width=260, persist_state="session",
            format_func=lambda name: ORDERS[name].label,
            help="What decides the ranking; try the epochs, updates or seconds to "
            "the target instead of the best score.",
        )  # fmt: skip
    return percent / 100, order


def _target_sentence(found: Leaderboard, share: float) -> str:
    if found.target is None:
        return "The ranking fills as soon as an epoch is finished."
    name = f"{found.part} {SCORES[found.metric]}"
    if found.higher_is_better:
        return f"Target: a {name} of {found.target:.1%}, {share:.0%} of the best so far."
    more = f"{1 - share:.0%} above the lowest so far" if share < 1 else "the lowest so far"
    return f"Target: a {name} of {found.target:.4g}, {more}."


def _table(
    found: Leaderboard, order: str, states: Sequence[str], over: bool, examples: str
) -> pd.DataFrame:
    rows = ordered(found.standings, order, found.higher_is_better)
    at = places(rows, order, found.higher_is_better)
    score = "{:.1%}" if found.higher_is_better else "{:.3g}"
    entered = found.target is not None
    missing = ("never" if over else "not yet") if entered else "–"
    table = {
        "place": ["–" if place is None else str(place) for place in at],
        "competitor": [literal(named(row.label, row.competitor)) for row in rows],
        f"best {found.part} score": [_told(row.best, score) for row in rows],
        "final": [_told(row.final, score) for row in rows],
        "epochs to target": [_told(row.epochs, "{:,.1f}", missing) for row in rows],
        "updates to target": [_told(row.updates, "{:,.0f}", missing) for row in rows],
        "seconds to target": [_told(row.seconds, "{:.3g}", missing) for row in rows],
        "parameters": [f"{row.parameters:,}" for row in rows],
        "multiply-adds per epoch": [_short(row.multiply_adds) for row in rows],
        f"{examples} per second": [_pace(row.examples_per_second) for row in rows],
        "now": [states[row.competitor] for row in rows],
    }
    return pd.DataFrame(table)


def _told(spread: SeedSummary | None, number: str, missing: str = "–") -> str:
    """ "85.3% (84.9–85.7%)", and of how many seeds where it is not of all."""
    if spread is None:
        return missing
    text, low, high = (
        number.format(value).removesuffix(".0") for value in (spread.mean, spread.low, spread.high)
    )
    if low != high:
        text += f" ({low.removesuffix('%')}–{high})"
    if spread.count < spread.seeds:
        text += f", {spread.count} of {spread.seeds} seeds"
    return text


def _pace(spread: SeedSummary | None) -> str:
    return "–" if spread is None else f"{spread.mean:,.0f}"


def _short(count: int) -> str:
    """ "2.8 billion"."""
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if count >= size:
            return f"{count / size:.3g} {name}"
    return str(count)


def _cost(found: Leaderboard, uirevision: str) -> None:
    more = st.expander("Score against cost", on_change="rerun", key="race_cost_open")
    if more.open:
        with more:
            cost = st.segmented_control(
                "Cost", list(COSTS), default="best_seconds", key="race_cost", required=True,
                format_func=lambda name: COSTS[name].partition(" until")[0],
                persist_state="session",
                help="What the score is held against; a winner by epochs may lose by "
                "seconds.",
            )  # fmt: skip
            figure = cost_figure(found, cost, uirevision=uirevision)
            chart.chart(
                figure,
                cost_sentence(found, cost),
                key="race_cost_chart",
                about="What each competitor reached and what it cost; those at the upper "
                "left give most for least. Choose another cost.",
            )
