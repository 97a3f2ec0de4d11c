"""What the Optimizers lab says of the paths, made from their numbers.

The Optimizers lab: every update rule on the same ground, its path and its numbers.
"""

from collections.abc import Mapping

import streamlit as st

from dashboard.components.chart import chart, chart_with_handle, handle_position
from dashboard.components.step_slider import step_slider
from dashboard.figures.optimization import contour_figure, space_figure, surface_loss_figure
from dashboard.views.labs.optimizers.settings import ChosenSettings, chosen_settings
from dashboard.views.labs.optimizers.update_step import lineage, numbers
from playground.labs.optimizers.surfaces import SURFACES, Surface
from playground.labs.optimizers.trajectories import Path, arrived, noise, ranking, walk
from playground.labs.optimizers.update_rules import RULES

Paths = Mapping[str, Path]


def paths_sentence(surface: Surface, paths: Paths, step: int) -> str:
    """Who is lowest after `step` updates, where, and who has left the chart."""
    first = ranking(paths, step)[0]
    path = paths[first]
    x, y = path.points[min(step, len(path.points) - 1)]
    loss = path.loss[min(step, len(path.loss) - 1)]
    told = f"After {step} updates {RULES[first].label} is lowest: loss {loss:.3g} at "
    told += f"({x:.2f}, {y:.2f})".replace("-", "−")
    gone = [RULES[name].label for name in paths if _away(surface, paths[name], step)]
    return told + (f"; outside of the chart: {', '.join(gone)}." if gone else ".")


def _away(surface: Surface, path: Path, step: int) -> bool:
    x, y = path.points[min(step, len(path.points) - 1)]
    return not (surface.x[0] <= x <= surface.x[1] and surface.y[0] <= y <= surface.y[1])


def losses_sentence(surface: Surface, paths: Paths, updates: int) -> str:
    """Who is within 1 % of the way down for good, after how many updates; who never."""
    there = {name: arrived(path, surface) for name, path in paths.items()}
    reached = sorted((at, name) for name, at in there.items() if at is not None)
    told = ", ".join(f"{RULES[name].label} after {at}" for at, name in reached)
    never = ", ".join(RULES[name].label for name, at in there.items() if at is None)
    parts = [f"Within 1 % of the way down and staying there: {told}"] if told else []
    if never:
        parts.append(f"not within {updates} updates: {never}")
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]


FIRST = ["sgd", "momentum", "rmsprop", "adam"]
POINT = "lab_optimizers_map"


def optimizers() -> None:
    """Surface, rules and start to choose; the paths, their losses, and one step in numbers."""
    name = st.segmented_control(
        "Surface", list(SURFACES), default="ravine", required=True, key="lab_optimizers_surface",
        format_func=lambda name: SURFACES[name].label, persist_state="session",
        help="The loss as a function of two weights. Each is hard in a way of its own.",
    ) or "ravine"  # fmt: skip
    surface = SURFACES[name]
    st.caption(f"{surface.lesson} $\\;f = {surface.formula}$")
    rules = st.multiselect(
        "Optimizers", list(RULES), FIRST, format_func=lambda name: RULES[name].label,
        key="lab_optimizers_rules", persist_state="session",
        help="Those that walk at once. Take some away to see one alone, or add them all.",
    )  # fmt: skip
    if not rules:
        st.info("Choose an optimizer to see its path.")
        return
    updates, factor, seed, in_space = _options(surface)
    chosen = chosen_settings(name, rules, factor)
    start = handle_position(POINT, surface.start, surface.x, surface.y, surface.label)
    errors = noise(surface, updates, seed)
    paths = {
        rule: walk(rule, surface, start, each.rate, each.settings, errors)
        for rule, each in chosen.items()
    }
    step = step_slider(updates, "lab_optimizers_player", "update")
    _charts(surface, paths, step, updates, in_space)
    _fairness(chosen)
    numbers(paths, chosen, step)
    lineage()


def _options(surface: Surface) -> tuple[int, float, int, bool]:
    columns = st.columns(3)
    updates = columns[0].slider(
        "Updates", 10, 300, 120, 10, key="lab_optimizers_updates", persist_state="session",
        help="How far every path goes. Try more of them on Rosenbrock.",
    )  # fmt: skip
    factor = columns[1].select_slider(
        "All rates times", [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], 1.0, key="lab_optimizers_factor",
        format_func=lambda value: f"× {value:g}", persist_state="session",
        help="Multiplies the learning rate of each optimizer. Who bears × 2, who × 5?",
    )  # fmt: skip
    if surface.noise:
        seed = columns[2].slider(
            "Draw of the noise", 0, 20, 0, key="lab_optimizers_seed", persist_state="session",
            help="Which random errors the gradients get, the same ones for all. Does the order of "
            "the optimizers survive another draw?",
        )  # fmt: skip
    else:
        seed = 0
    view = columns[1 if surface.noise else 2].segmented_control(
        "View", ["From above", "In space"], default="From above", required=True,
        key="lab_optimizers_view", persist_state="session",
        help="From above the start can be dragged; in space the ground can be turned.",
    )  # fmt: skip
    return updates, factor, seed, view == "In space"


def _charts(
    surface: Surface, paths: dict[str, Path], step: int, updates: int, in_space: bool
) -> None:
    left, right = st.columns([1.1, 1])
    told = paths_sentence(surface, paths, step)
    with left:
        if in_space:
            chart(
                space_figure(surface, paths, step), told, "lab_optimizers_space",
                about="The surface with the paths on it; a step up is ten times the loss. Drag to "
                "turn it, go back to the view from above to move the start.",
            )  # fmt: skip
        else:
            chart_with_handle(
                contour_figure(surface, paths, step), told, POINT,
                start=surface.start, of=surface.label,
                about="Lines join places of the same loss, blue is low, a cross is lowest. Drag "
                "the ring to start elsewhere (or click, or use the arrow keys), then press Play.",
            )  # fmt: skip
    with right:
        chart(
            surface_loss_figure(surface, paths, step, updates),
            losses_sentence(surface, paths, updates), "lab_optimizers_losses",
            about="How far above the lowest loss each path is; one line of the grid is ten times "
            "the next. Hide a curve with a click on its name. Try other rates: who gains?",
        )  # fmt: skip


def _fairness(chosen: dict[str, ChosenSettings]) -> None:
    """Say how the rates were chosen, and where the course and Keras mean different things."""
    rates = ", ".join(f"{RULES[name].label} {each.rate:g}" for name, each in chosen.items())
    lines = [
        f"**Rates:** {rates}. To begin with, each is the best of 1, 2, 5 × powers of ten on this "
        "surface from its own start: one rate for all would be unfair, since a rule that divides "
        "by √V walks as far as its rate says, and the others as far as rate times slope."
    ]
    if {"momentum", "course_momentum", "nesterov"} & set(chosen):
        lines.append(
            "**Two kinds of SGDM:** the course takes $m_t = \\beta m_{t-1} + (1-\\beta)\\,g_t$, "
            "Keras adds $g_t$ whole. With the same rate the steps of the course's are 1/(1 − β) "
            "times shorter, ten times at β = 0.9; with a rate ten times as large both paths are "
            "the same."
        )
    st.caption("\n\n".join(lines))
