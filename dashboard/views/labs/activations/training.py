"""Trainings at once on the page: a ReLU unit that dies, and four best practices."""

from functools import lru_cache

import streamlit as st

from dashboard.components.chart import chart
from dashboard.figures import labs as figures
from dashboard.figures.decision_boundary import decision_region, region_sentence
from playground.labs.activations.curves import PARAMETERS, curve
from playground.labs.activations.training import (
    LARGE,
    SMALL,
    STEPS,
    UNIT_STEPS,
    BestPractices,
    UnitTraining,
    map_extent,
    ring_examples,
    train_network,
    train_unit,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import join_words

OTHERS = ("leaky_relu", "elu", "gelu", "silu", "softplus", "tanh")

ABOUT_UNIT = (
    "The unit's z for each of 20 examples, and the targets (rings). Move the step: once a whole "
    "line is in the grey area, ReLU has no slope left."
)
ABOUT_UNIT_LOSS = (
    "The loss after each step. A flat line above the minimum is a unit that no longer learns; "
    "lower the learning rate until none dies."
)
ABOUT_LOSS = (
    "The loss of a 2-16-16-16-1 network over its updates. 0.693 is the loss of guessing: a line "
    "that stays there has learned nothing."
)
ABOUT_REGION = (
    "The predictions: the network should find the disk inside the ring. Switch one practice off "
    "and see what changes."
)

# Label, help text, and the usual mistake instead.
PRACTICES = {
    "relu": (
        "ReLU first",
        "On: ReLU in the hidden layers. Off: sigmoid, whose gradients vanish.",
        "sigmoid in the hidden layers",
    ),
    "small_rate": (
        f"A small learning rate, {SMALL:g}",
        f"On: {SMALL:g}. Off: {LARGE:g}; the first steps kill the units.",
        f"a learning rate of {LARGE:g}",
    ),
    "standardize": (
        "Standardized inputs",
        "On: each input has mean 0 and standard deviation 1. Off: values around 40 and 5.",
        "inputs as they are, around 40 and 5",
    ),
    "he": (
        r"He initialization, $\sqrt{2/n}$",
        "On: weights with mean 0 and standard deviation √(2/n), n inputs of the layer. Off: "
        "uniform from 0 to 0.1, neither centered nor scaled.",
        "weights uniform from 0 to 0.1",
    ),
}


def dying_relu() -> None:
    """Learning rate and step; a ReLU unit beside another activation."""
    left, right = st.columns(2)
    rate = left.slider(
        "Learning rate", 0.05, 1.0, 0.9, 0.05, key="lab_dying_rate", persist_state="session",
        help="At 0.9 the first step makes every z negative; try 0.3.",
    )  # fmt: skip
    step = right.slider(
        "Step", 0, UNIT_STEPS, 0, key="lab_dying_step", persist_state="session",
        help="The number of updates. The arrow keys move one step at a time.",
    )  # fmt: skip
    other = left.selectbox(
        "Beside ReLU", OTHERS, format_func=lambda name: ACTIVATIONS[name].label,
        key="lab_dying_other", persist_state="session",
        help="An activation with some slope below zero. Which of them recover?",
    )  # fmt: skip
    slope = PARAMETERS["leaky_relu"].default
    if other == "leaky_relu":
        slope = right.slider(
            r"Leaky ReLU: $\alpha$", 0.01, 0.5, slope, 0.01, key="lab_dying_slope",
            persist_state="session",
            help="The slope below zero. The smaller, the longer it takes to recover.",
        )  # fmt: skip
    relu, beside = _unit("relu", 0.0, rate), _unit(other, slope, rate)
    units = [relu, beside]
    _verdict(relu, beside, step)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            figures.unit_figure(units, step), figures.unit_sentence(units, step),
            key="lab_dying_unit", about=ABOUT_UNIT,
        )  # fmt: skip
    with right:
        chart(
            figures.unit_loss_figure(units, step), figures.unit_loss_sentence(units, step),
            key="lab_dying_loss", about=ABOUT_UNIT_LOSS,
        )  # fmt: skip
    w, b = relu.w[step], relu.b[step]
    st.latex(r"\frac{\partial L}{\partial w} = \frac{2}{20}\sum_i (a_i - y_i)\,f'(z_i)\,x_i")
    st.latex(rf"z_i = {w:.3f}\,x_i {b:+.3f}")
    st.caption(
        f"Step {step}: w = {w:.4f} and b = {b:.4f} for ReLU; the next update is {rate:g} times a "
        f"gradient of size {relu.gradient[step]:.4g}."
    )


