"""Evaluation and embedding: what the views say is what the network does, for every kind of data."""

import itertools
from secrets import token_hex
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import confusion_matrix
from dashboard.components.gallery import publish
from dashboard.figures import embedding, encode, evaluation
from dashboard.figures import images as picture
from dashboard.figures.evaluation import cells, confusion_sentence
from dashboard.views.shared.test_set import count_sentence
from playground.analysis.metrics.classification import confusion, most_confident_errors, predict
from playground.analysis.metrics.robustness import DISTORTIONS
from playground.analysis.metrics.score import best_of, selection_bias, standard_error
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.history.events import Score
from playground.nn.network import Snapshot
from playground.storage.records import TestEvaluation

DIGITS = Experiment().replace(dataset="digits", hidden=(20,))
IRIS = Experiment().replace(dataset="iris", hidden=(5,))
SINE = Experiment().replace(dataset="sine", hidden=(5,))
CLASSIFIERS = ("digits", "iris", "coffee", "spiral")


def network(experiment: Experiment, seed: int = 0) -> Snapshot:
    """Some weights that fit, the same for equal experiments."""
    rng = np.random.default_rng(seed)
    sizes = itertools.pairwise(experiment.layer_sizes)
    drawn = [
        array for a, b in sizes for array in (rng.normal(size=(a, b)) / a**0.5, rng.normal(size=b))
    ]
    return assemble(experiment, 3, [np.float32(array) for array in drawn])


def page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.state.network_view import NetworkView
    from dashboard.views.inspect.page import VIEWS
    from playground.datasets import load

    session.begin()
    view, experiment, snapshot = st.session_state["given"]
    VIEWS[view].show(NetworkView(experiment, load(experiment.data), snapshot, None, "one"))


def opened(view: str, experiment: Experiment, **state: Any) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["given"] = view, experiment, network(experiment)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert [e.value for e in app.exception] == []
    return app


def judged(experiment: Experiment) -> Any:
    data = load(experiment.data)
    return predict(network(experiment), data, data.validation)


def words(app: AppTest) -> str:
    kinds = (app.caption, app.markdown, app.info, app.success)
    return " ".join(e.value for kind in kinds for e in kind).replace("\\", "")


# ---- evaluation --------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_question_is_answered_for_every_kind_of_classes(name: str) -> None:
    experiment = Experiment().replace(dataset=name, hidden=(4,))
    parts = ("Confusion", "Scores", "Errors", "Calibration", "Threshold", "Robustness")
    for part in (*parts, "Test set"):
        opened("Evaluation", experiment, evaluation_view=part)


@pytest.mark.parametrize("name", ["sine", "multi_gauss"])
@pytest.mark.parametrize("part", ["Residuals", "Robustness", "Test set"])
def test_a_regression_has_questions_of_its_own(name: str, part: str) -> None:
    app = opened("Evaluation", Experiment().replace(dataset=name), evaluation_regression=part)
    if part == "Residuals":
        assert [m.label for m in app.metric] == ["MAE", "RMSE", "R²"]
        constant = "Baseline (always the mean of the training targets): mean error "
        assert constant in words(app)


def test_without_validation_examples_it_says_what_it_measures_on() -> None:
    app = opened("Evaluation", IRIS.replace(validation_size=0), evaluation_view="Threshold")
    assert "Training examples, as there are no validation examples: optimistic." in words(app)


def test_a_cell_shows_the_examples_behind_it() -> None:
    found = judged(IRIS)
    counts = confusion(found.truth, found.guess, 3)
    row, column = divmod(int(counts.argmax()), 3)
    chosen = {"chosen": {"row": row, "column": column, "of": "one"}}
    app = opened("Evaluation", IRIS, confusion=chosen)
    table = app.dataframe[0].value
    names = load(IRIS.data).source.classes
    assert len(table) == counts[row, column]
    assert set(table["truth"]) == {names[row]}
    assert set(table["prediction"]) == {names[column]}
    assert f"{counts[row, column]} examples" in words(app)


@pytest.mark.parametrize(
    "told",
    [
        {"row": 0, "column": 0, "of": "another"},
        {"row": 3, "column": 0, "of": "one"},
        {"row": -1, "column": 0, "of": "one"},
        {"row": True, "column": 0, "of": "one"},
        {"row": "0", "column": 0, "of": "one"},
        {"of": "one"},
        "nonsense",
        None,
    ],
)
def test_what_is_no_cell_of_this_matrix_is_ignored(told: Any) -> None:
    assert confusion_matrix._cell(told, "one", 3) is None


def test_the_scores_are_in_the_table() -> None:
    found = judged(DIGITS)
    app = opened("Evaluation", DIGITS, evaluation_view="Scores")
    table = app.table[0].value
    hits = ((found.truth == 3) & (found.guess == 3)).sum()
    assert table["recall"].iloc[3] == f"{hits / (found.truth == 3).sum():.1%}"
    assert len(table) == 11
    assert f"Accuracy {found.accuracy:.1%}" in words(app)
    never = sorted(set(range(10)) - set(found.guess))  # 0, as scikit-learn with zero_division=0
    assert set(table["precision"].iloc[never]) <= {"0.0%"}


