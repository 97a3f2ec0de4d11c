"""The Optimizers lab: trajectories of every update rule on one surface, and single updates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import chart, chart_with_handle, handle_position
from dashboard.components.slider import step_slider
from dashboard.figures.optimization import contour_figure, space_figure, surface_loss_figure
from dashboard.widgets.latex import bracketed, lines, significant
from playground.experiment.model import FIELDS, help_text, text_label
from playground.labs.trajectories import (
    CANDIDATES,
    SURFACES,
    Surface,
    Trajectory,
    converged_at,
    default_rate,
    gradient_noise,
    ranking,
    trajectory,
)
from playground.labs.update_rules import (
    HISTORY,
    UPDATE_RULES,
    Settings,
    UpdateLine,
    Values,
    default_settings,
)

Paths = Mapping[str, Trajectory]

INITIAL = ["sgd", "momentum", "rmsprop", "adam"]
POINT = "lab_optimizers_map"
FROM_ABOVE, IN_SPACE = "From above", "In space"
SHARE = 0.43  # of the window's height: at 720 pixels both charts end with it

ABOUT_CONTOUR = (
    "Contours of the loss; blue is low, a cross marks the minimum. Drag the ring to start "
    "elsewhere (or click, or use the arrow keys), then press Play."
)
ABOUT_SPACE = (
    "The surface with the trajectories; the height is logarithmic. Drag to rotate; the start can "
    "be moved in the view from above."
)
ABOUT_LOSS = (
    "The loss above the minimum, on a logarithmic axis. Click a name to hide its curve. Try other "
    "learning rates: which optimizer profits?"
)

_FACTOR = {"min_value": 0.0, "max_value": 0.99, "step": 0.01}
_DECAY = {"min_value": 0.5, "max_value": 0.999, "step": 0.001, "format": "%.3f"}
SLIDERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "momentum": ("Momentum β", "The fraction of m that is kept. 0 is plain SGD.", _FACTOR),
    "rho": ("ρ", "Decay rate of the mean of g². Try 0.5: it follows the last gradients.", _DECAY),
    "beta_1": ("β₁", "Decay rate of the mean of g. 0: no momentum.", _FACTOR),
    "beta_2": ("β₂", "Decay rate of the mean of g². Try 0.9: it adapts sooner.", _DECAY),
    "initial_accumulator_value": (
        "V₀", "Initial sum of g². Try 0: the first step is as long as the learning rate.",
        {"min_value": 0.0, "max_value": 1.0, "step": 0.05},
    ),
    "weight_decay": (
        "λ", "The fraction of a weight (times lr) subtracted in each update.",
        {"min_value": 0.0, "max_value": 0.2, "step": 0.002, "format": "%.3f"},
    ),
}  # fmt: skip
EPSILONS = [10.0**power for power in range(-10, 1)]
RATES = [rate for rate in CANDIDATES if rate <= 50]


@dataclass(frozen=True)
class ChosenSettings:
    """Learning rate (with the common factor) and other settings of an optimizer."""

    learning_rate: float
    settings: Settings


def optimizers() -> None:
    """Surface, optimizers and start; trajectories, losses, and one update in numbers."""
    left, right = st.columns([3, 2], gap="medium")
    name = left.segmented_control(
        "Surface", list(SURFACES), default="ravine", required=True, key="lab_optimizers_surface",
        format_func=lambda name: SURFACES[name].label, persist_state="session",
        help="The loss as a function of two weights, each with a difficulty of its own.",
    ) or "ravine"  # fmt: skip
    surface = SURFACES[name]
    left.caption(f"{surface.note} $\\;f = {surface.formula}$")
    names = right.multiselect(
        "Optimizers", list(UPDATE_RULES), INITIAL,
        format_func=lambda name: UPDATE_RULES[name].label,
        key="lab_optimizers_rules", persist_state="session",
        help="All trajectories begin at the same point.",
    )  # fmt: skip
    if not names:
        st.info("Choose an optimizer to see its trajectory.")
        return
    updates, factor, seed, view = _options(surface)
    step = step_slider(updates, "lab_optimizers_player", "update")
    charts = st.container()
    with st.expander("Learning rate and settings of each optimizer"):
        chosen = {rule: _settings(name, rule, factor) for rule in names}
    start = handle_position(POINT, surface.start, surface.x, surface.y, surface.label)
    noise = gradient_noise(surface, updates, seed)
    paths = {
        rule: trajectory(rule, surface, start, each.learning_rate, each.settings, noise)
        for rule, each in chosen.items()
    }
    with charts:
        _charts(surface, paths, step, updates, view)
    _notes(chosen)
    _update(paths, chosen, step)
    _history()


def _options(surface: Surface) -> tuple[int, float, int, str]:
    """Updates, factor of the learning rates, seed of the noise, and the view."""
    columns = st.columns(3)
    updates = columns[0].slider(
        "Updates", 10, 300, 120, 10, key="lab_optimizers_updates", persist_state="session",
        help="The length of the trajectories. Rosenbrock needs more.",
    )  # fmt: skip
    factor = columns[1].select_slider(
        "Factor of all learning rates", [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], 1.0,
        key="lab_optimizers_factor", format_func=lambda value: f"× {value:g}",
        persist_state="session", help="Which optimizer still converges at × 2, which at × 5?",
    )  # fmt: skip
    seed = 0
    if surface.noise:
        seed = columns[2].slider(
            "Seed of the noise", 0, 20, 0, key="lab_optimizers_seed", persist_state="session",
            help="Of the random errors of the gradients, which are the same for all optimizers.",
        )  # fmt: skip
    view = columns[1 if surface.noise else 2].segmented_control(
        "View", [FROM_ABOVE, IN_SPACE], default=FROM_ABOVE, required=True,
        key="lab_optimizers_view", persist_state="session",
        help="From above the start can be dragged; in space the surface can be rotated.",
    )  # fmt: skip
    return updates, factor, seed, str(view)


def _settings(surface: str, rule: str, factor: float) -> ChosenSettings:
    """The sliders of an optimizer; learning rates are kept for each surface separately."""
    defaults = default_settings(rule)
    columns = st.columns(max(4, 1 + len(defaults)))
    default = default_rate(rule, surface)
    rate = columns[0].select_slider(
        f"{UPDATE_RULES[rule].label}: lr", sorted({*RATES, default}), default,
        key=f"lab_optimizers_rate_{surface}_{rule}", format_func=lambda value: f"{value:g}",
        persist_state="session",
        help="The learning rate; by default the best one on this surface. Try the next larger one.",
    )  # fmt: skip
    settings = {
        field: _setting(column, f"lab_optimizers_{field}_{rule}", field, float(value))
        for column, (field, value) in zip(columns[1:], defaults.items(), strict=False)
    }
    return ChosenSettings(rate * factor, settings)


def _setting(column: DeltaGenerator, key: str, field: str, value: float) -> float:
    if field == "epsilon":
        epsilon: float = column.select_slider(
            "ε", EPSILONS, value, key=key, format_func=lambda value: f"{value:.0e}",
            persist_state="session",
            help="Added to the denominator, against division by 0. At 1 small gradients make small "
            "steps.",
        )  # fmt: skip
        return epsilon
    if field in SLIDERS:
        label, help_, limits = SLIDERS[field]
        number: float = column.slider(
            label, value=value, key=key, persist_state="session", help=help_, **limits
        )
        return number
    known = field in FIELDS
    return float(
        column.number_input(
            text_label(field) if known else field, value=value, key=key,
            help=help_text(field) if known else None,
        )
    )  # fmt: skip


def _charts(surface: Surface, paths: Paths, step: int, updates: int, view: str) -> None:
    left, right = st.columns([1.1, 1])
    sentence = paths_sentence(surface, paths, step)
    with left:
        if view == IN_SPACE:
            chart(
                space_figure(surface, paths, step), sentence, "lab_optimizers_space",
                about=ABOUT_SPACE, share=SHARE,
            )  # fmt: skip
        else:
            chart_with_handle(
                contour_figure(surface, paths, step), sentence, POINT, start=surface.start,
                of=surface.label, about=ABOUT_CONTOUR, share=SHARE,
            )  # fmt: skip
    with right:
        chart(
            surface_loss_figure(surface, paths, step, updates),
            convergence_sentence(surface, paths, updates), "lab_optimizers_losses",
            about=ABOUT_LOSS, share=SHARE,
        )  # fmt: skip


def paths_sentence(surface: Surface, paths: Paths, step: int) -> str:
    """The optimizer with the lowest loss after `step` updates, and those outside the chart."""
    best = ranking(paths, step)[0]
    x, y = _point(paths[best], step)
    loss = paths[best].loss[min(step, len(paths[best].loss) - 1)]
    text = f"After {step} updates {UPDATE_RULES[best].label} has the lowest loss: {loss:.3g} at "
    text += f"({x:.2f}, {y:.2f})".replace("-", "−")
    outside = [
        UPDATE_RULES[name].label for name, path in paths.items() if _is_outside(surface, path, step)
    ]
    return text + (f"; outside the chart: {', '.join(outside)}." if outside else ".")


def _point(path: Trajectory, step: int) -> tuple[float, float]:
    x, y = path.points[min(step, len(path.points) - 1)]
    return float(x), float(y)


def _is_outside(surface: Surface, path: Trajectory, step: int) -> bool:
    x, y = _point(path, step)
    return not (surface.x[0] <= x <= surface.x[1] and surface.y[0] <= y <= surface.y[1])


def convergence_sentence(surface: Surface, paths: Paths, updates: int) -> str:
    """After how many updates each optimizer stays below 1 % of the initial loss."""
    at = {name: converged_at(path, surface) for name, path in paths.items()}
    order = sorted((update, name) for name, update in at.items() if update is not None)
    converged = ", ".join(f"{UPDATE_RULES[name].label} after {update}" for update, name in order)
    rest = ", ".join(UPDATE_RULES[name].label for name, update in at.items() if update is None)
    parts = [f"Loss below 1 % of the initial one for good: {converged}"] if converged else []
    if rest:
        parts.append(f"{'not' if parts else 'Not'} within {updates} updates: {rest}")
    return "; ".join(parts) + "."


def _notes(chosen: Mapping[str, ChosenSettings]) -> None:
    """How the learning rates were chosen, and how two definitions of momentum differ."""
    rates = ", ".join(
        f"{UPDATE_RULES[name].label} {each.learning_rate:g}" for name, each in chosen.items()
    )
    notes = [
        f"**Learning rates:** {rates}. The default is the best of 1, 2, 5 × powers of ten on this "
        "surface from its own start. One rate for all would be unfair: optimizers that divide by "
        "√V move by about the learning rate, the others by learning rate times slope."
    ]
    if {"momentum", "course_momentum", "nesterov"} & set(chosen):
        notes.append(
            "**Two definitions of SGDM:** the course has $m_t = \\beta m_{t-1} + "
            "(1-\\beta)\\,g_t$, Keras adds $g_t$ itself. At the same learning rate the course's "
            "steps are 1/(1 − β) times shorter, ten times at β = 0.9; at ten times the learning "
            "rate both trajectories are equal."
        )
    if any(UPDATE_RULES[name].second_order for name in chosen):
        notes.append(
            "**First and second order:** all others use the gradient alone. Newton's method "
            "divides by the curvature as well, $\\eta_t = H^{-1} \\nabla f$, and reaches the "
            "minimum of a parabola in one step. It also goes to saddle points and maxima, whose "
            "gradient is 0 "
            "too, and the matrix $H$ of 266,610 weights would have 266,610² entries: therefore "
            "networks are trained with methods of first order."
        )
    st.caption("\n\n".join(notes))


def _update(paths: Paths, chosen: Mapping[str, ChosenSettings], step: int) -> None:
    """The equations of an update rule, as symbols and with numbers, for x and y."""
    st.markdown("**One update in numbers**: $g_t \\to m_t \\to V_t \\to \\eta_t \\to W_{t+1}$")
    names = list(paths)
    name = st.selectbox(
        "Optimizer", names, format_func=lambda name: UPDATE_RULES[name].label,
        key="lab_optimizers_lens", persist_state="session",
        help="The optimizer of the update. Move the slider of updates above and watch m and V.",
    ) or names[0]  # fmt: skip
    path, each = paths[name], chosen[name]
    t = max(1, min(step, len(path.steps)))
    st.caption(
        f"Update {t} of {UPDATE_RULES[name].label} ({'the next' if step == 0 else 'the last'} "
        "one). Each weight is updated by itself: x on the left, y on the right."
    )
    for column, weight, values in zip(st.columns(2), "xy", path.steps[t - 1], strict=True):
        known = {**values, **each.settings, "lr": each.learning_rate, "t": t}
        column.latex(update_latex(name, weight, known))


def update_latex(name: str, weight: str, known: Values) -> str:
    """LaTeX of a rule's equations as symbols, with numbers, and their values."""
    gradient = rf"g_t &= \frac{{\partial f}}{{\partial {weight}}} = {significant(known['g'], 5)}"
    return lines(
        gradient, *(_equation(line, known) for line in UPDATE_RULES[name].lines), gap="4pt"
    )


