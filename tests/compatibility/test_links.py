"""What commit 9669291 wrote opens as it did: links, experiments, an assignment, a signed line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from playground.experiment.model import Experiment
from playground.experiment.url import decode, encode
from playground.lessons import submission
from playground.lessons.assignment import read

WRITTEN = json.loads(gzip.decompress(Path(__file__).with_name("links.json.gz").read_bytes()))
KEY = WRITTEN["key"].encode()
RENAMED = {
    "standardise": "standardize",
    "copied": "leaked_fraction",
    "sorted_split": "split_without_shuffle",
    "shuffled_labels": "label_noise",
}


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """The values of an experiment by the present names of its fields."""
    disturbs_targets = values["dataset"] in ("circle", "xor", "plane", "multi_gauss", "sine")
    former = {"noise": "target_noise" if disturbs_targets else "input_noise"} | RENAMED
    return Experiment().to_dict() | {  # fields added since are at their defaults
        former.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
    }


@pytest.mark.parametrize("written", WRITTEN["links"], ids=lambda written: written["link"][:60])
def test_links_and_saved_experiments_open(written: dict[str, Any]) -> None:
    decoded = decode(written["link"])
    assert decoded.problems == ()
    assert decoded.experiment.to_dict() == renamed(written["flat"])
    assert Experiment.model_validate(written["json"]) == decoded.experiment
    assert decode(encode(decoded.experiment)).experiment == decoded.experiment


def test_an_assignment_and_its_signed_line_open() -> None:
    assignment = read(WRITTEN["assignment"], KEY)
    assert assignment.start.to_dict() == renamed(WRITTEN["assignment_start"])
    assert set(assignment.locked) == {"dataset", "hidden", "label_noise", "kernel_initializer"}
    line = submission.read(WRITTEN["line"], KEY)
    assert line.passed
    assert line.assignment == assignment.digest == WRITTEN["digest"]
