"""The run, race and drawing of this tab, from which lessons and assignments compute metrics."""

import numpy as np

from dashboard.state import identity, session
from dashboard.state.network_view import DrawingState, drawing_state
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.history.history import History
from playground.lessons.metrics import CheckContext, DrawnDigit, RaceResult
from playground.nn.network import classes
from playground.runs.race import RACES, Race
from playground.runs.run import Run


def check_context(runs_finished: int = 0) -> CheckContext:
    """The context now; runs_finished: runs of the lesson seen at their end."""
    run, race = session.run(), identity.registered(RACES, session.RACE)
    result = None if race is None else _race_result(race)
    drawing = _drawn_digit(drawing_state())
    if run is None:
        return CheckContext(
            session.experiment(), race=result, drawing=drawing, runs_finished=runs_finished
        )
    return CheckContext(
        _experiment(run),
        run.events,
        run.state,
        run.latest,
        test_evaluations=len(run.test_evaluations),
        runs_finished=runs_finished,
        race=result,
        drawing=drawing,
    )


def _experiment(run: Run) -> Experiment:
    """The run's settings; the current ones where the run will take them over before it goes on."""
    current, trained = session.experiment(), run.experiment
    if run.state == "ready":
        return current
    after, before = current.to_dict(), trained.to_dict()
    changes = {name for name in after if after[name] != before[name]}
    active = run.state in ("playing", "paused")
    return current if active and changes <= set(TUNABLE_WHILE_TRAINING) else trained


def _race_result(race: Race) -> RaceResult:
    first = race.competitors[0].experiments[0]
    return RaceResult(
        tuple(competitor.label for competitor in race.competitors),
        tuple(_best_score(histories, first) for histories in race.histories()),
        min(len(competitor.experiments) for competitor in race.competitors),
        race.epoch,
        race.state == "finished" and race.epoch > 0,
        first.data.source.task,
    )


def _best_score(histories: tuple[History, ...], experiment: Experiment) -> float | None:
    """The best validation score, averaged over the seeds; None where one has none."""
    best = np.nanmax if experiment.data.source.classes else np.nanmin
    columns = [history.val_metric for history in histories]
    scores = [
        float(best(column))
        for column in columns
        if column is not None and np.isfinite(column).any()
    ]
    return float(np.mean(scores)) if len(scores) == len(columns) else None


def _drawn_digit(drawing: DrawingState) -> DrawnDigit | None:
    network, image = drawing.now, drawing.image
    if network is None or image is None or not network.dataset.source.classes:
        return None
    output = network.snapshot.predict(network.dataset.transform(image.reshape(1, -1)))
    if not np.isfinite(output).all():
        return None
    confidence = output.max() if output.shape[1] > 1 else np.maximum(output, 1 - output).max()
    return DrawnDigit(int(classes(output)[0]), float(confidence))
