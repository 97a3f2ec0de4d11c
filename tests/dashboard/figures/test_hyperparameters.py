"""Lines across settings: every run is drawn once, where its values are, and can be clicked."""

import numpy as np
import plotly.graph_objects as go

from dashboard.figures import encode
from dashboard.figures.hyperparameters import UNUSED, bands, parallel, parallel_sentence, run_at
from playground.analysis.comparison.hyperparameter_importance import Importance, axis

SCORES = np.array([0.1, 0.9, np.nan, 0.5, 0.7])
AXES = [
    axis("learning_rate", [0.001, 0.01, 0.1, 0.01, 0.001]),
    axis("momentum", [None, 0.9, 0.5, None, 0.9]),
]
NAMES = [f"run <{i}>" for i in range(5)]


def test_every_run_belongs_to_one_band_and_the_best_to_the_last() -> None:
    drawn = bands(SCORES, True, 0.25)
    assert sorted(row for band in drawn for row in band.rows) == list(range(5))
    assert list(drawn[-1].rows) == [1]
    assert list(drawn[0].rows) == [2]
    assert list(bands(SCORES, False, 0.25)[-1].rows) == [0]  # of errors the smallest is best


def test_a_line_goes_through_the_values_of_its_run_and_is_found_by_any_of_its_points() -> None:
    drawn = bands(SCORES, True, 0.25)
    figure = parallel(AXES, drawn, NAMES)
    go.Figure({"data": figure["data"], "layout": figure["layout"]})
    assert encode(figure)
    for curve, band in enumerate(drawn):
        trace = figure["data"][curve]
        for place, row in enumerate(band.rows):
            points = range(place * 3, place * 3 + 2)
            assert {run_at(AXES, drawn, curve, point) for point in points} == {row}
            expected = [np.nan_to_num(a.positions[row], nan=UNUSED) for a in AXES]
            np.testing.assert_allclose([trace["y"][point] for point in points], expected)
            assert np.isnan(trace["y"][place * 3 + 2])
            assert trace["text"][points[0]] == NAMES[row]


def test_a_click_that_was_made_up_is_nowhere() -> None:
    drawn = bands(SCORES, True, 0.25)
    for curve, point in ((-1, 0), (9, 0), (0, -4), (0, 10**9)):
        assert run_at(AXES, drawn, curve, point) is None


def test_the_sentence_says_what_the_best_share_and_what_matters() -> None:
    found = [Importance("optimizer", 0.62), Importance("seed", 0.0)]
    assert parallel_sentence(40, "88.1%", {"optimizer": "adam"}, "the best tenth", found) == (
        "The best of 40 runs reaches 88.1%; the best tenth all have optimizer Adam. "
        "Share of the score variance explained by optimizer 62%."
    )
    assert parallel_sentence(40, "88.1%", {}, "x", [Importance("seed", 0.0)]).endswith(
        "No single setting explains the scores."
    )
