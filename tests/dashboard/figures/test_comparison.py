"""Figures of a race: what is drawn, in distinct colors, and their sentences."""

import json
import re
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.figures import encode
from dashboard.figures.comparison import (
    COLORS,
    COSTS,
    SIGNS,
    SYMBOLS,
    CompetitorCurve,
    chance_sentence,
    cost_figure,
    cost_sentence,
    race_curves,
    race_sentence,
)
from dashboard.figures.training_curves import loss_curves, loss_sentence
from playground.analysis.comparison.leaderboard import Leaderboard, leaderboard
from playground.analysis.comparison.runs import Compared, difference
from playground.analysis.metrics.run_summary import losses as without_penalty
from playground.experiment.model import Experiment
from playground.export.html_report import Report, report
from playground.history.aggregate import band
from playground.history.events import Epoch, Event, Score
from playground.history.history import History, Log

LABELS = ("SGD", "Adam <b>", "RMSprop", "Nadam", "Adagrad", "Adadelta", "Momentum", "Lion")


def told(scores: list[float], seconds: float = 1.0) -> History:
    return Log(
        Epoch(
            epoch=i + 1, step=i + 1, train=Score(1 - score, score),
            validation=Score(1 - score, score), learning_rate=0.1, seconds=seconds, layers=(),
        )
        for i, score in enumerate(scores)
    ).history()  # fmt: skip


def curves(
    *scores: list[list[float]], quantity: str = "accuracy", smoothing: float = 0.0,
    parts: tuple[str, ...] = ("validation",),
) -> list[CompetitorCurve]:  # fmt: skip
    return [
        CompetitorCurve(i, LABELS[i], part, band(
            [told(column) for column in own], quantity, part, [True] * len(own),
            smoothing=smoothing,
        ))
        for part in parts for i, own in enumerate(scores)
    ]  # fmt: skip


@dataclass(frozen=True)
class Entrant:
    label: str
    experiments: tuple[Experiment, ...]


def board(
    *scores: list[list[float]], base: Experiment | None = None, **seconds: float
) -> Leaderboard:
    base = base or Experiment()
    entrants = [Entrant(LABELS[i], (base,) * len(own)) for i, own in enumerate(scores)]
    return leaderboard(
        entrants,
        [
            [told(column, seconds.get(LABELS[i], 1.0)) for column in own]
            for i, own in enumerate(scores)
        ],
    )


def of_kind(figure: dict[str, object], kind: str) -> list[dict[str, object]]:
    return [t for t in figure["data"] if t["uid"].startswith(kind)]  # type: ignore[attr-defined]


# ---- curves ------------------------------------------------------------------------------

LONG = np.linspace(0, 1, 3000).tolist()


def test_eight_competitors_with_five_seeds_stay_small_and_valid() -> None:
    figure = race_curves(curves(*[[LONG] * 5] * 8, smoothing=0.6), "accuracy", raw=True)
    go.Figure(figure)  # Plotly checks every property
    drawn = [t for t in figure["data"] if not t["showlegend"]]
    assert all(len(t["x"]) <= 500 and t["x"].dtype == np.float32 for t in drawn)
    assert len(encode(figure)) < 200_000


def test_mean_band_and_best_are_the_numbers() -> None:
    figure = race_curves(curves([[0.2, 0.6, 0.1], [0.4, 0.8, 0.3]]), "accuracy")
    (line,), (around,), (best,) = (of_kind(figure, kind) for kind in ("mean", "band", "best"))
    assert line["y"].tolist() == pytest.approx([0.3, 0.7, 0.2])  # type: ignore[attr-defined]
    assert around["y"].tolist() == pytest.approx([0.4, 0.8, 0.3, 0.1, 0.6, 0.2])  # type: ignore[attr-defined]
    assert (best["x"][0], best["y"][0]) == (2, pytest.approx(0.7))  # type: ignore[index]


def test_one_seed_has_no_band_and_no_smoothing_no_faint_line() -> None:
    figure = race_curves(curves([[0.2, 0.6]]), "accuracy")
    assert not of_kind(figure, "band")
    assert not of_kind(figure, "raw")


