"""The list of saved runs: which are wanted, and in which order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from playground.losses import CLASSIFICATION
from playground.saved import Listed

KINDS = {"train": "Train", "race": "Race", "overfitting": "Overfitting", "sweep": "Sweep"}
STATES = {
    "playing": "▶ playing",
    "paused": "paused",
    "finished": "✓ finished",
    "stopped": "stopped",
    "diverged": "✗ diverged",
    "lost": "✗ lost",
    "interrupted": "interrupted",
    "unreadable": "✗ unreadable",
}


@dataclass(frozen=True)
class Wanted:
    """What a run must be to be shown; whatever is empty asks for nothing.

    Every word of `text` must be in the name, the note, a tag, or the label. One of `tags` must be
    there.
    """

    text: str = ""
    datasets: Sequence[str] = ()
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    tags: Sequence[str] = ()
    group: str = ""

    def fits(self, run: Listed) -> bool:
        """Whether this run is one of those."""
        return (
            (not self.group or run.group == self.group)
            and (not self.datasets or run.dataset in self.datasets)
            and (not self.kinds or run.kind in self.kinds)
            and (not self.states or run.state in self.states)
            and (not self.tags or not set(self.tags).isdisjoint(run.tags))
            and (not self.text.strip() or self._says(run))
        )

    def _says(self, run: Listed) -> bool:
        text = " ".join((run.name, run.note, run.label, *run.tags)).casefold()
        return all(word in text for word in self.text.casefold().split())


def wanted_runs(runs: Iterable[Listed], wanted: Wanted) -> list[Listed]:
    """Those of `runs` that are wanted, in the same order."""
    return [run for run in runs if wanted.fits(run)]


@dataclass(frozen=True)
class Order:
    """A way to sort: `key` of a run, None where it has none; `falling`: the usual direction."""

    label: str
    key: Callable[[Listed], Any]
    falling: bool


ORDERS: dict[str, Order] = {
    "created": Order("When", lambda run: run.created, True),
    "name": Order("Name", lambda run: run.name.casefold(), False),
    "best": Order("Best validation score", lambda run: _goodness(run, run.best_metric), True),
    "last": Order("Last validation score", lambda run: _goodness(run, run.val_metric), True),
    "val_loss": Order("Validation loss", lambda run: run.val_loss, False),
    "epoch": Order("Epochs", lambda run: run.epoch, True),
    "parameters": Order("Parameters", lambda run: run.parameters, False),
    "seconds": Order("Seconds of training", lambda run: run.seconds, False),
}


def _goodness(run: Listed, metric: float | None) -> tuple[bool, float] | None:
    """More is better; accuracies stand before errors."""
    if metric is None:
        return None
    is_share = run.task == CLASSIFICATION
    return is_share, metric if is_share else -metric


def in_order(runs: Iterable[Listed], by: str, falling: bool) -> list[Listed]:
    """`runs` sorted by a key of ORDERS; those without such a number come last either way."""
    key = ORDERS[by].key
    keyed = [(key(run), run) for run in runs]
    there = [pair for pair in keyed if pair[0] is not None]
    there.sort(key=lambda pair: pair[0], reverse=falling)
    return [run for _, run in there] + [run for told, run in keyed if told is None]


def tags_of(runs: Iterable[Listed]) -> list[str]:
    """Every tag there is, sorted."""
    return sorted({tag for run in runs for tag in run.tags}, key=str.casefold)


def split_tags(text: str) -> list[str]:
    """ "one, two" → ["one", "two"]."""
    return [tag for part in text.split(",") if (tag := " ".join(part.split()))]


def score_text(metric: float | None, task: str) -> str:
    """ "87.9%", or "0.123" for a mean error; "–" where there is none."""
    if metric is None:
        return "–"
    return f"{metric:.1%}" if task == CLASSIFICATION else f"{metric:.4g}"