@lru_cache(maxsize=256)
def _unit(name: str, slope: float, rate: float) -> UnitTraining:
    return train_unit(curve(name, slope if name == "leaky_relu" else None), rate)


def _verdict(relu: UnitTraining, other: UnitTraining, step: int) -> None:
    label = relu.of.label
    if not relu.is_dead or relu.inactive_from is None:
        st.success(
            f"At this learning rate {label} does not die: no step makes z negative for every "
            "example. Raise it until one does.",
            icon=":material/favorite:",
        )
    elif step < relu.inactive_from:
        st.info(
            "Both units are active and too high: the gradient pulls them down. Take one step.",
            icon=":material/favorite:",
        )
    else:
        st.error(
            f"**{label} is dead.** Since step {relu.inactive_from} its z is negative for every "
            "example: output 0, slope 0, gradient exactly 0, and no further step moves it. "
            + _other(other),
            icon=":material/heart_broken:",
        )


def _other(unit: UnitTraining) -> str:
    label = unit.of.label
    if unit.inactive_from is None:
        return f"{label} has never been below zero for all of them."
    if unit.recovered_at is None:
        return f"{label} has not recovered within {UNIT_STEPS} steps; its gradient is small."
    return (
        f"{label} was below zero at step {unit.inactive_from} too, but has a slope there: it "
        f"recovered at step {unit.recovered_at}."
    )


def best_practices() -> None:
    """A switch for each practice, the loss, the predictions, and the effect of each alone."""
    practices = BestPractices(
        **{
            name: column.toggle(
                label, True, key=f"lab_advice_{name}", help=help, persist_state="session"
            )
            for column, (name, (label, help, _)) in zip(
                st.columns(4), PRACTICES.items(), strict=True
            )
        }
    )
    seed = st.slider(
        "Seed", 0, 9, 0, key="lab_advice_seed", persist_state="session",
        help="Of the initial weights. The practices help with every seed.",
    )  # fmt: skip
    run, best = train_network(practices, seed), train_network(BestPractices(), seed)
    outcome = f"{figures.outcome(run)} after {STEPS} updates"
    mistakes = [PRACTICES[name][2] for name in practices.missing]
    if not mistakes:
        st.success(f"All four on: {outcome}. Switch one off.", icon=":material/check_circle:")
    elif run.has_learned:
        st.info(
            f"With {join_words(mistakes)}: {outcome}; it learns, but not as well.",
            icon=":material/info:",
        )
    else:
        st.error(
            f"With {join_words(mistakes)}: {outcome}; it has not learned the ring.",
            icon=":material/error:",
        )
    runs = {"yours": run} | ({"all four on": best} if mistakes else {})
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            figures.practices_figure(runs), figures.practices_sentence(runs), key="lab_advice_loss",
            about=ABOUT_LOSS,
        )  # fmt: skip
    with right:
        (x, y), values = ring_examples(), 2 * run.probabilities - 1
        chart(
            decision_region(
                values, map_extent(), {"examples": (x, 2 * y - 1)}, ("age", "hours a week"),
                "practices",
            ),
            region_sentence(values, ("inside", "outside")), key="lab_advice_region",
            about=ABOUT_REGION,
        )  # fmt: skip
    rows = [
        f"| {PRACTICES[name][0]} | {'on' if on else 'off'} "
        f"| {figures.outcome(train_network(practices.without(name), seed))} |"
        for name, on in vars(practices).items()
    ]
    st.markdown("| | now | with this one switched |\n|---|---|---|\n" + "\n".join(rows))
