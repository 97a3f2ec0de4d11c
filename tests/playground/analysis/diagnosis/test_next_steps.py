"""What to try next and what a run did, with histories made up for the purpose."""

import re
from dataclasses import replace

import numpy as np

from playground.analysis.diagnosis import diagnose, run_window
from playground.analysis.diagnosis.next_steps import explain_run, next_steps
from playground.analysis.metrics.score import Baseline
from playground.experiment.model import Experiment
from playground.experiment.url import encode
from playground.history.events import Epoch, Event, Finished, Score
from playground.history.history import history

DIGITS = Experiment().replace(dataset="digits", hidden=(64,), epochs=40)
GUESS = Baseline(2.302585, 0.1)


def log(
    train: np.ndarray, validation: np.ndarray | None, accuracies: tuple[float, float]
) -> list[Event]:
    ours, theirs = accuracies
    seen = [None] * len(train) if validation is None else [Score(v, theirs) for v in validation]
    pairs = enumerate(zip(train, seen, strict=True), start=1)
    return [Epoch(i, 36 * i, Score(t, ours), v, 0.01, 0.1, ()) for i, (t, v) in pairs]


FALLING = log(np.linspace(2, 0.3, 40), np.linspace(2, 0.4, 40), (0.93, 0.92))
RISING = log(
    np.linspace(2, 0.01, 40), np.abs(np.linspace(-1.2, 2, 40)) + 0.5, (1.0, 0.8)
)  # lowest after epoch 16


def test_what_is_tried_next_follows_from_where_the_loss_was_lowest() -> None:
    longer, *_ = next_steps(run_window(DIGITS, FALLING, GUESS), (), ())
    assert longer.experiment == DIGITS.replace(epochs=80)
    assert longer.label == "Train twice as long"
    sooner, *_ = next_steps(run_window(DIGITS, RISING, GUESS), (), ())
    assert sooner.experiment == DIGITS.replace(early_stopping=True)


def test_a_loss_that_is_validated_every_20th_epoch_and_falls_to_its_end_still_falls() -> None:
    falling, epochs = np.linspace(2, 0.3, 500), np.arange(1, 501)
    seldom = [
        replace(event, validation=None if epoch % 20 else event.validation)
        for event, epoch in zip(log(falling, falling + 0.1, (0.93, 0.92)), epochs, strict=True)
    ]
    experiment = DIGITS.replace(epochs=500, validation_freq=20)
    first, *others = next_steps(run_window(experiment, seldom, GUESS), (), ())
    assert first.experiment == experiment.replace(epochs=1000)
    assert "Stop early" not in [step.label for step in others]


def test_the_fix_of_a_diagnosis_comes_first_and_nothing_comes_twice() -> None:
    window = run_window(DIGITS, RISING, GUESS)
    found = diagnose(window)
    assert found
    steps = next_steps(window, found, ())
    assert found[0].fix is not None
    assert steps[0].experiment == found[0].fix.experiment
    tried: list[str] = []
    while steps:  # until everything was tried
        links = [encode(step.experiment) for step in steps]
        assert len(set(links)) == len(links) <= 3
        assert not set(links) & set(tried)
        assert encode(DIGITS) not in links
        tried += links
        steps = next_steps(window, found, tried)
    assert len(tried) >= 6


def test_a_run_is_explained_in_five_sentences_with_its_numbers() -> None:
    events = [*RISING, Finished(40, True, None, False, "target")]
    window = run_window(DIGITS, events, GUESS)
    network, training, score, fit, end = explain_run(window, history(events), diagnose(window))
    assert network == (
        "A network of 64-64-10 units, ReLU (4,810 weights and biases) learned Digits 8 × 8 from "
        f"{DIGITS.data.train_size:,} examples with SGD at a learning rate of 0.01."
    )
    assert training == "In 40 epochs (1,440 updates, 4.0 s) its training loss fell from 2 to 0.01."
    assert score.startswith(
        "Validation accuracy 80.0% over epochs 36 to 40, where always predicting"
    )
    assert fit == (
        "It overfits: training accuracy 100.0%, validation 80.0% over epochs 36 to 40, and the "
        "validation loss was lowest after epoch 16."
    )
    assert re.fullmatch(r"It stopped after epoch 40, because it reached its target; .+\.", end)
    assert explain_run(run_window(DIGITS, [], GUESS), history([]), ()) == ()
    alone = log(np.linspace(2, 0.3, 40), None, (0.9, 0))
    *_, fit, end = explain_run(run_window(DIGITS, alone, GUESS), history(alone), ())
    assert "Without a validation score" in fit
    assert end == "It has trained 40 epochs so far; the diagnosis: no problem."
