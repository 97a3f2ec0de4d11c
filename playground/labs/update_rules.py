"""The update rules of OPTIMIZERS for one weight, in four steps: g → m → V → η → W.

1. the gradient g_t; 2. the first moment m_t and the second moment V_t of the gradients so far;
3. the update η_t = lr · m_t / √V_t; 4. W_{t+1} = W_t − η_t. Each weight is updated by itself, in
plain floats; t counts updates from 1. The rules are those of Keras; where its momentum is
−lr · m_t, the learning rate is factored out, which is the same for a constant learning rate.
Newton's method is the one of second order: it multiplies the gradient by the inverse of the matrix
of second derivatives, and is not among the optimizers of a network, whose matrix would have as many
rows as it has weights.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import copysign, sqrt

from playground.nn.optimizers import OPTIMIZERS

State = tuple[float, ...]  # moments, 0 before the first update
Settings = Mapping[str, float]  # β, ρ, ε … by field of `Training`
Values = dict[str, float]  # every number in the lines of a rule
Step = tuple[State, Values]


@dataclass(frozen=True)
class UpdateLine:
    """One equation of a rule: `name` = `symbols` = `numbers`, in LaTeX.

    In `numbers` <key> stands for a value; the result is the value of `key`. `numbers` is empty
    where there is nothing to compute.
    """

    key: str
    name: str
    symbols: str
    numbers: str


@dataclass(frozen=True)
class UpdateRule:
    """An optimizer: (state, w, g, t, learning rate, settings) → (state, values with η_t)."""

    label: str
    step: Callable[[State, float, float, int, float, Settings], Step]
    lines: tuple[UpdateLine, ...]
    initial_state: Callable[[Settings], State] = lambda settings: (0.0,)
    settings: Settings | None = None  # None: the defaults of OPTIMIZERS
    second_order: bool = False  # its `g` is H⁻¹∇f, with the Hessian matrix H of the surface


def _sgd(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    return state, {"m": g, "V": 1.0, "eta": lr * g}


def _newton(state: State, w: float, d: float, t: int, lr: float, s: Settings) -> Step:
    return state, {"d": d, "eta": lr * d}


def _momentum(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    m0 = state[0]
    m = s["momentum"] * m0 + g
    return (m,), {"m0": m0, "m": m, "V": 1.0, "eta": lr * m}


def _course_momentum(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    m0, beta = state[0], s["momentum"]
    m = beta * m0 + (1 - beta) * g
    return (m,), {"m0": m0, "m": m, "V": 1.0, "eta": lr * m}


def _nesterov(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    m0, beta = state[0], s["momentum"]
    m = beta * m0 + g
    return (m,), {"m0": m0, "m": m, "V": 1.0, "eta": lr * (beta * m + g)}


def _adagrad(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    v0 = state[0]
    v = v0 + g * g
    return (v,), {"m": g, "V0": v0, "V": v, "eta": lr * g / sqrt(v + s["epsilon"])}


def _rmsprop(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    v0, rho = state[0], s["rho"]
    v = rho * v0 + (1 - rho) * g * g
    return (v,), {"m": g, "V0": v0, "V": v, "eta": lr * g / sqrt(v + s["epsilon"])}


def _adadelta(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    (v0, u0), rho, epsilon = state, s["rho"], s["epsilon"]
    v = rho * v0 + (1 - rho) * g * g
    step = sqrt(u0 + epsilon) / sqrt(v + epsilon) * g
    u = rho * u0 + (1 - rho) * step * step
    return (v, u), {"m": g, "V0": v0, "V": v, "u0": u0, "u": u, "eta": lr * step}


def _moments(state: State, g: float, t: int, s: Settings) -> Values:
    """Adam's two moments, without and with bias correction."""
    (m0, v0), beta_1, beta_2 = state, s["beta_1"], s["beta_2"]
    m = beta_1 * m0 + (1 - beta_1) * g
    v = beta_2 * v0 + (1 - beta_2) * g * g
    left = 1 - beta_2**t
    return {
        "m0": m0, "m": m, "mh": m / (1 - beta_1**t), "V0": v0, "V": v, "Vh": v / left,
        "eps": s["epsilon"] / sqrt(left),
    }  # fmt: skip


