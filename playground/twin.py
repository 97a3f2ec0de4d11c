"""The overfitting twin: one experiment trained side by side with and without a cure."""

from collections.abc import Sequence

from playground.cures import CURES, cured, without
from playground.experiment import Experiment
from playground.race import Competitor

WITHOUT = "without a cure"


def twin(base: Experiment, cure: str, strength: float) -> tuple[Competitor, Competitor]:
    """`base` without any cure, and with one; ValueError where the strength is out of range."""
    return (
        Competitor(WITHOUT, (without(base),)),
        Competitor(CURES[cure].label, (cured(base, cure, strength),)),
    )


def weighed(base: Experiment, l1: float, l2: float) -> tuple[Competitor, ...]:
    """`base` three times: without a penalty, with L1, with L2."""
    plain = without(base)
    return (
        Competitor("no penalty", (plain,)),
        Competitor("L1", (plain.change(l1=l1),)),
        Competitor("L2", (plain.change(l2=l2),)),
    )


def labelled(base: Experiment) -> tuple[Competitor, Competitor]:
    """`base` on its true training labels, and with its share of random ones."""
    plain = without(base)
    return (
        Competitor("true labels", (plain.change(shuffled_labels=0.0),)),
        Competitor("random labels", (plain,)),
    )


SIZES = ("too small", "fitting", "too large")


def sized(base: Experiment, sizes: Sequence[tuple[int, ...]]) -> tuple[Competitor, ...]:
    """`base` with each of three networks: too small, fitting, too large."""
    label = base.data.source.label
    return tuple(
        Competitor(f"{label}: {name}", (base.change(hidden=hidden, activations=()),))
        for name, hidden in zip(SIZES, sizes, strict=True)
    )