def test_mistakes_name_the_surest() -> None:
    found = judged(DIGITS)
    app = opened("Evaluation", DIGITS, evaluation_view="Errors")
    first = most_confident_errors(found)[0]
    pair = f"{found.truth[first]} predicted as {found.guess[first]}"
    assert f"{pair} ({found.confidence[first]:.0%})" in words(app)
    assert f"{len(most_confident_errors(found)):,} errors, " in words(app)


def test_the_threshold_says_what_it_costs() -> None:
    found = judged(DIGITS)
    app = opened("Evaluation", DIGITS, evaluation_view="Threshold", threshold=40)
    answered = int((found.confidence >= 0.4).sum())
    assert f"Predicted: {answered:,} of" in words(app)


def test_a_network_that_came_trained_has_no_test_set_to_open() -> None:
    assert "A pretrained network" in words(opened("Evaluation", IRIS, evaluation_view="Test set"))


class Counted:
    """What `count_sentence` reads of a run."""

    def __init__(
        self, openings: tuple[TestEvaluation, ...], opening: TestEvaluation | None
    ) -> None:
        self.experiment, self.test_evaluations, self.test_evaluation = IRIS, openings, opening


def test_openings_are_counted_and_the_next_one_has_a_price() -> None:
    def sentence(openings: tuple[TestEvaluation, ...], opening: TestEvaluation | None) -> str:
        return count_sentence(Counted(openings, opening), 100)  # type: ignore[arg-type]

    one = TestEvaluation("iris", "a", 3, Score(0.5, 0.8))
    other = TestEvaluation("iris", "b", 3, Score(0.5, 0.8))
    elsewhere = TestEvaluation("digits", "a", 3, Score(0.5, 0.8))
    assert "Not evaluated yet" in sentence((elsewhere,), None)
    assert "Evaluated once so far**. " in sentence((one,), one)
    assert "of 2 equally good networks" in sentence((one,), one)
    assert "best scores 2.3 percentage points" in sentence((one,), one)  # 0.564 · 4 points
    assert "Evaluated twice so far**, 1 of them on other networks" in sentence((one, other), other)
    assert "on other networks than this one" in sentence((one,), None)


def started() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.shared.run_controls import start_run
    from playground.experiment.model import Experiment
    from playground.history.events import Score
    from playground.storage.records import TestEvaluation

    session.begin()
    small = Experiment().replace(dataset="iris", hidden=(5,))
    first = start_run(small, play=False)
    assert first is not None
    first.test_evaluations += (TestEvaluation("iris", first.network, 3, Score(0.5, 0.8)),)
    for changed in (small.replace(hidden=(6,)), small.replace(seed=1)):
        run = start_run(changed, play=False)
        assert run is not None
        st.text(f"{len(run.test_evaluations)}, {run.test_evaluation}")
        run.close()


def test_another_network_takes_over_how_often_the_test_set_was_evaluated() -> None:
    app = AppTest.from_function(started, default_timeout=30)
    app.session_state["identity"] = {"identity": f"{token_hex(16)} {token_hex(16)}"}
    app.run()
    assert [e.value for e in app.exception] == []
    assert [text.value for text in app.text] == ["1, None", "1, None"]


def written() -> None:
    import streamlit as st

    from dashboard.views.shared.test_set import write_predictions
    from playground.datasets import load

    experiment, snapshot = st.session_state["given"]
    write_predictions(snapshot, load(experiment.data))


def test_three_predictions_of_the_test_set_and_the_share_of_matches_are_written_out() -> None:
    app = AppTest.from_function(written, default_timeout=60)
    snapshot, data = network(IRIS), load(IRIS.data)
    app.session_state["given"] = IRIS, snapshot
    app.run()
    assert not app.exception
    proba = snapshot.predict(data.transform(data.test.x))
    table = app.dataframe[0].value
    assert table.iloc[:, 2:].to_numpy() == pytest.approx(proba[:3].round(2), abs=1e-6)
    names, guess = data.source.classes, proba.argmax(axis=1)
    assert table["y_pred"].tolist() == [f"{c} {names[c]}" for c in guess[:3]]
    matches = guess == data.test.y
    assert app.code[1].value.endswith(f"# {matches.sum()} of 30\naccuracy: {matches.mean():.2f}")


def test_luck_is_what_statistics_says() -> None:
    assert best_of(1) == pytest.approx(0, abs=1e-9)
    assert best_of(2) == pytest.approx(1 / np.sqrt(np.pi), rel=1e-4)
    assert best_of(3) == pytest.approx(1.5 / np.sqrt(np.pi), rel=1e-4)
    assert standard_error(0.8, 100) == pytest.approx(0.04)
    assert selection_bias(0.8, 100, 2) == pytest.approx(0.04 / np.sqrt(np.pi), rel=1e-4)