def test_a_click_in_the_legend_hides_all_of_one_competitor() -> None:
    one = [[0.1, 0.2], [0.2, 0.3]]
    both = ("training", "validation")
    figure = race_curves(curves(one, one, parts=both), "accuracy", raw=True)
    entries = [t for t in figure["data"] if t["showlegend"]]
    assert [t["name"] for t in entries] == ["SGD", "Adam &lt;b&gt;"]  # as text, not as HTML
    for entry in entries:
        own = [t for t in figure["data"] if t["legendgroup"] == entry["legendgroup"]]
        assert len(own) == 1 + 4 * 2
    uids = [t["uid"] for t in figure["data"]]
    assert len(set(uids)) == len(uids)
    assert figure["layout"]["legend"]["groupclick"] == "togglegroup"


def test_training_is_solid_validation_dashed_in_one_hue() -> None:
    figure = race_curves(curves([[0.1, 0.2]], parts=("training", "validation")), "loss")
    training, validation = of_kind(figure, "mean")
    assert training["line"]["dash"] == "solid" != validation["line"]["dash"]  # type: ignore[index]
    assert training["line"]["color"] == validation["line"]["color"] == COLORS[0]  # type: ignore[index]


def test_zoom_is_kept_while_epochs_arrive_and_lost_with_the_scale() -> None:
    def kept(**how: object) -> tuple[str, str, str]:
        layout = race_curves(curves([[0.1, 0.2]]), "accuracy", uirevision="r", **how)["layout"]  # type: ignore[arg-type]
        return tuple(part["uirevision"] for part in (layout, layout["xaxis"], layout["yaxis"]))  # type: ignore[return-value]

    assert kept()[0] == kept(log_x=True)[0] == "r"
    assert kept()[1] != kept(log_x=True)[1]
    assert kept()[1] != kept(x="seconds")[1]
    assert kept()[2] == kept(log_x=True)[2] != kept(log_y=True)[2]


def test_one_point_does_not_stretch_an_accuracy_beyond_its_range() -> None:
    axis = race_curves(curves([[0.5]]), "accuracy")["layout"]["yaxis"]
    assert -0.05 < axis["autorangeoptions"]["clipmin"] < 0
    assert 1 < axis["autorangeoptions"]["clipmax"] < 1.05
    log = race_curves(curves([[0.5]], quantity="error_rate"), "error_rate", log_y=True)
    assert "autorangeoptions" not in log["layout"]["yaxis"]


def test_an_empty_race_is_a_figure_too() -> None:
    figure = race_curves(curves([[]], [[]]), "accuracy", log_x=True, log_y=True)
    go.Figure(figure)
    json.loads(encode(figure))
    assert race_sentence(curves([[]], [[]]), "accuracy") == "No epoch is finished yet."


def test_the_sentence_names_the_first_and_the_last() -> None:
    found = race_sentence(curves([[0.5, 0.61]], [[0.5, 0.9]], [[0.5, 0.7]]), "accuracy")
    assert found == (
        "After epoch 2 Adam <b> leads with a validation accuracy of 90.0%; SGD is last with 61.0%."
    )
    found = race_sentence(curves([[0.5, 0.5]] * 2, [[0.9, 0.9]] * 2, quantity="loss"), "loss")
    assert "Adam <b> leads with a validation loss of 0.1, the mean of 2 seeds" in found
    assert "all have a validation accuracy of 50.0%" in race_sentence(
        curves([[0.5]], [[0.5]]), "accuracy"
    )


# ---- colors -----------------------------------------------------------------------------

LINEAR = {  # what those see who lack one kind of cone, in linear RGB (Machado et al. 2009)
    "all cones": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}
TO_LMS = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
TO_LAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def linear(colors: tuple[str, ...]) -> np.ndarray:
    code = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors]) / 255
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def test_an_error_has_the_unit_of_its_target() -> None:
    drawn = curves([[9.5, 8.5]], [[7.5, 6.5]], quantity="mean_absolute_error")
    figure = race_curves(drawn, "mean_absolute_error", unit="<kg>")
    assert figure["layout"]["yaxis"]["title"]["text"] == "mean absolute error (&lt;kg&gt;)"
    assert "of 6.5 kg; " in race_sentence(drawn, "mean_absolute_error", "kg")


@pytest.mark.parametrize("eye", LINEAR)
def test_every_pair_of_hues_is_told_apart(eye: str) -> None:
    seen = np.clip(linear(COLORS) @ np.transpose(LINEAR[eye]), 0, 1)
    lab = np.cbrt(seen @ np.transpose(TO_LMS)) @ np.transpose(TO_LAB)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    assert apart[~np.eye(8, dtype=bool)].min() > 0.12  # a just visible difference is 0.02


