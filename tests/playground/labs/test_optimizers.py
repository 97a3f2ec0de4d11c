"""The update rules on surfaces: equal to Keras' optimizers, and closed forms."""

import re
from math import sqrt
from typing import Any

import numpy as np
import pytest

from playground.labs.trajectories import (
    SURFACES,
    Surface,
    converged_at,
    default_rate,
    gradient_noise,
    grid,
    hessian,
    ranking,
    trajectory,
    tuned_rate,
)
from playground.labs.update_rules import UPDATE_RULES, default_settings
from playground.nn.optimizers import OPTIMIZERS

STEPS = 30
RAVINE, NOISY = SURFACES["ravine"], SURFACES["noisy"]


def test_every_rule_is_keras_own_optimizer_step_by_step() -> None:
    import keras
    import tensorflow as tf

    surface, start = SURFACES["himmelblau"], (-0.5, -0.5)
    for name, entry in OPTIMIZERS.items():
        rate = default_rate(name, "himmelblau") / 10
        given = {**entry.defaults, **entry.constants, "learning_rate": rate}
        usual = default_settings(name)
        if "beta_2" in usual:  # Keras rounds it to 32 bits, which makes 1e-5 of a step of 1 − 0.999
            given["beta_2"] = usual["beta_2"] = 1 - 2**-8
        optimizer = getattr(keras.optimizers, entry.keras)(**given)
        w = keras.Variable(np.array(start), dtype="float64")
        optimizer.build([w])
        visited = [start]
        for _ in range(STEPS):
            gradient = surface.gradient(*w.numpy().tolist())
            optimizer.apply([tf.constant(gradient, dtype="float64")])
            visited.append(w.numpy())
        path = trajectory(name, surface, start, rate, usual, np.zeros((STEPS, 2)))
        assert path.points == pytest.approx(np.array(visited), abs=1e-5), name


def test_there_is_a_rule_for_every_optimizer() -> None:
    assert set(UPDATE_RULES) - set(OPTIMIZERS) == {"course_momentum", "newton"}


def test_newtons_step_is_one_on_a_parabola_and_ends_at_a_saddle_as_well() -> None:
    still = np.zeros((60, 2))
    for name in ("bowl", "ravine"):  # H⁻¹∇f = w − w*, however steep the sides are
        surface = SURFACES[name]
        assert default_rate("newton", name) == 1.0
        path = trajectory("newton", surface, surface.start, 1.0, {}, still[:1])
        assert path.points[1] == pytest.approx(surface.minima[0], abs=1e-8)
    assert hessian(RAVINE, (3.0, -1.0)) == pytest.approx(np.array([[0.1, 0], [0, 5]]), abs=1e-8)
    # At Rosenbrock's minimum, f = (1 − x)² + 100(y − x²)²: H = [[802, −400], [−400, 200]].
    rosenbrock = SURFACES["rosenbrock"]
    exact = np.array([[802, -400], [-400, 200]])
    assert hessian(rosenbrock, (1.0, 1.0)) == pytest.approx(exact, rel=1e-6)
    path = trajectory("newton", rosenbrock, rosenbrock.start, 1.0, {}, still)
    assert path.points[6] == pytest.approx([1, 1], abs=1e-6)
    # It looks for a gradient of 0, which a saddle point has too.
    saddle = SURFACES["saddle"]
    path = trajectory("newton", saddle, saddle.start, 1.0, {}, still)
    assert path.points[-1] == pytest.approx([0, 0], abs=1e-9)
    assert path.loss[-1] == saddle.lowest + 1


def test_the_courses_momentum_needs_a_rate_ten_times_as_large() -> None:
    still = np.zeros((STEPS, 2))
    keras = trajectory("momentum", RAVINE, (-5, 2), 0.02, {"momentum": 0.9}, still)
    course = trajectory("course_momentum", RAVINE, (-5, 2), 0.2, {"momentum": 0.9}, still)
    assert course.points == pytest.approx(keras.points, abs=1e-12)


def test_momentum_of_none_is_plain_descent() -> None:
    plain = trajectory("sgd", RAVINE, (-5, 2), 0.1, {}, np.zeros((STEPS, 2)))
    for name in ("momentum", "course_momentum", "nesterov"):
        path = trajectory(name, RAVINE, (-5, 2), 0.1, {"momentum": 0.0}, np.zeros((STEPS, 2)))
        assert path.points == pytest.approx(plain.points, abs=1e-12)


def test_plain_descent_on_the_ravine_in_closed_form() -> None:
    path = trajectory("sgd", RAVINE, (-5, 2), 0.1, {}, np.zeros((STEPS, 2)))
    t = np.arange(STEPS + 1)
    assert path.points[:, 0] == pytest.approx(-5 * (1 - 0.1 / 10) ** t)
    assert path.points[:, 1] == pytest.approx(2 * (1 - 0.1 * 5) ** t, abs=1e-12)


