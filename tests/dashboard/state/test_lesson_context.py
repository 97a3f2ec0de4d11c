"""What a tab has done, as lessons see it: a race that was held, and a drawing in hand."""

import numpy as np

from dashboard.state.lesson_context import _drawn_digit, _race_result
from dashboard.state.network_view import DrawingState
from dashboard.views.draw.prediction import pretrained_view
from playground.experiment.model import Experiment
from playground.lessons.metrics import CheckContext
from playground.lessons.question import DYNAMIC_QUESTIONS
from playground.runs.race import Race
from playground.runs.race_presets import vary


def test_a_race_is_over_at_its_end_and_its_best_is_known_only_then() -> None:
    base = Experiment().replace(dataset="iris", hidden=(6,), epochs=3)
    race = Race(vary(base, "learning_rate", [0.3, 1e-6], seeds=2))
    try:
        before = CheckContext(base, race=_race_result(race))
        assert before.race is not None
        assert (before.race.over, before.race.scores) == (False, (None, None))
        assert DYNAMIC_QUESTIONS["race_best"].correct(before) == ()
        race.play()
        assert race.wait(120) == "finished"
        contest = _race_result(race)
        assert (contest.over, contest.epoch, contest.seeds) == (True, 3, 2)
        best = [
            np.mean([np.max(history.val_metric) for history in histories])
            for histories in race.histories()
        ]
        np.testing.assert_allclose(contest.scores, best)
        (winner,) = DYNAMIC_QUESTIONS["race_best"].correct(CheckContext(base, race=contest))
        assert contest.labels[winner] == race.competitors[int(np.argmax(best))].label
    finally:
        race.close()


def test_a_drawing_is_what_the_network_on_the_page_takes_it_for() -> None:
    now = pretrained_view()
    part = now.dataset.validation
    assert _drawn_digit(DrawingState(now=now)) is None
    for row in range(5):
        said = _drawn_digit(DrawingState(now=now, image=part.x[row].astype(np.uint8)))
        output = now.snapshot.predict(now.dataset.transform(part.x[row : row + 1]))
        assert said is not None
        assert (said.prediction, said.confidence) == (output.argmax(), output.max())
