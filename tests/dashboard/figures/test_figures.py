"""Figures are what Plotly accepts, show the numbers they were given, and say them in a sentence."""

import base64
import io
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashboard.figures import encode, training_curves
from dashboard.figures.decision_boundary import (
    decision_region,
    fit_sentence,
    fitted_curve,
    region_sentence,
)
from dashboard.figures.images import data_url, mosaic
from dashboard.figures.style import MAX_POINTS, diverging_colors, downsample
from dashboard.figures.training_curves import PLAIN, CurveView
from playground.history.events import Epoch, HyperparametersChanged, Score
from playground.history.history import History, Log


def history(
    loss: list[float],
    val_loss: list[float] | None = None,
    changes: tuple[HyperparametersChanged, ...] = (),
) -> History:
    """Epochs with these losses, accuracies of 1 − loss, and a learning rate of 0.1."""
    epochs = [
        Epoch(
            epoch=i + 1,
            step=i + 1,
            train=Score(value, 1 - value),
            validation=Score(val_loss[i], 1 - val_loss[i]) if val_loss else None,
            learning_rate=0.1,
            seconds=1.0,
            layers=(),
        )
        for i, value in enumerate(loss)
    ]
    return Log([*epochs, *changes]).history()


def gapped(every: int = 20, epochs: int = 500) -> History:
    """A history that was validated after some epochs only."""
    return Log(
        Epoch(n, n, Score(1 / n, 0.5), None if n % every else Score(2 / n, 0.4), 0.1, 1.0, ())
        for n in range(1, epochs + 1)
    ).history()


CHANGE = HyperparametersChanged(2, "learning_rate", 0.1, 0.01)

HISTORIES = {
    "empty": history([], []),
    "one epoch": history([0.9], [0.8]),
    "no validation": history([0.9, 0.5, 0.4]),
    "changed": history([0.9, 0.5, 0.4], [0.8, 0.6, 0.7], (CHANGE,)),
    "validated now and then": gapped(),
    "long": history(list(np.geomspace(1, 0.01, 3000)), list(np.geomspace(1, 0.1, 3000))),
}


LOGARITHMIC = CurveView(log_x=True, log_y=True)


def figures(h: History) -> dict[str, Any]:
    return {
        "loss": training_curves.loss_curves(h),
        "log loss": training_curves.loss_curves(h, LOGARITHMIC),
        "log error rate": training_curves.metric_curves(h, "accuracy", view=LOGARITHMIC, level=0.1),
        "smoothed": training_curves.loss_curves(h, CurveView(smoothing=0.9, epoch=2)),
        "accuracy": training_curves.metric_curves(h, "accuracy"),
        "error": training_curves.metric_curves(h, "mean_absolute_error"),
        "rate": training_curves.rate_curve(h),
    }


def test_the_four_curves_of_a_published_history_stand_in_one_chart_from_0_to_1() -> None:
    columns = {  # as printed by history.history, Fashion-MNIST, epochs 1, 2 and 10
        "loss": [0.7130764126777649, 0.48872268199920654, 0.3367474377155304],
        "accuracy": [0.7650363445281982, 0.8296363353729248, 0.8802363872528076],
        "val_loss": [0.5364899039268494, 0.43288588523864746, 0.35584887862205505],
        "val_accuracy": [0.8131999969482422, 0.8578000068664551, 0.8727999925613403],
    }
    scores = zip(*columns.values(), strict=True)
    epochs = [
        Epoch(i, i, Score(loss, accuracy), Score(val_loss, val_accuracy), 0.01, 8.0, ())
        for i, (loss, accuracy, val_loss, val_accuracy) in enumerate(scores, start=1)
    ]
    figure = training_curves.four_curves(Log(epochs).history())
    go.Figure(figure)
    assert figure["layout"]["yaxis"]["range"] == [0, 1]
    assert {t["name"]: t["y"].tolist() for t in figure["data"]} == {
        name: pytest.approx(values) for name, values in columns.items()
    }
    dashes = {t["name"]: t["line"]["dash"] for t in figure["data"]}
    assert [dashes[name] for name in columns] == ["solid", "solid", "dash", "dash"]


@pytest.mark.parametrize("name", HISTORIES)
def test_every_curve_is_a_plotly_figure_of_limited_size(name: str) -> None:
    for figure in figures(HISTORIES[name]).values():
        go.Figure(figure)  # Plotly checks every property
        assert all(len(line["x"]) <= MAX_POINTS for line in figure["data"])
        assert all(line["y"].dtype == np.float32 for line in figure["data"])
        assert len(encode(figure)) < 25_000


