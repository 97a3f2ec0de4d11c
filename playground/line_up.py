"""Who takes part in a race as text, to be kept beside its saved runs."""

import json
from collections.abc import Sequence
from typing import Any

from playground.experiment import Experiment
from playground.link import decode, encode
from playground.race import Competitor

MOST = 64  # competitors, and seeds of each, that are read


def write(competitors: Sequence[Competitor]) -> str:
    """The labels and experiments of all, as JSON."""
    return json.dumps(
        [
            {"label": competitor.label, "links": [encode(each) for each in competitor.experiments]}
            for competitor in competitors
        ],
        ensure_ascii=False,
    )


def read(text: str) -> tuple[Competitor, ...]:
    """What `write` has written; ValueError for anything else."""
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("a line-up must be JSON") from None
    if not isinstance(given, list) or not 1 <= len(given) <= MOST:
        raise ValueError(f"a line-up must be a list of 1 to {MOST} competitors")
    return tuple(_competitor(each) for each in given)


def _competitor(given: Any) -> Competitor:
    label, links = (given.get("label"), given.get("links")) if isinstance(given, dict) else ("", 0)
    if not isinstance(label, str) or not isinstance(links, list) or not 1 <= len(links) <= MOST:
        raise ValueError("a competitor must be a label and the links of its experiments")
    return Competitor(label, tuple(_experiment(str(link)) for link in links))


def _experiment(link: str) -> Experiment:
    decoded = decode(link)
    if decoded.problems:
        raise ValueError(decoded.problems[0])
    return decoded.experiment
