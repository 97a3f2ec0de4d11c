"""The ramp of the learning rate: what is measured, and which rates are marked."""

import numpy as np
import pytest

from playground.experiment.model import Experiment
from playground.runs.lr_finder import rate_ramp
from playground.training import Trainer
from playground.training.trainer import rate_ramp as measured

RATES = np.geomspace(1e-4, 1.0, 41)


def test_the_marked_rates_are_where_the_loss_falls_fastest_and_where_it_is_lowest() -> None:
    x = np.log10(RATES)
    losses = 1 - 0.8 / (1 + np.exp(-6 * (x + 2))) + np.maximum(x + 0.8, 0) ** 2 * 3
    ramp = rate_ramp(losses, RATES)
    assert np.log10(ramp.steepest) == pytest.approx(-2, abs=0.11)
    assert -1.5 < np.log10(ramp.last_safe) < -0.6
    assert len(rate_ramp([*losses, 5.0, 1.0], np.geomspace(1e-4, 2, 43)).rates) == 41  # it jumps
    with pytest.raises(ValueError, match="a ramp must have 13 finite losses, got 2"):
        rate_ramp([1.0, 2.0])


def test_a_ramp_at_one_rate_is_training_at_that_rate() -> None:
    """Across epochs, the last of whose batches are smaller."""
    experiment = Experiment().replace(
        dataset="circle", hidden=(6,), train_size=100, validation_size=50, learning_rate=0.1
    )
    losses = measured(experiment, np.full(6, 0.1))
    trainer = Trainer(experiment)
    told = [trainer.update().update for _ in losses]
    assert losses == pytest.approx([update.loss_before for update in told if update], rel=1e-4)
    assert len(measured(experiment, np.array([0.1, 1e38, 1e38, 0.1]))) < 4  # not finite