def _adam(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    values = _moments(state, g, t, s)
    values["eta"] = lr * values["mh"] / (sqrt(values["Vh"]) + values["eps"])
    return (values["m"], values["V"]), values


def _adamw(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    state, values = _adam(state, w, g, t, lr, s)
    values["eta"] += lr * s["weight_decay"] * w
    return state, values


def _nadam(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    *state_, product = state
    values, beta_1 = _moments(tuple(state_), g, t, s), s["beta_1"]
    now, then = (beta_1 * (1 - 0.5 * 0.96**k) for k in (t, t + 1))
    product = (product or 1.0) * now
    values["mh"] = then * values["m"] / (1 - product * then) + (1 - now) * g / (1 - product)
    values |= {"mu": now, "mu1": then, "pi": product, "pi1": product * then}
    values["eta"] = lr * values["mh"] / (sqrt(values["Vh"]) + s["epsilon"])
    return (values["m"], values["V"], product), values


def _adamax(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    (m0, v0), beta_1 = state, s["beta_1"]
    m, v = beta_1 * m0 + (1 - beta_1) * g, max(s["beta_2"] * v0, abs(g))
    mh = m / (1 - beta_1**t)
    return (m, v), {
        "m0": m0, "m": m, "mh": mh, "V0": v0, "V": v, "eta": lr * mh / (v + s["epsilon"])
    }  # fmt: skip


def _lion(state: State, w: float, g: float, t: int, lr: float, s: Settings) -> Step:
    m0, beta_1, beta_2 = state[0], s["beta_1"], s["beta_2"]
    c = beta_1 * m0 + (1 - beta_1) * g
    m = beta_2 * m0 + (1 - beta_2) * g
    return (m,), {"m0": m0, "c": c, "m": m, "V": 1.0, "eta": lr * copysign(1, c) if c else 0.0}


_M_IS_G = UpdateLine("m", "m_t", "g_t", "")
_M_ADDS = UpdateLine("m", "m_t", r"\beta m_{t-1} + g_t", r"<momentum> \cdot <m0> + <g>")
_M_MEAN = UpdateLine(
    "m", "m_t", r"\beta_1 m_{t-1} + (1-\beta_1)\, g_t",
    r"<beta_1> \cdot <m0> + (1 - <beta_1>) \cdot <g>",
)  # fmt: skip
_M_CLEAR = UpdateLine(
    "mh", r"\hat m_t", r"\frac{m_t}{1-\beta_1^{\,t}}", r"\frac{<m>}{1 - <beta_1>^{<t>}}"
)
_V_IS_ONE = UpdateLine("V", "V_t", "1", "")
_V_SUM = UpdateLine("V", "V_t", "V_{t-1} + g_t^2", "<V0> + <g>^2")
_V_MEAN_RHO = UpdateLine(
    "V", "V_t", r"\rho V_{t-1} + (1-\rho)\, g_t^2", r"<rho> \cdot <V0> + (1 - <rho>) \cdot <g>^2"
)
_V_MEAN = UpdateLine(
    "V", "V_t", r"\beta_2 V_{t-1} + (1-\beta_2)\, g_t^2",
    r"<beta_2> \cdot <V0> + (1 - <beta_2>) \cdot <g>^2",
)  # fmt: skip
_V_CLEAR = UpdateLine(
    "Vh", r"\hat V_t", r"\frac{V_t}{1-\beta_2^{\,t}}", r"\frac{<V>}{1 - <beta_2>^{<t>}}"
)
_ETA_M = UpdateLine("eta", r"\eta_t", r"lr \cdot m_t", r"<lr> \cdot <m>")
_ETA_ROOT = UpdateLine(
    "eta", r"\eta_t", r"lr \cdot \frac{m_t}{\sqrt{V_t + \epsilon}}",
    r"<lr> \cdot \frac{<m>}{\sqrt{<V> + <epsilon>}}",
)  # fmt: skip
_EPS = UpdateLine(
    "eps", r"\hat\epsilon", r"\frac{\epsilon}{\sqrt{1-\beta_2^{\,t}}}",
    r"\frac{<epsilon>}{\sqrt{1 - <beta_2>^{<t>}}}",
)  # fmt: skip
_ETA_ADAM = UpdateLine(
    "eta", r"\eta_t", r"lr \cdot \frac{\hat m_t}{\sqrt{\hat V_t} + \hat\epsilon}",
    r"<lr> \cdot \frac{<mh>}{\sqrt{<Vh>} + <eps>}",
)  # fmt: skip
_W = UpdateLine("next", "W_{t+1}", r"W_t - \eta_t", "<w> - <eta>")

UPDATE_RULES: dict[str, UpdateRule] = {
    "sgd": UpdateRule("SGD", _sgd, (_M_IS_G, _V_IS_ONE, _ETA_M, _W)),
    "course_momentum": UpdateRule(
        "SGDM of the course",
        _course_momentum,
        (
            UpdateLine(
                "m", "m_t", r"\beta m_{t-1} + (1-\beta)\, g_t",
                r"<momentum> \cdot <m0> + (1 - <momentum>) \cdot <g>",
            ),
            _V_IS_ONE, _ETA_M, _W,
        ),
        settings=OPTIMIZERS["momentum"].defaults,
    ),
    "momentum": UpdateRule("SGDM", _momentum, (_M_ADDS, _V_IS_ONE, _ETA_M, _W)),
    "nesterov": UpdateRule(
        "NAG",
        _nesterov,
        (
            _M_ADDS, _V_IS_ONE,
            UpdateLine(
                "eta", r"\eta_t", r"lr\,(\beta m_t + g_t)", r"<lr> (<momentum> \cdot <m> + <g>)"
            ),
            _W,
        ),
    ),
    "adagrad": UpdateRule(
        "AdaGrad", _adagrad, (_M_IS_G, _V_SUM, _ETA_ROOT, _W),
        lambda settings: (settings["initial_accumulator_value"],),
    ),
    "adadelta": UpdateRule(
        "AdaDelta",
        _adadelta,
        (
            _M_IS_G, _V_MEAN_RHO,
            UpdateLine(
                "eta", r"\eta_t",
                r"lr \cdot \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{V_t + \epsilon}}\, m_t",
                r"<lr> \cdot \frac{\sqrt{<u0> + <epsilon>}}{\sqrt{<V> + <epsilon>}} \cdot <m>",
            ),
            UpdateLine(
                "u", "u_t", r"\rho u_{t-1} + (1-\rho) (\eta_t / lr)^2",
                r"<rho> \cdot <u0> + (1 - <rho>) (<eta> / <lr>)^2",
            ),
            _W,
        ),
        lambda settings: (0.0, 0.0),
    ),
    "rmsprop": UpdateRule("RMSProp", _rmsprop, (_M_IS_G, _V_MEAN_RHO, _ETA_ROOT, _W)),
    "adam": UpdateRule(
        "Adam", _adam, (_M_MEAN, _M_CLEAR, _V_MEAN, _V_CLEAR, _EPS, _ETA_ADAM, _W),
        lambda settings: (0.0, 0.0),
    ),
    "nadam": UpdateRule(
        "Nadam",
        _nadam,
        (
            _M_MEAN,
            UpdateLine(
                "mh", r"\hat m_t",
                r"\frac{\mu_{t+1} m_t}{1 - \prod_{i \le t+1} \mu_i}"
                r" + \frac{(1-\mu_t)\, g_t}{1 - \prod_{i \le t} \mu_i}",
                r"\frac{<mu1> \cdot <m>}{1 - <pi1>} + \frac{(1 - <mu>) \cdot <g>}{1 - <pi>}",
            ),
            _V_MEAN, _V_CLEAR,
            UpdateLine(
                "eta", r"\eta_t", r"lr \cdot \frac{\hat m_t}{\sqrt{\hat V_t} + \epsilon}",
                r"<lr> \cdot \frac{<mh>}{\sqrt{<Vh>} + <epsilon>}",
            ),
            _W,
        ),
        lambda settings: (0.0, 0.0, 0.0),
    ),
    "adamw": UpdateRule(
        "AdamW",
        _adamw,
        (
            _M_MEAN, _M_CLEAR, _V_MEAN, _V_CLEAR, _EPS,
            UpdateLine(
                "eta", r"\eta_t",
                r"lr \Bigl( \frac{\hat m_t}{\sqrt{\hat V_t} + \hat\epsilon} + \lambda W_t \Bigr)",
                r"<lr> \Bigl( \frac{<mh>}{\sqrt{<Vh>} + <eps>} + <weight_decay> \cdot <w> \Bigr)",
            ),
            _W,
        ),
        lambda settings: (0.0, 0.0),
    ),
    "adamax": UpdateRule(
        "AdaMax",
        _adamax,
        (
            _M_MEAN, _M_CLEAR,
            UpdateLine(
                "V", "V_t", r"\max(\beta_2 V_{t-1}, |g_t|)", r"\max(<beta_2> \cdot <V0>, |<g>|)"
            ),
            UpdateLine(
                "eta", r"\eta_t", r"lr \cdot \frac{\hat m_t}{V_t + \epsilon}",
                r"<lr> \cdot \frac{<mh>}{<V> + <epsilon>}",
            ),
            _W,
        ),
        lambda settings: (0.0, 0.0),
    ),
    "lion": UpdateRule(
        "Lion",
        _lion,
        (
            UpdateLine(
                "c", "c_t", r"\beta_1 m_{t-1} + (1-\beta_1)\, g_t",
                r"<beta_1> \cdot <m0> + (1 - <beta_1>) \cdot <g>",
            ),
            _V_IS_ONE,
            UpdateLine("eta", r"\eta_t", r"lr \cdot \operatorname{sign}(c_t)",
                 r"<lr> \cdot \operatorname{sign}(<c>)"),
            UpdateLine(
                "m", "m_t", r"\beta_2 m_{t-1} + (1-\beta_2)\, g_t",
                r"<beta_2> \cdot <m0> + (1 - <beta_2>) \cdot <g>",
            ),
            _W,
        ),
    ),
    "newton": UpdateRule(
        "Newton",
        _newton,
        (
            UpdateLine(
                "d", "d_t", r"(H^{-1}\, \nabla f)_W",
                r"<inverse_x> \cdot <gx> + <inverse_y> \cdot <gy>",
            ),
            UpdateLine("eta", r"\eta_t", r"lr \cdot d_t", r"<lr> \cdot <d>"),
            _W,
        ),
        settings={},
        second_order=True,
    ),
}  # fmt: skip


def default_settings(name: str) -> dict[str, float]:
    """The default settings that occur in the lines of a rule, without its learning rate."""
    rule = UPDATE_RULES[name]
    defaults = OPTIMIZERS[name].defaults if rule.settings is None else rule.settings
    used = "".join(line.numbers for line in rule.lines) + "<initial_accumulator_value>"
    return {
        key: value
        for key, value in defaults.items()
        if f"<{key}>" in used and key != "learning_rate"
    }


@dataclass(frozen=True)
class OptimizerOrigin:
    """An update rule in the history of optimizers: when, by whom, what was new."""

    rule: str  # a key of UPDATE_RULES
    year: int
    author: str
    adds: str  # Markdown with LaTeX
    solves: str
    weakness: str


HISTORY: tuple[OptimizerOrigin, ...] = (
    OptimizerOrigin(
        "sgd", 1951, "Robbins, Monro", "$m_t = g_t$, $V_t = 1$: the gradient of a batch",
        "Training on more examples than fit into one sum per step",
        "Slow; oscillates in a ravine; stops in local minima and at saddle points",
    ),
    OptimizerOrigin(
        "momentum", 1964, "Polyak", r"Momentum: $m_t$ accumulates past gradients, $\beta = 0.9$",
        "Oscillations across a ravine cancel, steps along it add up",
        "Overshoots the minimum; one learning rate for all weights",
    ),
    OptimizerOrigin(
        "nesterov", 1983, "Nesterov", r"Look-ahead: the gradient at the point $\beta m_t$ leads to",
        "Slows down before the minimum instead of behind it",
        "Still one learning rate for all weights",
    ),
    OptimizerOrigin(
        "adagrad", 2011, "Duchi, Hazan, Singer",
        r"The second moment $V_t = \sum g^2$: a learning rate for each weight",
        "Rare features learn with large steps, frequent ones with small ones",
        "$V_t$ only grows: steps shrink towards 0 and training ends too soon",
    ),
    OptimizerOrigin(
        "adadelta", 2012, "Zeiler",
        "A moving average $V_t$, and the size $u_t$ of past updates in place of a learning rate",
        "Steps no longer shrink for ever; hardly any learning rate to choose",
        "Begins with tiny steps, as $u_0 = 0$",
    ),
    OptimizerOrigin(
        "rmsprop", 2012, "Tieleman, Hinton",
        r"A moving average: $V_t = \rho V_{t-1} + (1-\rho) g^2$",
        "AdaGrad's learning rate that falls to 0; oscillations, as all directions get equal steps",
        "No momentum; near the minimum steps stay about as long as the learning rate",
    ),
    OptimizerOrigin(
        "adam", 2014, "Kingma, Ba",
        r"Both moments with bias correction: $\hat m_t / \sqrt{\hat V_t}$",
        "RMSProp with momentum: its defaults work nearly everywhere",
        "Circles around the minimum; can end in a worse place than tuned SGDM",
    ),
    OptimizerOrigin(
        "nadam", 2016, "Dozat", "Nesterov's look-ahead for Adam's $m_t$",
        "Slows down earlier than Adam, often a little faster",
        "Can overshoot where gradients are noisy",
    ),
)  # fmt: skip
