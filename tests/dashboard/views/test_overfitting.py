"""The Overfitting page: one click trains a pair, regularizers apply at once or say so."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import chart
from dashboard.figures import encode, hyperparameters, weights
from dashboard.figures import training_curves as figures
from dashboard.state.background import dataset_load
from dashboard.views.overfitting import capacity, random_labels
from dashboard.views.overfitting.page import VIEWS
from playground.analysis.inspection.weights import histograms
from playground.analysis.metrics.run_summary import GapCurves, GeneralizationGap
from playground.datasets import DATASETS
from playground.experiment.model import Experiment
from playground.experiment.overfitting import UNITS
from playground.experiment.overfitting import capacity as grid
from playground.experiment.url import decode
from playground.history.events import Score
from playground.runs.race import RACES, Race
from playground.runs.sweep import SWEEPS
from playground.storage.store import store

KNOWN = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
IRIS = {"v": "1", "dataset": "iris"}
NAMES = ("regularizers", "labels", "penalties", "fits", "capacity")
END = 180  # seconds: workers may still be starting


def page() -> None:
    from dashboard.state import session
    from dashboard.views.overfitting.page import overfitting
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    overfitting()


def opened(view: str = "With vs without regularization", **address: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = KNOWN
    app.query_params = address or IRIS
    data = decode(urlencode(address or IRIS)).experiment.data
    dataset_load(data).dataset(END)  # the page waits a second for it
    checked(app.run())
    return (
        choose(app, "overfitting_view", view) if view != "With vs without regularization" else app
    )


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def choose(app: AppTest, key: str, value: Any) -> AppTest:
    kinds = (app.button_group, app.slider)
    widget: Any = next(each for kind in kinds for each in kind if each.key == key)
    return checked(widget.set_value(value).run())


def click(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=key).click().run())


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(element.value for element in shown).replace("\\", "")


def running(name: str = "regularizers") -> Race:
    race = RACES.get((*KNOWN, name))
    assert race is not None
    return race


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    yield
    for name in NAMES:
        RACES.remove((*KNOWN, name))
        SWEEPS.remove((*KNOWN, name))


# ---- the page ------------------------------------------------------------------------------


@pytest.mark.parametrize("view", list(VIEWS))
def test_each_view_says_what_to_press_and_where_old_runs_are(view: str) -> None:
    app = opened(view)
    assert VIEWS[view].question in texts(app)
    assert "Press" in app.info[0].value
    assert "page Runs" in app.info[0].value


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_data_set_has_every_view(name: str) -> None:
    app = opened("With vs without regularization", v="1", dataset=name)
    for view in VIEWS:
        choose(app, "overfitting_view", view)


def test_one_click_trains_both_and_shows_the_effect_of_the_regularizer() -> None:
    app = click(opened(), "regularizers_start")
    race = running()
    assert race.wait(END) == "finished"
    checked(app.run())
    (plain,), (treated,) = race.histories()
    assert len(plain) == len(treated) == race.epochs
    assert "With L2 0.02 the gap in accuracy is" in texts(app)
    assert next(metric.label for metric in app.metric) == "Gap in loss, baseline"
    assert "same initial weights" in texts(app)
    click(app, "regularizers_restore_0")
    assert "The weights are those of epoch" in texts(app)
    assert "→" in texts(app)
    click(app, "regularizers_open_0")
    assert app.session_state["experiment"] == race.runs[0][0].experiment
    saved = store().list_runs(KNOWN[0])
    assert {(one.kind, one.state) for one in saved} == {("overfitting", "finished")}
    assert {one.label for one in saved} == {"baseline", "L2"}
    again = AppTest.from_function(
        page, default_timeout=60
    )  # a reload: the tab's id is all there is
    again.session_state["known"] = KNOWN
    again.query_params = IRIS
    checked(again.run())
    assert "With L2 0.02 the gap in accuracy is" in texts(again)


def test_a_live_regularizer_changes_its_run_and_another_waits_for_a_new_start() -> None:
    app = click(opened(), "regularizers_start")
    race = running()
    race.pause()
    choose(app, "regularizers_l2_iris", 0.05)
    assert race.runs[1][0].experiment.network.l2 == 0.05
    assert race.runs[0][0].experiment.network.l2 == 0.0
    choose(app, "regularizers_name", "dropout")
    network = race.runs[1][0].experiment.network
    assert (network.l2, network.dropout) == (0.0, 0.5)
    choose(app, "regularizers_name", "smaller")
    assert race.runs[1][0].experiment.network.dropout == 0.5
    assert "Below is still dropout 0.5" in texts(app)
    assert "Overfit again trains both with only 3 hidden units" in texts(app)
    click(app, "regularizers_stop")
    assert race.state == "finished"


def test_random_labels_of_data_without_classes_are_those_of_clothes() -> None:
    app = opened("Random labels", v="1", dataset="sine")
    assert "Fashion-MNIST" in texts(app)


def test_a_filled_map_names_the_winner_and_a_cell_is_a_run(monkeypatch: Any) -> None:
    import playground.experiment.overfitting as module

    monkeypatch.setattr(module, "UNITS", (2, 4))
    monkeypatch.setattr(module, "UPDATES", 5)
    monkeypatch.setattr(module, "EPOCHS", (2, 3))
    app = click(opened("Capacity × examples"), "capacity_start")
    sweep = SWEEPS.get((*KNOWN, "capacity"))
    assert sweep is not None
    assert sweep.wait(END) == "finished"
    app.session_state["capacity_map"] = {
        "clicked": {"curve": 0, "point": [1, 0], "x": "1", "y": "4", "of": sweep.name}
    }
    checked(app.run())
    cell = sweep.experiments[len(sweep.experiments) // 2]
    assert app.session_state["experiment"] == cell
    assert "It is the current experiment on every page" in texts(app)


# ---- figures and sentences -----------------------------------------------------------------


def curves(training: list[float], validation: list[float], best: int | None) -> GapCurves:
    epoch = np.arange(1, len(training) + 1, dtype=np.int32)
    return GapCurves(epoch, np.array(training, np.float32), np.array(validation, np.float32), best)


def test_a_gap_is_shaded_between_solid_and_dashed_and_its_best_epoch_marked() -> None:
    found = curves([2, 1, 0.5], [2, 1.5, 1.8], 1)
    figure = figures.gap_curves(found, "Without", "loss", 0, 60, figures.limits([found]))
    go.Figure(figure)
    encode(figure)
    training, validation, best = figure["data"]
    assert (training["line"]["dash"], validation["line"]["dash"]) == ("solid", "dash")
    assert validation["fill"] == "tonexty"
    assert (best["x"].tolist(), best["y"].tolist()) == ([2.0], [1.5])
    assert figure["layout"]["yaxis"]["autorangeoptions"]["include"] == [0.0, 0.5, 2.0]
    assert figures.gap_sentence(found, "loss", False) == (
        "After epoch 3 loss is 0.5 in training, 1.8 in validation; it was best at epoch 2 (1.5)."
    )
    chance = figures.gap_curves(found, "Random", "accuracy", 1, 60, None, True, chance=0.1)
    assert chance["layout"]["annotations"][0]["text"] == "chance: 10%"
    empty = curves([], [], None)
    go.Figure(figures.gap_curves(empty, "Nothing yet", "loss", 0, 60, figures.limits([empty])))
    assert figures.gap_sentence(empty, "loss", False) == "No epoch yet."


def test_the_verdict_names_the_gaps_and_what_chance_explains() -> None:
    plain = GeneralizationGap(60, Score(0.1, 0.99), Score(1.1, 0.8), True)
    better = GeneralizationGap(60, Score(0.3, 0.91), Score(0.8, 0.85), True)
    text = figures.verdict(plain, better, "dropout 0.3", 10_000)
    assert text == (
        "With dropout 0.3 the gap in accuracy is 6.0 points instead of 19.0 points, the gap in "
        "loss 0.50 instead of 1.00; validation accuracy is 5.0 points better. Validation loss: "
        "0.8 instead of 1.1, which is lower."
    )
    assert "which chance explains with 50 examples" in figures.verdict(plain, better, "x", 50)
    errors = (
        GeneralizationGap(60, Score(0.1, 0.1), Score(1.1, 0.4), False),
        GeneralizationGap(60, Score(0.1, 0.2), Score(0.9, 0.5), False),
    )
    assert "validation error is 0.1 worse" in figures.verdict(*errors, "L1 0.1", 100)


def test_weights_are_counted_on_one_axis_and_l1_is_told_apart() -> None:
    found = histograms([np.float32([0.1, -0.4]), np.float32([0.0]), np.float32([0.2])])
    figure = weights.distributions(found, ("no penalty", "L1", "L2"), "Weights")
    go.Figure(figure)
    encode(figure)
    assert len({tuple(trace["x"].tolist()) for trace in figure["data"]}) == 1
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert "to zero; that of L2" in weights.distributions_sentence(
        {"no": 0.0, "L1": 0.9, "L2": 0.1}
    )
    assert "takes some epochs" in weights.distributions_sentence({"no": 0.0, "L1": 0.1, "L2": 0.1})


def test_the_map_says_who_wins_where_and_leaves_unknown_cells_empty() -> None:
    values = np.array([[0.5, 0.9], [0.6, np.nan]])
    figure = hyperparameters.capacity_map(values, (2, 8), (50, 500), True)
    go.Figure(figure)
    encode(figure)
    assert figure["data"][0]["z"] == [[0.5, 0.9], [0.6, None]]
    text = hyperparameters.capacity_sentence(values, (2, 8), (50, 500), True)
    assert text.startswith("Best so far: 90.0% with 2 units and 500 examples. 3 of 4 cells")
    values[1, 1] = 0.95
    text = hyperparameters.capacity_sentence(values, (2, 8), (50, 500), True)
    assert "With 50 examples 8 units are best, with 500 it is 8." in text
    assert "more examples change 37.5 points, more units 7.5 points." in text
    errors = hyperparameters.capacity_sentence(values, (2, 8), (50, 500), False)
    assert errors.startswith("Best so far: 0.5 with 2 units and 50 examples.")
    none = np.full((2, 2), np.nan)
    go.Figure(hyperparameters.capacity_map(none, (2, 8), (50, 500), False))
    assert (
        hyperparameters.capacity_sentence(none, (2, 8), (50, 500), True)
        == "No cell is trained yet."
    )


def test_a_click_from_the_browser_is_a_cell_or_nothing() -> None:
    assert capacity.clicked_cell(chart.Click(0, (1, 2), "a", "b"), 5, 5) == 7
    for point in ((5, 0), (0, -1), (0,), 3):
        assert capacity.clicked_cell(chart.Click(0, point, "a", "b"), 5, 5) is None
    assert capacity.clicked_cell(None, 5, 5) is None


@pytest.mark.parametrize("name", list(DATASETS))
def test_the_map_of_every_data_set_has_sizes_it_can_have(name: str) -> None:
    units, sizes, experiments = grid(Experiment().replace(dataset=name))
    assert units == UNITS
    assert list(sizes) == sorted(set(sizes))
    assert len(experiments) == len(units) * len(sizes) == len(set(experiments))
    cell = experiments[len(sizes)]
    assert (cell.network.hidden, cell.data.train_size) == ((units[1],), sizes[0])


def test_memorization_is_named_only_where_all_random_labels_are_fitted() -> None:
    true = curves([0.9, 1.0], [0.7, 0.8], 1)
    text = random_labels.sentence(curves([0.5, 1.0], [0.1, 0.1], 0), true, 0.1, 1.0)
    assert "training accuracy 100.0%" in text
    assert "(chance: 10.0%)" in text
    assert "memorized" in text
    assert "memorized" not in random_labels.sentence(curves([0.5], [0.1], 0), true, 0.1, 1.0)


def test_three_sizes_are_compared() -> None:
    text = capacity.sizes_sentence([(0.3, 0.32), (0.1, 0.12), (0.0, 0.2)])
    assert text.startswith("The fitting network is best on validation.")
    assert "underfits" in text
    assert "overfits" in text
    assert capacity.sizes_sentence([(0.1, 0.1), (0.1, 0.2), (0.2, 0.2)]) == (
        "The too small network is best on validation."
    )
