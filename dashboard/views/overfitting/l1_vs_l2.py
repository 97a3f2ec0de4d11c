"""L1 against L2: what each penalty makes of the weights, live."""

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import weights as figures
from dashboard.state import identity
from dashboard.views.overfitting import controls
from dashboard.widgets.messages import literal, refuse
from playground.analysis.inspection import weights as shares
from playground.experiment.model import Experiment
from playground.experiment.model_summary import layer_name, title
from playground.experiment.overfitting_presets import penalized
from playground.experiment.regularizers import REGULARIZERS
from playground.nn.network import Snapshot
from playground.runs.race import RACES, Race
from playground.runs.race_presets import weighed

NAME = "penalties"


def view(experiment: Experiment) -> None:
    """Three runs from the same first weights: no penalty, L1, L2."""
    try:
        base = penalized(experiment)
    except ValueError as error:
        refuse(f"{experiment.data.source.label}: {error}")
        return
    race = identity.registered(RACES, NAME)
    l1, l2 = _strengths(race)
    st.caption(literal(f"{title(base)} · {base.data.train_size:,} training examples"))
    label = "Train all three" if race is None else "Start again"
    help = "Without a penalty, with L1 and with L2, from the same first weights."
    controls.buttons(NAME, label, weighed(base, l1, l2), help, race)
    if race is None:
        st.info(
            "Press Train all three to see what becomes of the weights. " + controls.NOTHING_KEPT
        )
        return
    if race.runs[0][0].experiment != weighed(base, l1, l2)[0].experiments[0]:
        st.warning("Below are runs of other data or another seed: Start again trains anew.")
    controls.watch(NAME, race, _draw)


def _strengths(race: Race | None) -> tuple[float, float]:
    """Both strengths; those of a race that is not over act at once."""
    found = []
    columns = st.columns(2)
    for i, (column, name) in enumerate(zip(columns, ("l1", "l2"), strict=True), 1):
        cure = REGULARIZERS[name]
        usual = cure.default if race is None else race.runs[i][0].experiment.to_dict()[name]
        with column:
            strength = st.slider(
                cure.strength_label, cure.low, cure.high, min(usual, cure.high), cure.step,
                key=f"penalties_{name}", persist_state="session", format="%.4g",
                help=f"{cure.explanation} It acts at once.",
            )  # fmt: skip
        if race is not None and race.state != "finished" and strength != usual:
            race.runs[i][0].change(**{name: strength})
        found.append(strength)
    return found[0], found[1]


def _draw(race: Race) -> None:
    names = [competitor.label for competitor in race.competitors]
    now = [runs[0].latest for runs in race.runs]
    snapshots = [each for each in now if each is not None]
    if len(snapshots) < len(now):
        st.info("Getting ready: the processes that train are starting …")
        return
    layers: list[int | None] = [None, *range(len(snapshots[0].layers))]
    layer = st.segmented_control(
        "Layer", range(len(layers)), default=0, required=True, key=f"penalties_layer_{len(layers)}",
        format_func=lambda i: _name(layers[i], len(layers) - 1), persist_state="session",
        help="The layer whose weights are counted; compare the first with the "
        "last.",
    )  # fmt: skip
    weights = [shares.kernel(each, layers[layer]) for each in snapshots]
    figure = figures.distributions(
        shares.histograms(weights), names, f"Weights: {_name(layers[layer], len(layers) - 1)}",
        f"{race.name} {layer}",
    )  # fmt: skip
    near = {name: shares.share(each) for name, each in zip(names, weights, strict=True)}
    chart.chart(
        figure,
        figures.distributions_sentence(near),
        key="penalties_chart",
        about="How the weights are spread with L1, with L2 and with neither; "
        "choose another layer, or a stronger λ, and look for the peak at 0.",
    )
    _table(race, snapshots, names)


def _name(layer: int | None, count: int) -> str:
    return shares.ALL if layer is None else layer_name(layer, count)


def _table(race: Race, snapshots: list[Snapshot], names: list[str]) -> None:
    """The share of each layer that is nearly zero, and how well each network does."""
    count = len(snapshots[0].layers)
    rows = {}
    for name, snapshot, (log,) in zip(names, snapshots, race.histories(), strict=True):
        column = [f"{each:.1%}" for each in shares.shares(snapshot)]
        last = "–" if log.val_metric is None or not len(log) else f"{log.val_metric[-1]:.3g}"
        rows[name] = [*column, last]
    index = [layer_name(i, count) for i in range(count)]
    task = "accuracy" if race.runs[0][0].experiment.data.source.classes else "error"
    table = pd.DataFrame(rows, index=[*index, shares.ALL, f"validation {task}"])
    st.table(table)
    st.caption(
        f"Share of weights within {shares.NEARLY:g} of zero, layer by layer; biases are not "
        "penalised and not counted."
    )
