"""What this tab has done, gathered for whoever checks it: lessons and assignments."""

import numpy as np

from dashboard.state import identity, session
from dashboard.state.drawing import DrawingState, drawing_state
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.history.history import History
from playground.lessons.metrics import CheckContext, DrawnDigit, RaceResult
from playground.nn.network import classes
from playground.runs.race import RACES, Race
from playground.runs.run import Run


def gathered(finished: int = 0) -> CheckContext:
    """This tab's run, race and drawing as they are now; `finished`: runs seen at their end."""
    run, race = session.run(), identity.registered(RACES, session.RACE)
    contest, sketch = None if race is None else _contest(race), _sketch(drawing_state())
    if run is None:
        return CheckContext(
            session.experiment(), race=contest, drawing=sketch, runs_finished=finished
        )
    return CheckContext(
        _experiment(run),
        run.events,
        run.state,
        run.latest,
        test_evaluations=len(run.openings),
        runs_finished=finished,
        race=contest,
        drawing=sketch,
    )


def _experiment(run: Run) -> Experiment:
    """The run's settings; the chosen ones where it takes them up before it goes on."""
    chosen, now = session.experiment(), run.experiment
    if run.state == "ready":
        return chosen
    wanted, before = chosen.to_dict(), now.to_dict()
    changes = {name for name in wanted if wanted[name] != before[name]}
    alive = run.state in ("playing", "paused")
    return chosen if alive and changes <= set(TUNABLE_WHILE_TRAINING) else now


def _contest(race: Race) -> RaceResult:
    first = race.competitors[0].experiments[0]
    return RaceResult(
        tuple(competitor.label for competitor in race.competitors),
        tuple(_score(histories, first) for histories in race.histories()),
        min(len(competitor.experiments) for competitor in race.competitors),
        race.epoch,
        race.state == "finished" and race.epoch > 0,
        first.data.source.task,
    )


def _score(histories: tuple[History, ...], experiment: Experiment) -> float | None:
    """The best validation score, the mean of the seeds; None where one has none."""
    best = np.nanmax if experiment.data.source.classes else np.nanmin
    columns = [history.val_metric for history in histories]
    scores = [
        float(best(column))
        for column in columns
        if column is not None and np.isfinite(column).any()
    ]
    return float(np.mean(scores)) if len(scores) == len(columns) else None


def _sketch(in_hand: DrawingState) -> DrawnDigit | None:
    now, image = in_hand.now, in_hand.image
    if now is None or image is None or not now.dataset.source.classes:
        return None
    output = now.snapshot.predict(now.dataset.transform(image.reshape(1, -1)))
    if not np.isfinite(output).all():
        return None
    share = output.max() if output.shape[1] > 1 else np.maximum(output, 1 - output).max()
    return DrawnDigit(int(classes(output)[0]), float(share))
