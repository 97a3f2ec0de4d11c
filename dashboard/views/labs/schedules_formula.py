"""The formula of a schedule with its numbers in it, and what follows from them."""

from collections.abc import Callable

from playground.experiment import Training


def _range(low: float, high: float) -> str:
    """e + (1 − e), as cosine and others rise from e to 1."""
    return "" if not low else f"{low:g} + {high - low:g} \\cdot "


FORMULAS: dict[str, Callable[[Training, float], str]] = {
    "constant": lambda t, run: "1",
    "exponential": lambda t, run: f"{t.decay_rate:g}^{{s/{t.period_epochs:g}}}",
    "staircase": lambda t, run: rf"{t.decay_rate:g}^{{\lfloor s/{t.period_epochs:g} \rfloor}}",
    "step": lambda t, run: (
        rf"{t.decay_rate:g}^{{\text{{of }} {', '.join(f'{m:g}' for m in t.milestones)}"
        r"\text{ passed}}"
    ),
    "inverse_time": lambda t, run: rf"\frac{{1}}{{1 + {t.decay_rate:g}\,s/{t.period_epochs:g}}}",
    "polynomial": lambda t, run: f"({_range(t.final_share, 1)}(1 - s/{run:g})^{{{t.power:g}}})",
    "cosine": lambda t, run: rf"({_range(t.final_share, 1)}\tfrac12(1+\cos \pi s/{run:g}))",
    "cosine_restarts": lambda t, run: (
        rf"({_range(t.final_share, 1)}{t.peak_decay:g}^k\,\tfrac12(1+\cos \pi s_k/P_k)),"
        rf"\; P_k = {t.period_epochs:g} \cdot {t.period_growth:g}^k"
    ),
    "one_cycle": lambda t, run: (
        rf"({t.start_share:g} \to 1 \text{{ in }} {t.rise_share * run:g},"
        rf"\allowbreak\; 1 \to {t.final_share:g} \text{{ in }} {run - t.rise_share * run:g})"
    ),
    "triangular": lambda t, run: (
        rf"({_range(t.start_share, 1)}(1 - |2(s/{t.period_epochs:g} \bmod 1) - 1|))"
    ),
    "plateau": lambda t, run: (
        rf"{t.decay_rate:g}^{{\text{{times }} {t.plateau_patience} \text{{ epochs in vain}}}}"
    ),
}


def with_numbers(training: Training) -> str:
    """LaTeX of the learning rate s epochs after warm-up, with every number but s in it."""
    warmup = training.warmup_epochs
    run = max(training.epochs - warmup, 1)
    share = FORMULAS[training.schedule](training, run)
    after = (
        rf",\allowbreak\; s = \text{{epoch}} - {warmup:g}"
        if warmup
        else r",\allowbreak\; s = \text{epoch}"
    )
    return rf"\eta = {training.learning_rate:g} \cdot {share}" + after
