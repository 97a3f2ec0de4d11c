"""L1 vs L2: the distribution of the weights under each penalty, while they train."""

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import weights as figures
from dashboard.state import identity
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.analysis.inspection import weights as weight_statistics
from playground.experiment.model import Experiment
from playground.experiment.model_summary import layer_name, title
from playground.experiment.overfitting import REGULARIZERS, penalized
from playground.nn.network import Snapshot
from playground.runs.race import RACES, Race
from playground.runs.race_presets import l1_and_l2

NAME = "penalties"


def view(experiment: Experiment) -> None:
    """Three runs from the same initial weights: no penalty, L1, L2."""
    try:
        base = penalized(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    race = identity.registered(RACES, NAME)
    competitors = l1_and_l2(base, *_strengths(race))
    st.caption(literal(f"{title(base)} · {base.data.train_size:,} training examples"))
    controls.buttons(
        NAME, "Train all three" if race is None else "Start again",
        lambda: controls.start(NAME, competitors),
        "Without a penalty, with L1 and with L2, from the same initial weights.", race,
    )  # fmt: skip
    if race is None:
        st.info(f"Press Train all three to compare the weights. {controls.NOTHING_KEPT}")
        return
    if race.runs[0][0].experiment != competitors[0].experiments[0]:
        st.warning("Below are runs on other data: Start again trains with the current settings.")
    controls.watch(NAME, race, _draw)


def _strengths(race: Race | None) -> tuple[float, float]:
    """Both strengths; a race that still trains takes them up at once."""
    strengths = []
    for i, (column, name) in enumerate(zip(st.columns(2), ("l1", "l2"), strict=True), 1):
        entry = REGULARIZERS[name]
        current = entry.default if race is None else race.runs[i][0].experiment.to_dict()[name]
        with column:
            strength = st.slider(
                entry.strength_label, entry.low, entry.high, min(current, entry.high), entry.step,
                key=f"penalties_{name}", persist_state="session", format="%.4g",
                help=f"{entry.explanation} It changes the playing run at once.",
            )  # fmt: skip
        if race is not None and race.state != "finished" and strength != current:
            race.runs[i][0].change(**{name: strength})
        strengths.append(strength)
    return strengths[0], strengths[1]


def _draw(race: Race) -> None:
    names = [competitor.label for competitor in race.competitors]
    latest = [runs[0].latest for runs in race.runs]
    snapshots = [snapshot for snapshot in latest if snapshot is not None]
    if len(snapshots) < len(latest):
        st.info("Starting …")
        return
    count = len(snapshots[0].layers)
    labels = [weight_statistics.ALL, *(layer_name(i, count) for i in range(count))]
    chosen = st.segmented_control(
        "Layer", range(len(labels)), default=0, required=True, key=f"penalties_layer_{count + 1}",
        format_func=labels.__getitem__, persist_state="session",
        help="The layer whose weights are shown; compare the first with the last.",
    )  # fmt: skip
    layer = chosen - 1 if chosen else None
    weights = [weight_statistics.kernel(snapshot, layer) for snapshot in snapshots]
    near_zero = {
        name: weight_statistics.share(own) for name, own in zip(names, weights, strict=True)
    }
    chart.chart(
        figures.distributions(
            weight_statistics.histograms(weights), names, f"Weights: {labels[chosen]}",
            f"{race.name} {layer}",
        ),
        figures.distributions_sentence(near_zero),
        key="penalties_chart",
        about="The distribution of the weights with L1, with L2 and with neither; with a stronger "
        "λ look for the peak at 0.",
    )  # fmt: skip
    _table(race, snapshots, names, labels)


def _table(race: Race, snapshots: list[Snapshot], names: list[str], labels: list[str]) -> None:
    """The share of each layer that is nearly zero, and the validation score."""
    source = race.runs[0][0].experiment.data.source
    columns = {}
    for name, snapshot, (log,) in zip(names, snapshots, race.histories(), strict=True):
        shares = [f"{share:.1%}" for share in weight_statistics.shares(snapshot)]
        known = log.validated.val_metric
        last = float(known[-1]) if known is not None and len(known) else None
        columns[name] = [*shares, source.format_metric(last)]
    score = f"validation {'accuracy' if source.classes else 'error'}"
    st.table(pd.DataFrame(columns, index=[*labels[1:], labels[0], score]))
    st.caption(
        f"Share of weights within {weight_statistics.NEARLY:g} of zero; biases are not penalized "
        "and not counted."
    )