def test_a_thinned_curve_keeps_its_ends() -> None:
    figure = training_curves.loss_curves(HISTORIES["long"])
    train, validation = figure["data"][:2]
    assert (train["x"][0], train["x"][-1]) == (1, 3000)
    assert validation["y"][-1] == pytest.approx(0.1)


@given(st.lists(st.floats(-1e6, 1e6, width=32), max_size=50), st.integers(2, 20))
def test_thinning_takes_a_subset_in_order(values: list[float], most: int) -> None:
    kept = downsample(np.array(values), most)
    assert len(kept) == min(len(values), most)
    rest = iter(np.array(values, dtype=np.float32))
    assert all(any(value == other for other in rest) for value in kept)
    if values:
        assert (kept[0], kept[-1]) == (np.float32(values[0]), np.float32(values[-1]))


def test_validation_is_drawn_through_the_validated_epochs() -> None:
    log, kept = gapped(), training_curves.KeptCurve("before", gapped(100, 300), "#888888")
    figures = (
        training_curves.loss_curves(log, kept=[kept]), training_curves.metric_curves(log),
        training_curves.four_curves(log),
    )  # fmt: skip
    for figure in figures:
        traces = {trace["name"]: trace for trace in figure["data"]}
        training = traces.get("training") or traces["loss"]
        validation = traces.get("validation") or traces["val_loss"]
        assert len(training["x"]) > 300
        assert list(validation["x"]) == list(range(20, 501, 20))
        assert np.isfinite(validation["y"]).all()
    before = next(trace for trace in figures[0]["data"] if trace["name"] == "before")
    assert list(before["x"]) == [100, 200, 300]
    assert training_curves.loss_sentence(log).endswith("after epoch 500, the lowest so far.")


def test_training_is_solid_validation_dashed_and_the_best_epoch_is_marked() -> None:
    figure = training_curves.loss_curves(history([0.9, 0.5, 0.4], [0.8, 0.6, 0.7]))
    assert [line["line"]["dash"] for line in figure["data"][:2]] == ["solid", "dash"]
    best = figure["data"][2]
    assert (best["x"].tolist(), best["y"].tolist()) == ([2], [pytest.approx(0.6)])


def test_each_live_change_is_a_thin_line_with_its_new_value() -> None:
    figure = training_curves.loss_curves(HISTORIES["changed"])
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [2]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["η 0.01"]


def test_marks_stand_where_they_happened_on_either_axis() -> None:
    h, marks = history([0.9] * 30), [(10, "plateau"), (0, "begun")]
    for view, places in ((PLAIN, [10, 0]), (LOGARITHMIC, [1, 0])):
        notes = training_curves.loss_curves(h, view, marks=marks)["layout"]["annotations"]
        assert [note["x"] for note in notes] == places


def test_smoothing_moves_no_point_and_fills_no_gap() -> None:
    losses = [0.9, 0.2, float("nan"), 0.6]
    plain = training_curves.loss_curves(history(losses))["data"][0]
    smooth = CurveView(smoothing=0.8)
    points, mean = training_curves.loss_curves(history(losses), smooth)["data"][:2]
    np.testing.assert_array_equal(points["y"], plain["y"])
    np.testing.assert_array_equal(np.isnan(mean["y"]), np.isnan(plain["y"]))
    assert mean["y"][1] > plain["y"][1]
    assert mean["meta"] == plain["meta"] == {"end": "0.6000"}


def test_a_zoom_is_kept_over_updates_but_not_from_one_scale_to_the_other() -> None:
    one, two = (
        training_curves.loss_curves(history([0.9] * n), uirevision="a")["layout"] for n in (3, 4)
    )
    assert one["uirevision"] == two["uirevision"] == "a"
    assert one["yaxis"]["uirevision"] == two["yaxis"]["uirevision"]
    log = training_curves.loss_curves(history([0.9]), LOGARITHMIC, uirevision="a")["layout"]
    assert log["yaxis"]["type"] == log["xaxis"]["type"] == "log"
    assert log["yaxis"]["uirevision"] != one["yaxis"]["uirevision"]