def test_every_hue_stands_out_on_light_and_on_dark() -> None:
    brightness = linear((*COLORS, "#ffffff", "#0e1117")) @ [0.2126, 0.7152, 0.0722] + 0.05
    *own, light, dark = brightness
    assert all(light / each > 2.25 and each / dark > 2.25 for each in own)
    assert len(COLORS) == len(SYMBOLS) == len(SIGNS) == 8
    assert len(set(SIGNS)) == len(set(SYMBOLS)) == 8


# ---- leaderboard -------------------------------------------------------------------------


@pytest.mark.parametrize("cost", COSTS)
def test_score_against_cost(cost: str) -> None:
    found = board([[0.5, 0.9], [0.5, 0.7]], [[0.6, 0.1], [0.6, 0.2]], [[]])
    figure = cost_figure(found, cost, logarithmic=True, uirevision="r")
    go.Figure(figure)
    json.loads(encode(figure))
    points = of_kind(figure, "point")
    assert [t["y"][0] for t in points] == pytest.approx([0.8, 0.6])  # type: ignore[index]
    assert points[0]["error_y"]["array"][0] == pytest.approx(0.1)  # type: ignore[index]
    assert of_kind(figure, "front")[0]["y"].tolist() == pytest.approx([0.6, 0.8])  # type: ignore[attr-defined]


def test_who_is_worth_the_cost() -> None:
    found = board([[0.5, 0.9]], [[0.6, 0.1]], [[0.55, 0.8]])
    assert cost_sentence(found, "best_seconds") == (
        "On the Pareto front are Adam <b> and SGD: no other is both cheaper and better. SGD has "
        "the best score, at 2 times the cost of Adam <b>."
    )
    assert "SGD has the best score at the lowest cost" in cost_sentence(
        board([[0.9]], [[0.6]]), "best_updates"
    )
    assert cost_sentence(board([[]], [[]]), "best_updates") == "No epoch is finished yet."


def test_a_difference_within_the_range_over_seeds_may_be_chance() -> None:
    found = board([[0.1], [0.2], [0.3]], [[0.8], [0.9], [0.85]], [[0.7], [0.82], [0.8]])
    assert chance_sentence(found) == (
        "Adam <b> is ahead of SGD by more than the seeds differ. Adam <b> and RMSprop differ by "
        "less than their seeds do: that may be chance."
    )


def test_one_seed_is_said_to_prove_little() -> None:
    assert chance_sentence(board([[0.1]], [[0.9]])).startswith("One seed proves little")
    assert "Two seeds" in chance_sentence(board([[0.1], [0.2]], [[0.8], [0.9]]))
    assert chance_sentence(board([[]], [[]])) == ""


# ---- one number everywhere ---------------------------------------------------------------


def test_the_best_epoch_is_one_on_train_overfitting_compare_and_in_the_report() -> None:
    losses, penalties = [0.9, 0.6, 0.62, 0.8], [0.3, 0.3, 0.1, 0.05]  # without: epoch 2; with: 3
    events: list[Event] = [
        Epoch(
            epoch=i + 1, step=i + 1, train=Score(loss + penalty, 0.5, penalty),
            validation=Score(loss + penalty, 0.5 + i / 10, penalty), learning_rate=0.1,
            seconds=1.0, layers=(),
        )
        for i, (loss, penalty) in enumerate(zip(losses, penalties, strict=True))
    ]  # fmt: skip
    log, experiment = Log(events).history(), Experiment().replace(l2=0.1)
    assert log.best_epoch == 3
    (train,) = [t for t in loss_curves(log)["data"] if t["uid"] == "best"]
    assert train["x"][0] == 3
    assert "lowest at epoch 3 (0.72)" in loss_sentence(log)
    overfitting = without_penalty(log)
    assert overfitting.best is not None
    assert overfitting.epoch[overfitting.best] == 3
    plain = Compared(Experiment(), log)
    for compared in difference([plain, Compared(experiment, log)]).summaries:
        assert compared.best_epoch == 3
    html = report(experiment, events, Report())
    assert re.search(r"<th>best</th>\s*<td>3</td>", html), html