# ---- embedding ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CLASSIFIERS, "sine", "multi_gauss"])
def test_every_layer_of_every_kind_of_data_has_a_map(name: str) -> None:
    experiment = Experiment().replace(dataset=name, hidden=(4, 3))
    for layer in range(4):
        color = "correctness" if name in CLASSIFIERS else "error"
        task = "classification" if name in CLASSIFIERS else "regression"
        state = {"embedded_layer_4": layer, f"embedding_color_{task}": color}
        app = opened("Embedding", experiment, **state)
        assert "PCA: the projection with the largest variance" in words(app)


def test_a_map_of_too_few_examples_says_so() -> None:
    few = IRIS.replace(validation_size=1)
    assert "at least 2 examples" in words(opened("Embedding", few))
    four = IRIS.replace(validation_size=4)
    assert "t-SNE needs at least 5" in words(opened("Embedding", four, embedding_method="t-SNE"))


# ---- figures -----------------------------------------------------------------------------


def test_the_figures_are_plotly_figures() -> None:
    rng = np.random.default_rng(0)
    points, classes = rng.normal(size=(30, 2)), np.arange(30) % 3
    texts = [f"<b>{i}</b>" for i in range(30)]
    edges = np.linspace(0, 1, 4)
    count = np.array([0, 5, 2])
    bars = np.array([np.nan, 0.5, 0.9])
    drawn = [
        embedding.embedding_figure(
            points, embedding.by_class(classes, ["<a>", "b", "c"]), texts, "t", ("", "")
        ),
        embedding.embedding_figure(
            points, embedding.by_correctness(classes > 0), texts, "t", ("", "")
        ),
        embedding.colored_by_value(points, points[:, 0], texts, "t", ("", ""), "error"),
        evaluation.reliability_bars(edges, count, bars, bars),
        evaluation.reject_option_curves(edges, edges[::-1], np.array([0.5, 0.6, 1, np.nan]), 0.5),
        evaluation.robustness_curve(edges, edges, "noise", True, 0.5),
        evaluation.robustness_curve(edges, edges, "noise", False, 0.5),
        evaluation.predicted_against_true(points[:, 0], points[:, 1]),
        evaluation.residual_histogram(edges, count),
    ]
    for figure in drawn:
        go.Figure(figure)
        encode(figure)
    assert drawn[0]["data"][0]["name"] == "&lt;a&gt;"
    assert drawn[0]["data"][1]["customdata"].tolist() == list(range(1, 30, 3))


def test_cells_hold_counts_shares_and_sentences() -> None:
    counts = np.array([[3, 1], [0, 0]])
    drawn = cells(counts, ["cat", "dog"])
    assert [cell["share"] for cell in drawn[0]] == ["75%", "25%"]
    assert drawn[0][1]["sentence"] == "cat predicted as dog once, 25% of all cat"
    assert drawn[0][0]["background"].startswith("#0877bd")
    assert drawn[0][1]["background"].startswith("#f59322")
    assert confusion_sentence(counts, ["cat", "dog"], "validation") == (
        "3 of 4 validation examples are correct (75.0%); the most common error is cat predicted as "
        "dog, once."
    )
    assert "without any error" in confusion_sentence(np.eye(2, dtype=int), ["a", "b"], "test")


def test_sentences_say_the_numbers() -> None:
    strength = np.array([-90.0, 0.0, 90.0])
    said = evaluation.robustness_sentence(
        strength, np.array([0.2, 0.9, 0.3]), True, "rotation {:.3g}°"
    )
    assert (
        said == "Accuracy is 90.0% on the original examples and 20.0% at worst, at rotation -90°."
    )
    assert "overconfident" in evaluation.reliability_sentence(0.1, 0.9, 0.8)
    assert "underconfident" in evaluation.reliability_sentence(0.1, 0.8, 0.9)
    assert "everything is rejected" in evaluation.reject_option_sentence(0.9, 0.0, np.nan, 0.5)
    assert "worse than" in evaluation.truth_sentence(-0.5)
    assert "R² is undefined" in evaluation.truth_sentence(float("nan"))
    assert set(DISTORTIONS) == {"noise", "rotation", "shift"}


def test_a_sheet_holds_each_image_in_its_place() -> None:
    images = np.random.default_rng(0).integers(0, 17, (7, 8, 8)).astype(np.uint8)
    sheet = picture.sprite_sheet(images, 3, 16.0)
    assert sheet.shape == (24, 24)
    expected = (images[5] * (255 / 16)).round()
    np.testing.assert_array_equal(sheet[8:16, 16:24], expected)
    assert not sheet[16:, 8:].any()
    address = publish(picture.png(sheet))
    assert address == publish(picture.png(sheet))
    assert address.startswith("/sprites/")
