"""Initial weights: the distribution each initializer draws from, and what Keras calls it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Initializer:
    """How a kernel (n_in, n_out) or a bias (n_out,) is filled before training.

    `parameters` names the fields of `Network` given to the Keras class `keras`.
    `random` says whether it takes a seed.
    """

    label: str
    formula: str  # LaTeX: N(mean, variance) or U(low, high)
    keras: str
    parameters: tuple[str, ...] = ()
    random: bool = True


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": Initializer(
        "Glorot uniform", r"U(\pm\sqrt{6/(n_{in}+n_{out})})", "GlorotUniform"
    ),
    "glorot_normal": Initializer("Glorot normal", r"N(0, 2/(n_{in}+n_{out}))", "GlorotNormal"),
    "he_uniform": Initializer("He uniform", r"U(\pm\sqrt{6/n_{in}})", "HeUniform"),
    "he_normal": Initializer("He normal", r"N(0, 2/n_{in})", "HeNormal"),
    "lecun_uniform": Initializer("LeCun uniform", r"U(\pm\sqrt{3/n_{in}})", "LecunUniform"),
    "lecun_normal": Initializer("LeCun normal", r"N(0, 1/n_{in})", "LecunNormal"),
    "random_normal": Initializer("Normal", r"N(0, \sigma^2)", "RandomNormal", ("stddev",)),
    "zeros": Initializer("Zeros", "0", "Zeros", random=False),
    "ones": Initializer("Ones", "1", "Ones", random=False),
}
