"""The archive of a trainer's state: read by a trainer of the same experiment, and else refused."""

import io
import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from playground.experiment.model import Experiment
from playground.training import Trainer, checkpoints
from playground.training.checkpoints import CheckpointBuffer, CheckpointError

IRIS = Experiment().replace(dataset="iris", hidden=(4,))


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(IRIS)


def changed(content: bytes, about: dict[str, Any] | None = None, **arrays: Any) -> bytes:
    """The archive with other arrays (None: without), and other values in `about`."""
    with np.load(io.BytesIO(content)) as archive:
        held = {name: archive[name] for name in archive.files} | arrays
    values = json.loads(held["about"].tobytes()) | (about or {})
    held["about"] = np.frombuffer(json.dumps(values).encode(), np.uint8)
    packed = io.BytesIO()
    np.savez(packed, **{name: array for name, array in held.items() if array is not None})
    return packed.getvalue()


@pytest.mark.parametrize(
    ("about", "arrays"),
    [
        ({"format": 2}, {}),
        ({"epoch": -1}, {}),
        ({"epoch": "many"}, {}),
        ({"row": 10**9}, {}),
        ({"order": {"bit_generator": "MT19937"}}, {}),
        ({"masks": {}}, {}),
        ({"experiment": {"training": {"learning_rate": -1}}}, {}),
        ({"snapshots": [0, -3]}, {}),
        ({}, {"rows": np.arange(4)}),
        ({}, {"rows": np.full(IRIS.data.train_size, 1000)}),
        ({}, {"rows": np.zeros(IRIS.data.train_size)}),
        ({}, {"weights_0": np.zeros((4, 5), np.float32)}),
        ({}, {"weights_1": np.zeros(4, np.float64)}),
        ({}, {"slots_0": None}),
        ({}, {"sums": np.zeros(3)}),
        ({}, {"added_x": np.zeros((2, 4), np.float32)}),
        ({}, {"sums": np.array([[1], "pickled"], object)}),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(
    trainer: Trainer, about: dict[str, Any], arrays: dict[str, Any]
) -> None:
    before = trainer.checkpoint()
    with pytest.raises(CheckpointError):
        trainer.restore(changed(before, about, **arrays))
    assert trainer.checkpoint() == before


def test_what_is_no_archive_is_refused(trainer: Trainer, monkeypatch: Any) -> None:
    content = trainer.checkpoint()
    for other in (b"", b"PK\x03\x04", content[:-30], pickle.dumps(content), b"x" * 5000):
        with pytest.raises(CheckpointError):
            trainer.restore(other)
        with pytest.raises(CheckpointError):
            checkpoints.read_experiment(other)
    monkeypatch.setattr(checkpoints, "MAX_ARCHIVE", 1000)
    with pytest.raises(CheckpointError, match=r"must unpack to at most 1,000 bytes, got \d"):
        trainer.restore(content)


def test_a_file_of_an_earlier_version_lacks_what_is_new(trainer: Trainer) -> None:
    content = trainer.checkpoint()
    without = {"snapshots": [], "over": False, "diverged": False}
    old = changed(content, without, added_x=None, added_y=None)
    assert trainer.restore(old).epoch == 0
    assert trainer.checkpoint() == content


def test_snapshots_are_thinned_to_fit_and_the_newest_stays(trainer: Trainer) -> None:
    buffer, one = CheckpointBuffer(), trainer.latest()
    for epoch in range(41):
        buffer.add(replace(one, epoch=epoch))
    assert len(buffer.some(10**9)) == 41
    assert [s.epoch for s in buffer.some(6 * one.nbytes)] == [0, 8, 16, 24, 32, 40]
    assert [s.epoch for s in buffer.some(0)] == [0, 40]
    buffer.rewind(20, [replace(one, epoch=19)])
    assert max(buffer.snapshots) == 20