@pytest.mark.parametrize(
    ("loss", "val_loss", "sentence"),
    [
        ([], [], "No epoch yet: press Train."),
        (
            [0.9, 0.5, 0.4],
            [0.8, 0.41, 0.48],
            "Validation loss was lowest at epoch 2 (0.41); it is now 0.48.",
        ),
        ([0.9, 0.5], [0.8, 0.41], "Validation loss is 0.41 after epoch 2, the lowest so far."),
        ([0.9, 0.5], None, "Training loss is 0.5 after epoch 2, the lowest so far."),
    ],
)
def test_the_loss_in_a_sentence(
    loss: list[float], val_loss: list[float] | None, sentence: str
) -> None:
    assert training_curves.loss_sentence(history(loss, val_loss)) == sentence


def test_accuracy_and_error_are_best_at_opposite_ends() -> None:
    h = history([0.9, 0.5], [0.2, 0.4])
    assert training_curves.metric_sentence(h, "accuracy") == (
        "Validation accuracy was highest at epoch 1 (80.0%); it is now 60.0%."
    )
    figure = training_curves.metric_curves(h, "mean_absolute_error", unit="cm")
    assert figure["layout"]["title"]["text"] == "Mean absolute error (cm)"
    assert "is 0.6 cm after" in training_curves.metric_sentence(h, "mean_absolute_error", "cm")
    assert training_curves.metric_sentence(h, "mean_absolute_error") == (
        "Validation mean absolute error is 0.6 after epoch 2, the lowest so far."
    )


def test_the_ends_and_the_middle_of_the_color_scale() -> None:
    shown = diverging_colors(np.array([[-9.0, -2.0, 0.0, 2.0, 9.0]]), 2.0)[0]
    orange, gray, blue = [245, 147, 34], [232, 234, 235], [8, 119, 189]
    assert shown.tolist() == [orange, orange, gray, blue, blue]


def test_a_region_is_one_picture_under_its_points() -> None:
    values = np.linspace(-1, 1, 100)[:, None] * np.ones(100)
    x, y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([-1.0, 1.0])
    figure = decision_region(values, (-6, 6, -4, 4), {"training": (x, y)}, ("x₁", "x₂"))
    go.Figure(figure)
    image = figure["layout"]["images"][0]
    assert (image["x"], image["y"], image["sizex"], image["sizey"]) == (-6, 4, 12, 8)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image["source"].split(",")[1]))))
    assert pixels.shape == (100, 100, 3)
    assert figure["data"][0]["x"].tolist() == [0, 2]
    assert region_sentence(values, ("bad roast", "good roast")).endswith(
        "50% of the plane is predicted as good roast."
    )


def test_a_fitted_curve_lies_over_the_examples() -> None:
    x = np.linspace(-1, 1, 50)
    figure = fitted_curve(x, x**2, {"training": (x[:9], x[:9]), "validation": (x[9:], x[9:])})
    go.Figure(figure)
    assert [line["name"] for line in figure["data"]] == ["training", "validation", "network"]
    assert fit_sentence(0.1234, "validation") == (
        "Mean absolute error on validation examples: 0.123."
    )


def test_a_mosaic_holds_every_image_and_its_png_loses_nothing() -> None:
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8), dtype=np.uint8)
    column = mosaic(images, 16.0)
    assert column.shape == (40, 8)
    assert column.max() == 255
    png = base64.b64decode(data_url(column).split(",")[1])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), column)


def test_arrays_travel_as_bytes_and_nothing_is_nan() -> None:
    sent = json.loads(encode({"data": [{"x": np.array([1.5, 2.5], dtype=np.float32)}]}))
    packed = sent["data"][0]["x"]
    assert np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).tolist() == [1.5, 2.5]
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"y": float("nan")})
    with pytest.raises(TypeError, match="arrays of one or two dimensions"):
        encode({"y": np.zeros((2, 2, 2))})
    table = json.loads(encode({"z": np.arange(6, dtype=np.uint8).reshape(2, 3)}))["z"]
    assert (table["dtype"], table["shape"]) == ("u1", "2, 3")
    assert base64.b64decode(table["bdata"]) == bytes(range(6))


def test_names_of_traces_may_hold_anything() -> None:
    names = ["a b", "#f00", "", "ä", "a b "]
    sent = json.loads(encode({"data": [{"uid": name} for name in names]}))["data"]
    found = [trace["uid"] for trace in sent]
    assert all(name.isidentifier() for name in found)
    assert len(set(found)) == len(names)
