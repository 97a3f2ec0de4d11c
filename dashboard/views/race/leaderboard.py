"""The leaderboard of a race: a table, what of it may be chance, and the score against its cost."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures.comparison import COSTS, SCORES, chance_sentence, cost_figure, cost_sentence
from dashboard.views.race.controls import signed
from dashboard.views.shared.curves import baseline_text
from dashboard.widgets.messages import literal
from playground.analysis.comparison.leaderboard import (
    ORDERS,
    Entrant,
    Leaderboard,
    SeedSummary,
    leaderboard,
    ranked,
    ranks,
)
from playground.analysis.metrics.run_summary import TARGET_SHARE
from playground.datasets.registry import DatasetInfo
from playground.history.history import History

FORMULA = (
    "MACs (multiply-accumulate operations) of an epoch: with m = the products of all layers "
    "(inputs · units), each example takes m forward, m for the gradients of the weights, and m "
    "without the first layer for those of the hidden units. Seconds and samples/s are of training "
    "and validation on this machine, which all competitors share. Compilation is a column of its "
    "own: who comes first compiles for all with the same architecture."
)


def show_leaderboard(
    entrants: Sequence[Entrant],
    histories: Sequence[Sequence[History]],
    states: Sequence[str],
    over: bool,
    uirevision: str,
) -> None:
    """Target, order, table, chance and cost."""
    st.subheader("Leaderboard", anchor=False, help=FORMULA)
    share, order = _options(entrants)
    board = leaderboard(entrants, histories, share)
    experiments = [entrant.experiments[0] for entrant in entrants]
    source = experiments[0].data.source
    st.markdown(
        f"{literal(_target_sentence(board, share, source))} {literal(baseline_text(experiments))}"
    )
    st.table(_table(board, order, states, over, source.unit), hide_index=True)
    sentence = chance_sentence(board)
    if sentence:
        st.markdown(f"**Chance?** {literal(sentence)}")
    _cost(board, uirevision)


def _options(entrants: Sequence[Entrant]) -> tuple[float, str]:
    accuracy = bool(entrants[0].experiments[0].data.source.classes)
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_ranking"):
        percent = st.slider(
            "Target (% of the best accuracy)" if accuracy else "Target (% of the best)",
            50, 100, round(100 * TARGET_SHARE), key="race_target", width=300,
            help="The score to reach; epochs, updates and seconds to target are counted. 95: "
            + ("95 % of the best accuracy." if accuracy else "1.05 times the lowest error."),
            persist_state="session",
        )  # fmt: skip
        order = st.selectbox(
            "Ranked by", list(ORDERS), key="race_order", width=260, persist_state="session",
            format_func=lambda name: ORDERS[name].label,
            help="The number that decides the rank.",
        )  # fmt: skip
    return percent / 100, order


def _target_sentence(board: Leaderboard, share: float, source: DatasetInfo) -> str:
    if board.target is None:
        return "The leaderboard starts with the first finished epoch."
    target = source.format_metric(board.target, 3 if board.higher_is_better else 4)
    text = f"Target: {board.part} {SCORES[board.metric]} {target}"
    if board.higher_is_better:
        return f"{text}, {share:.0%} of the best so far."
    return f"{text}, {2 - share:.3g} times the lowest so far."


def _table(
    board: Leaderboard, order: str, states: Sequence[str], over: bool, unit: str
) -> pd.DataFrame:
    rows = ranked(board.rows, order, board.higher_is_better)
    score = "{:.1%}" if board.higher_is_better else "{:.4g}"
    missing = "–" if board.target is None else "never" if over else "not yet"
    suffix = f" ({literal(unit)})" if unit else ""
    own_ranks = ranks(rows, order, board.higher_is_better)
    table = {
        "rank": ["–" if rank is None else str(rank) for rank in own_ranks],
        "competitor": [literal(signed(row.label, row.competitor)) for row in rows],
        f"best {board.part} score{suffix}": [_text(row.best, score) for row in rows],
        f"final{suffix}": [_text(row.final, score) for row in rows],
        "epochs to target": [_text(row.epochs, "{:,.1f}", missing) for row in rows],
        "updates to target": [_text(row.updates, "{:,.0f}", missing) for row in rows],
        "seconds to target": [_text(row.seconds, "{:.3g}", missing) for row in rows],
        "parameters": [f"{row.parameters:,}" for row in rows],
        "MACs per epoch": [_magnitude(row.multiply_adds) for row in rows],
        "samples/s": [
            "–" if row.examples_per_second is None else f"{row.examples_per_second.mean:,.0f}"
            for row in rows
        ],
        "compilation (s)": [_text(row.compile_seconds, "{:.2g}") for row in rows],
        "state": [states[row.competitor] for row in rows],
    }
    return pd.DataFrame(table)


def _text(over_seeds: SeedSummary | None, number: str, missing: str = "–") -> str:
    """ "85.3% (84.9–85.7%)", with the number of seeds where it is not of all."""
    if over_seeds is None:
        return missing
    text, low, high = (
        number.format(value).removesuffix(".0")
        for value in (over_seeds.mean, over_seeds.low, over_seeds.high)
    )
    if low != high:
        text += f" ({low.removesuffix('%')}–{high})"
    if over_seeds.count < over_seeds.seeds:
        text += f", {over_seeds.count} of {over_seeds.seeds} seeds"
    return text


def _magnitude(count: int) -> str:
    """ "2.8 billion"."""
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if count >= size:
            return f"{count / size:.3g} {name}"
    return str(count)


def _cost(board: Leaderboard, uirevision: str) -> None:
    more = st.expander("Score against cost", on_change="rerun", key="race_cost_open")
    if not more.open:
        return
    with more:
        cost = st.segmented_control(
            "Cost", list(COSTS), default="best_seconds", key="race_cost", required=True,
            format_func=lambda name: COSTS[name].partition(" until")[0],
            persist_state="session", help="The best by epochs may not be the best by seconds.",
        )  # fmt: skip
        chart.chart(
            cost_figure(board, cost, uirevision=uirevision),
            cost_sentence(board, cost),
            key="race_cost_chart",
            about="Best score and its cost; best is the upper left.",
        )