def test_the_first_step_of_adam_is_the_rate_however_steep_it_is() -> None:
    path = trajectory("adam", RAVINE, (-5, 2), 0.3, default_settings("adam"), np.zeros((1, 2)))
    assert path.points[1] == pytest.approx([-5 + 0.3, 2 - 0.3], abs=1e-5)


def test_adagrad_divides_by_all_gradients_so_far() -> None:
    usual = default_settings("adagrad")
    path = trajectory("adagrad", RAVINE, (-5, 2), 0.5, usual, np.zeros((STEPS, 2)))
    gradients = np.array([(x["g"], y["g"]) for x, y in path.steps])
    sums = usual["initial_accumulator_value"] + np.cumsum(gradients**2, axis=0)
    eta = 0.5 * gradients / np.sqrt(sums + usual["epsilon"])
    assert -np.diff(path.points, axis=0) == pytest.approx(eta)


@pytest.mark.parametrize("name", UPDATE_RULES)
def test_the_numbers_of_each_line_give_what_the_line_says(name: str) -> None:
    """Read as Python, the numbers written into a line make the line's own value."""
    given = default_settings(name)
    path = trajectory(name, RAVINE, (-5, 2), 0.05, given, gradient_noise(NOISY, 8, 0))
    for t, both in enumerate(path.steps, 1):
        for values in both:
            for line in UPDATE_RULES[name].lines:
                if line.numbers:
                    known = values | given | {"lr": 0.05, "t": t}
                    assert _worth(line.numbers, known) == pytest.approx(known[line.key]), line


def _worth(numbers: str, known: dict[str, float]) -> float:
    for name, value in known.items():
        numbers = numbers.replace(f"<{name}>", f"({value!r})")
    numbers = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", numbers)
    for _ in range(5):  # inner braces first
        numbers = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", numbers)
        numbers = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", numbers)
    numbers = re.sub(r"\\operatorname\{sign\}", "sign", numbers)
    numbers = re.sub(r"\\Bigl|\\Bigr|\\,|\\(?=max)", "", numbers)
    numbers = re.sub(r"\|(.*?)\|", r"abs(\1)", numbers)
    numbers = numbers.replace(r"\cdot", "*").replace("^", "**")
    numbers = re.sub(r"\{([^{}]*)\}", r"\1", numbers)
    numbers = re.sub(r"\) ?\(", ")*(", numbers)
    worth: float = eval(numbers, {"sqrt": sqrt, "sign": np.sign, "max": max, "abs": abs})
    return worth


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_gradients_and_minima_are_those_of_the_surface(surface: Surface) -> None:
    h = 1e-6
    for x, y in np.random.default_rng(0).uniform(-2, 2, (20, 2)):
        dx = (surface.f(x + h, y) - surface.f(x - h, y)) / (2 * h)
        dy = (surface.f(x, y + h) - surface.f(x, y - h)) / (2 * h)
        assert surface.gradient(float(x), float(y)) == pytest.approx((dx, dy), rel=1e-5, abs=1e-4)
    for minimum in surface.minima:
        assert surface.gradient(*minimum) == pytest.approx((0, 0), abs=1e-3)
        assert surface.f(*minimum) == pytest.approx(surface.lowest, abs=1e-9)
    assert grid(surface, 41)[2].min() >= surface.lowest - 1e-12


@pytest.mark.parametrize("surface", SURFACES)
def test_default_rates_are_the_tuned_ones(surface: str) -> None:
    for name in UPDATE_RULES:
        assert default_rate(name, surface) == tuned_rate(name, surface), name


def test_noise_is_the_same_for_all_and_another_one_for_another_seed() -> None:
    assert (gradient_noise(NOISY, 50, 1) == gradient_noise(NOISY, 50, 1)).all()
    assert not (gradient_noise(NOISY, 50, 1) == gradient_noise(NOISY, 50, 2)).any()
    assert not gradient_noise(RAVINE, 50, 1).any()


def test_a_diverged_path_ends_and_ranks_last() -> None:
    still = np.zeros((100, 2))
    wild = trajectory("sgd", SURFACES["rosenbrock"], (-1.3, 2.4), 1.0, {}, still)
    tame = trajectory("sgd", SURFACES["rosenbrock"], (-1.3, 2.4), 1e-4, {}, still)
    assert wild.diverged_at is not None
    assert len(wild.points) == wild.diverged_at + 1 < 10
    paths: dict[str, Any] = {"wild": wild, "tame": tame}
    assert ranking(paths, 100) == ["tame", "wild"]
    assert converged_at(wild, SURFACES["rosenbrock"]) is None


def test_a_path_has_converged_when_it_stays_within_a_hundredth() -> None:
    bowl = SURFACES["bowl"]
    path = trajectory(
        "sgd", bowl, (2, 0), 0.5, {}, np.zeros((STEPS, 2))
    )  # the loss falls by 4 each time
    assert converged_at(path, bowl) == 4
    assert converged_at(trajectory("sgd", bowl, (2, 0), 1e-4, {}, np.zeros((9, 2))), bowl) is None
