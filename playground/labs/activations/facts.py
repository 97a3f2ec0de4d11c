"""What is said of each activation: its derivative, range, strengths and weaknesses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Of one entry of ACTIVATIONS, as formulas in LaTeX and sentences in Markdown."""

    slope: str  # LaTeX of f′
    range: str  # LaTeX
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]


_VANISHES = "Far from 0 its slope is nearly 0: gradients vanish on their way through many layers."
_COSTLY = "Takes exponentials: slower to compute than ReLU."
_NOT_CENTRED = "Outputs are not centred on 0, which slows learning down."
_GROWS = "Outputs have no upper limit: choose a smaller learning rate."
_DIES = "A unit whose z is negative for every example gets no gradient: it is dead for good."
_CHEAP = "Cheap: no more than a comparison."
_KEEPS = "Slope 1 where z is positive: gradients come through unchanged."
_SMOOTH = "Smooth everywhere: f′ has no jump."
_SELDOM_DIES = "Some gradient flows where z is negative: units that have gone off can come back."

FACTS: dict[str, Facts] = {
    "linear": Facts(
        "1",
        r"(-\infty, \infty)",
        (_CHEAP, "Right for the output of a regression: any number can come out."),
        ("Layers of it together are one linear layer: depth adds nothing.", _GROWS),
    ),
    "sigmoid": Facts(
        r"\sigma(z)\,(1-\sigma(z))",
        "(0, 1)",
        (
            "Outputs between 0 and 1, rising and smooth: steady to optimise, and right for the "
            "output of a yes-or-no question.",
            "Its derivative is easy to take: σ(1 − σ).",
        ),
        (
            "Its slope is at most ¼ and nearly 0 far out: gradients vanish through many layers.",
            "Outputs are never centred on 0: slow to converge.",
            "Takes an exponential: slow to compute.",
        ),
    ),
    "tanh": Facts(
        r"1-\tanh^2 z",
        "(-1, 1)",
        (
            "Outputs between −1 and 1, rising and smooth: steady to optimise.",
            "Centred on 0: it converges faster than sigmoid.",
        ),
        (_VANISHES, "Takes exponentials: slow to compute."),
    ),
    "relu": Facts(
        r"1 \text{ if } z>0 \text{ else } 0",
        r"[0, \infty)",
        (
            "No vanishing where z is positive: slope 1.",
            "Only asks whether z is above 0: very fast.",
            "Converges much faster than sigmoid and tanh.",
            "Sparse: about half of the units are silent for any one example.",
        ),
        (_NOT_CENTRED, _DIES, _GROWS),
    ),
    "leaky_relu": Facts(
        r"1 \text{ if } z>0 \text{ else } \alpha",
        r"(-\infty, \infty)",
        ("Has all strengths of ReLU.", "Does not die: the slope α lets it come back."),
        (
            "In practice not always better than ReLU.",
            "One more number to choose, α.",
            _GROWS,
        ),
    ),
    "elu": Facts(
        r"1 \text{ if } z>0 \text{ else } \alpha e^z",
        r"(-\alpha, \infty)",
        (_KEEPS, "Negative outputs pull the mean towards 0.", _SELDOM_DIES),
        (_COSTLY, "Far below 0 its slope is nearly 0 as well.", _GROWS),
    ),
    "selu": Facts(
        r"1.0507 \text{ if } z>0 \text{ else } 1.7581\,e^z",
        r"(-1.7581, \infty)",
        (
            "With LeCun normal weights each layer brings mean and spread back to 0 and 1: deep "
            "plain networks keep their signals.",
            _SELDOM_DIES,
        ),
        (
            "Keeps that promise only with standardised inputs and LeCun normal weights.",
            _COSTLY,
        ),
    ),
    "gelu": Facts(
        r"\Phi(z) + z\,\varphi(z)",
        r"[-0.170, \infty)",
        (_SMOOTH, "Usual in transformers; often a little better than ReLU.", _SELDOM_DIES),
        ("Takes an error function: slower to compute than ReLU.", "Not monotone below 0.", _GROWS),
    ),
    "silu": Facts(
        r"\sigma(z)\,(1 + z\,\sigma(-z))",
        r"[-0.278, \infty)",
        (_SMOOTH, "Close to ReLU, and often a little better in deep networks.", _SELDOM_DIES),
        (_COSTLY, "Not monotone below 0.", _GROWS),
    ),
    "mish": Facts(
        r"\tanh s + z\,\sigma(z)\,(1-\tanh^2 s),\ s=\ln(1+e^z)",
        r"[-0.309, \infty)",
        (_SMOOTH, "Much like SiLU, with a slightly deeper dip.", _SELDOM_DIES),
        ("Takes an exponential, a logarithm and a tanh: slow.", "Not monotone below 0.", _GROWS),
    ),
    "softplus": Facts(
        r"\sigma(z)",
        r"(0, \infty)",
        ("ReLU without the kink: " + _SMOOTH.lower(), "Right where an output must be positive."),
        (_NOT_CENTRED, _COSTLY, "Seldom better than ReLU in hidden layers."),
    ),
    "softsign": Facts(
        r"\frac{1}{(1+|z|)^2}",
        "(-1, 1)",
        ("Centred on 0.", "Like tanh without an exponential, and its slope falls more slowly."),
        (_VANISHES, "Comes near its limits slowly."),
    ),
    "relu6": Facts(
        r"1 \text{ if } 0<z<6 \text{ else } 0",
        "[0, 6]",
        (
            "Bounded: steady in arithmetic with few bits, made for phones.",
            _CHEAP,
            "Slope 1 between 0 and its cap.",
        ),
        (_DIES, "Above the cap its slope is 0 too: units can stick there.", _NOT_CENTRED),
    ),
    "hard_sigmoid": Facts(
        r"\tfrac16 \text{ if } |z|<3 \text{ else } 0",
        "[0, 1]",
        ("Sigmoid in three straight pieces: " + _CHEAP.lower(), "Outputs between 0 and 1."),
        (
            "Beyond ±3 its slope is exactly 0: units stick there.",
            "Slope ⅙ at most: gradients vanish fast.",
            _NOT_CENTRED,
        ),
    ),
    "hard_silu": Facts(
        r"0 \text{ if } z<-3,\ 1 \text{ if } z>3,\ \text{else } \tfrac{z}{3}+\tfrac12",
        r"[-0.375, \infty)",
        (
            "Close to SiLU with no exponential: made for phones.",
            _KEEPS.replace("positive", "above 3"),
        ),
        ("Below −3 its slope is exactly 0: units can die.", "Not monotone below 0.", _GROWS),
    ),
    "exponential": Facts(
        "e^z",
        r"(0, \infty)",
        ("Its own derivative.", "Right where an output is a rate that must be positive."),
        ("Explodes in hidden layers: after a few of them numbers overflow.", _NOT_CENTRED),
    ),
}
