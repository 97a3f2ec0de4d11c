"""The columns of a saved run that follow from what it is and from its epochs."""

import json
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from sqlalchemy import Connection, func, select

from playground import rows
from playground.database import EPOCHS
from playground.experiment import Experiment
from playground.link import encode
from playground.losses import CLASSIFICATION
from playground.summary import run_name, summary

SCORES = ("loss", "metric", "val_loss", "val_metric")
PACKAGES = ("keras", "tensorflow", "numpy", "mlp-playground")


@cache
def versions() -> str:
    """The programs that train, as JSON."""
    found = {"python": python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from its folder, or workers elsewhere
            continue
    return json.dumps(found)


@lru_cache(maxsize=64)
def described(experiment: Experiment) -> dict[str, Any]:
    """The columns that follow from an experiment."""
    return {
        "generated": run_name(experiment)[:300],
        "link": encode(experiment),
        "dataset": experiment.data.dataset,
        "task": experiment.data.source.task,
        "epochs": experiment.training.epochs,
        "parameters": summary(experiment).parameters,
    }


def scores_of(epochs: list[rows.Row], run: Any) -> dict[str, Any]:
    """The columns that follow from new epochs."""
    if not epochs:
        return {}
    seen = [row["val_metric"] for row in epochs if row["val_metric"] is not None]
    seen += [] if run.best_metric is None else [run.best_metric]
    best = max if run.task == CLASSIFICATION else min
    return {name: epochs[-1][name] for name in SCORES} | {
        "seconds": run.seconds + sum(row["seconds"] for row in epochs),
        "best_metric": best(seen) if seen else None,
    }


def sums_of(way: Connection, number: int, task: str) -> dict[str, Any]:
    """The same columns from all epochs there are."""
    best = func.max if task == CLASSIFICATION else func.min
    asked = select(func.sum(EPOCHS.c.seconds), best(EPOCHS.c.val_metric))
    seconds, metric = way.execute(asked.where(EPOCHS.c.run == number)).one()
    newest = (
        select(*(EPOCHS.c[name] for name in SCORES))
        .where(EPOCHS.c.run == number)
        .order_by(EPOCHS.c.position.desc())
    )
    last = way.execute(newest.limit(1)).one_or_none()
    values = last._mapping if last else dict.fromkeys(SCORES)
    return {**values, "seconds": seconds or 0.0, "best_metric": metric}
