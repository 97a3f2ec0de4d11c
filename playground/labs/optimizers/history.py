"""How optimizers came to be: what each added to those before it, and what it left to the next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ancestor:
    """A rule of RULES in the history: who, when, what is new in it, and where it is weak."""

    rule: str
    year: int
    author: str
    adds: str  # Markdown with LaTeX
    solves: str
    weakness: str


LINEAGE: tuple[Ancestor, ...] = (
    Ancestor(
        "sgd", 1951, "Robbins, Monro", "$m_t = g_t$, $V_t = 1$: straight down the gradient of a "
        "batch", "Training on more examples than one can sum over at each step",
        "Slow; swings from wall to wall in a ravine; stops in any valley and on a saddle",
    ),
    Ancestor(
        "momentum", 1964, "Polyak", r"Inertia: $m_t$ remembers the gradients before, $\beta = 0.9$",
        "Swings across a ravine cancel, steps along it add up", "Runs past the bottom and comes "
        "back; one rate for all weights",
    ),
    Ancestor(
        "nesterov", 1983, "Nesterov", r"Looks ahead: the gradient counts where $\beta m_t$ leads",
        "Brakes before the bottom instead of behind it", "Still one rate for all weights",
    ),
    Ancestor(
        "adagrad", 2011, "Duchi, Hazan, Singer", r"The second moment $V_t = \sum g^2$: each weight "
        "gets a rate of its own", "Rare features learn with long steps, frequent ones with short "
        "ones", "$V_t$ only grows: steps shrink towards 0 and training ends too soon",
    ),
    Ancestor(
        "adadelta", 2012, "Zeiler", r"A fading mean for $V_t$, and $u_t$: the size of past steps "
        "in place of a rate", "Steps no longer shrink for ever; hardly any rate to choose",
        "Begins with tiny steps, as $u_0 = 0$",
    ),
    Ancestor(
        "rmsprop", 2012, "Tieleman, Hinton", r"A fading mean: $V_t = \rho V_{t-1} + (1-\rho) g^2$",
        "AdaGrad's rate that falls to 0; swings, as all directions get steps of one size",
        "No inertia; near the bottom steps stay about as long as the rate",
    ),
    Ancestor(
        "adam", 2014, "Kingma, Ba", r"Both moments, and their start from 0 corrected: "
        r"$\hat m_t / \sqrt{\hat V_t}$", "RMSProp with inertia: good with its usual settings "
        "nearly everywhere", "Circles about the bottom; can end in a worse place than tuned SGDM",
    ),
    Ancestor(
        "nadam", 2016, "Dozat", "Nesterov's look ahead for Adam's $m_t$",
        "Brakes earlier than Adam, often a little faster", "One more thing that can overshoot "
        "where gradients are noisy",
    ),
)  # fmt: skip