def _equation(line: UpdateLine, known: Values) -> str:
    value = significant(known[line.key], 5)
    if not line.numbers:
        return f"{line.name} &= {value if line.symbols == value else f'{line.symbols} = {value}'}"
    symbols, numbers = (_broken(text) for text in (line.symbols, line.numbers))
    for name, each in known.items():
        text = f"{each:d}" if isinstance(each, int) else significant(each, 5)
        numbers = _inserted(numbers, f"<{name}>", text)
    return rf"{line.name} &= {symbols} \\ &= {numbers} \\ &= \mathbf{{{value}}}"


def _broken(text: str) -> str:
    """Long sums on two lines, which fit a phone."""
    for summand in (r"\frac", "(1 - <", "<weight_decay>"):
        text = text.replace(f" + {summand}", rf" \\ &\quad + {summand}")
    return text


def _inserted(numbers: str, name: str, text: str) -> str:
    """A number for `name`, in brackets where they are needed."""
    numbers = numbers.replace(rf"\frac{{{name}}}", rf"\frac{{{text}}}")
    if "^" in text:  # a power or quotient of a power of ten
        for operation in (f"{name}^", f"{name} /", f"/ {name}"):
            numbers = numbers.replace(operation, operation.replace(name, f"({text})"))
    return numbers.replace(name, bracketed(text))


def _history() -> None:
    with st.expander("From SGD to Nadam: what each optimizer added"):
        rows: Sequence[str] = [
            f"| **{UPDATE_RULES[each.rule].label}** | {each.year}, {each.author} | {each.adds} | "
            f"{each.solves} | {each.weakness} |"
            for each in HISTORY
        ]
        head = "| Optimizer | Year, author | What is new | What it solves | What remains |"
        st.markdown("\n".join([head, "|" + "-|" * 5, *rows]))
