"""Links, an assignment with its signed line, as commit 9669291 wrote them; run in its checkout.

python make_links.py | gzip -9n > links.json.gz
"""

import json
import random
import sys
from datetime import UTC, datetime

from playground.assignment import make
from playground.assignment import write as write_assignment
from playground.handed_in import hand_in
from playground.handed_in import write as write_line
from playground.link import encode

from playground.experiment import FIELDS, PART, PARTS, TABLES, Experiment, limits

KEY = b"a key of sixteen characters"


def value(name: str, rng: random.Random) -> object:
    """A valid value of a field, seldom the usual one."""
    field = FIELDS[name]
    if name in TABLES:
        return rng.choice(list(TABLES[name]))
    if field.annotation is bool:
        return rng.random() < 0.5
    if name == "milestones":
        return sorted(rng.sample(range(1, 50), 3))
    low, high = limits(PARTS[PART[name]], name)
    if isinstance(low, int):
        return rng.randint(low, min(high, low + 100))
    return low + (high - low) * rng.random()


def experiment(rng: random.Random, names: list[str]) -> Experiment | None:
    """The default experiment with some fields changed; None where these do not go together."""
    changes = {name: value(name, rng) for name in names if name not in ("hidden", "activations")}
    if rng.random() < 0.5:
        hidden = [rng.randint(1, 40) for _ in range(rng.randint(0, 4))]
        changes |= {"hidden": hidden, "activations": []}
        if rng.random() < 0.5:
            changes["activations"] = [rng.choice(list(TABLES["activation"])) for _ in hidden]
    try:
        return Experiment().change(**changes)
    except ValueError:
        return None


def main() -> None:
    """Print everything as JSON."""
    rng = random.Random(0)
    chosen = [Experiment()]
    for name in FIELDS:  # every field by itself, then many at once
        chosen += [e for _ in range(6) if (e := experiment(rng, [name])) is not None][:2]
    for _ in range(200):
        names = rng.sample(list(FIELDS), rng.randint(2, 12))
        if (made := experiment(rng, names)) is not None:
            chosen.append(made)
    links = [
        {"link": encode(e), "flat": e.flat(), "json": e.model_dump(mode="json")} for e in chosen
    ]
    start = Experiment().change(dataset="spiral", hidden=[8, 8], epochs=20, shuffled_labels=0.1)
    targets = [
        {"measure": "validation_accuracy", "operator": "at_least", "number": 0.9},
        {"measure": "parameters", "operator": "at_most", "number": 200},
    ]
    assignment = make(
        title="Reach 90 %",
        text="Change what is **not** locked.",
        start=start,
        locked=("dataset", "hidden", "shuffled_labels", "kernel_initializer"),
        targets=targets,
    )
    figures = {"validation_accuracy": 0.92, "parameters": 105.0}
    day = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
    submission = hand_in(assignment, "Ada", figures, 7, "1" * 16, encode(start), day)
    json.dump(
        {
            "links": links,
            "key": KEY.decode(),
            "assignment": write_assignment(assignment, KEY),
            "assignment_start": start.flat(),
            "digest": assignment.digest,
            "line": write_line(submission, KEY),
        },
        sys.stdout,
        indent=0,
    )


if __name__ == "__main__":
    main()
