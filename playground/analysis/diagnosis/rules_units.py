"""Rules on units and gradients: dead units, saturated units, vanishing or exploding gradients."""

import numpy as np

from playground.analysis.diagnosis.rule import (
    CLIP,
    INITIALIZE,
    STANDARDIZE,
    Changes,
    FixStep,
    Rule,
    fixed_scale_weights,
    slower_new_run,
)
from playground.analysis.diagnosis.run_window import ENOUGH, FAR, RunWindow
from playground.analysis.inspection.activations import is_flat
from playground.analysis.inspection.signal_propagation import (
    MOST_DEAD,
    TOLERATED,
    chosen,
    recommended,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Layer

FEWEST_UPDATES = 20
MOST_SATURATED = MOST_DEAD  # share of the units of a layer
FAST = 31.0  # times the default learning rate: it alone may have killed units


def _begun(run: RunWindow) -> bool:
    return len(run) >= 2 and run.updates >= FEWEST_UPDATES


def _flat(run: RunWindow, sides: tuple[float, ...]) -> list[bool]:
    """Whether the activation of each hidden layer is flat at all pre-activations `sides`."""
    network = run.network
    flat = []
    for name in network.layer_activations:
        parameters = {field: getattr(network, field) for field in ACTIVATIONS[name].parameters}
        layer = Layer(np.zeros((1, 1)), np.zeros(1), name, parameters)
        flat.append(bool(is_flat(layer, np.array(sides)).all()))
    return flat


def _worst_layer(shares: list[float], most: float) -> str:
    """ "62% of the units of hidden layer 1"."""
    share, i = max((share, -i) for i, share in enumerate(shares))
    others = sum(share >= most for share in shares) - 1
    more = f", and {others} more {'layers' if others > 1 else 'layer'} like it" if others else ""
    return f"{share:.0%} of the units of hidden layer {1 - i}{more}"


# ---- dead and saturated units ------------------------------------------------------------


def _dead(run: RunWindow) -> list[float]:
    return [layer.dead for layer in run.layers if layer.dead is not None]


def dead_units(run: RunWindow) -> str | None:
    """Units with the same output for every example."""
    shares = _dead(run)
    if not (_begun(run) and shares and max(shares) >= MOST_DEAD):
        return None
    if run.network.l1 > 0 and run.skill >= ENOUGH:
        return None  # the purpose of L1
    return (
        f"After epoch {run.epoch[-1]:,}, {_worst_layer(shares, MOST_DEAD)} give the same output "
        "for every example: it varies by less than 0.001."
    )


def one_sided(run: RunWindow) -> bool:
    """Whether a layer with dead units has an activation that is flat below zero only."""
    flat = zip(_flat(run, (-FAR, -FAR / 2)), _flat(run, (FAR,)), _dead(run), strict=False)
    return any(left and not right and share >= MOST_DEAD for left, right, share in flat)


def _leaky(run: RunWindow) -> Changes:
    """Leaky ReLU in place of activations that are flat below zero only."""
    network = run.network
    left, right = _flat(run, (-FAR, -FAR / 2)), _flat(run, (FAR,))
    names = [
        "leaky_relu" if a and not b else name
        for a, b, name in zip(left, right, network.layer_activations, strict=True)
    ]
    if len(set(names)) == 1:
        return {"activation": names[0], "activations": ()}
    return {"activations": tuple(names)}


def saturated_units(run: RunWindow) -> str | None:
    """Units in a flat zone of their activation for nearly every example."""
    inspection = run.fresh_inspection
    shares = list(inspection.saturated) if inspection else []
    if not (_begun(run) and shares and max(shares) >= MOST_SATURATED):
        return None
    if run.skill >= ENOUGH:
        return None
    return (
        f"For at least 95% of the examples {_worst_layer(shares, MOST_SATURATED)} are where their "
        "activation is flat: hardly any gradient passes."
    )


def _to_relu(run: RunWindow) -> Changes:
    return {"activation": "relu", "activations": (), "kernel_initializer": "he_normal"}


UNBOUNDED = FixStep(
    "ReLU has slope 1 where z is positive: the whole gradient passes there.",
    _to_relu,
    lambda run: any(_flat(run, (-FAR, FAR))),
)

# ---- gradients ---------------------------------------------------------------------------

# Gradients per weight, last layer / first layer: the fan-in and fan-out of layers differ by up to
# TOLERATED each.
VANISHED = TOLERATED**2
HUGE = 1.0  # gradient per weight, as a root mean square
WORSE = 3.0  # times the baseline's loss


def gradients(run: RunWindow) -> str | None:
    """Gradients that vanish on their way to the first layer, or explode."""
    return _vanishing(run) or _exploding(run)


def _vanishing(run: RunWindow) -> str | None:
    sizes = run.gradients
    if len(sizes) < 3 or not _begun(run) or not run.training_skill < ENOUGH:
        return None
    first, last = sizes[0], sizes[-1]
    if not (np.isfinite(sizes).all() and first * VANISHED < last) or one_sided(run):
        return None
    times = f"{last / first:,.0f} times" if first > 0 else "infinitely"
    return (
        f"A weight of the first layer gets a gradient of {first:.1e}, one of the last layer "
        f"{last:.1e}: {times} more. The first layers hardly learn."
    )


def _exploding(run: RunWindow) -> str | None:
    sizes = run.gradients
    if len(sizes) < 2 or not _begun(run) or not np.isfinite(sizes).all():
        return None
    loss = run.training[-1]
    if not (max(sizes) > HUGE and loss > WORSE * run.baseline.loss):
        return None
    return (
        f"Gradients per weight are as large as {max(sizes):.2g} (often about 0.01), and the "
        f"training loss is {loss:.3g}, where a constant answer gives {run.baseline.loss:.3g}."
    )


def _unsuited_initializer(run: RunWindow) -> bool:
    network = run.network
    return network.kernel_initializer != recommended(chosen(run.experiment))


RULES: dict[str, Rule] = {
    "dead_units": Rule(
        8,
        "Dead units",
        "warning",
        "activations",
        "A ReLU whose z is negative for every example outputs 0 and gets no gradient: it cannot "
        "recover, and the network is smaller than it looks. One large step is enough for that.",
        dead_units,
        (
            FixStep(
                "All units of a layer began with the same weights, and get the same gradients.",
                INITIALIZE.changes,
                lambda run: (
                    run.inspection is not None
                    and run.inspection.identical
                    and fixed_scale_weights(run)
                ),
                "Use random initial weights",
            ),
            STANDARDIZE,
            slower_new_run(10, FAST),
            FixStep(
                "With a small slope for negative z a unit keeps its gradient, and can recover.",
                _leaky,
                one_sided,
            ),
            INITIALIZE,
            UNBOUNDED,
            slower_new_run(10),
        ),
        ("gradients", "over_regularized"),
    ),
    "saturated_units": Rule(
        9,
        "Saturated units",
        "warning",
        "activations",
        "Far from zero sigmoid and tanh are flat: the output hardly depends on z, and the gradient "
        "is multiplied by nearly 0.",
        saturated_units,
        (STANDARDIZE, INITIALIZE, slower_new_run(10, FAST), UNBOUNDED, slower_new_run(10)),
    ),
    "gradients": Rule(
        10,
        "Vanishing or exploding gradients",
        "warning",
        "activations",
        "In backpropagation every layer multiplies the gradient by its weights and by the slope of "
        "its activation (0.25 at most for sigmoid). Over many layers the product vanishes or "
        "explodes.",
        gradients,
        (
            INITIALIZE,
            FixStep(
                UNBOUNDED.reason,
                _to_relu,
                lambda run: UNBOUNDED.applies(run) and _vanishing(run) is not None,
            ),
            FixStep(INITIALIZE.reason, INITIALIZE.changes, _unsuited_initializer, INITIALIZE.label),
            CLIP,
            FixStep(
                "Fewer layers are fewer factors.",
                lambda run: {
                    "hidden": run.network.hidden[:2],
                    "activations": run.network.activations[:2],
                },
                lambda run: _vanishing(run) is not None,
            ),
            slower_new_run(10),
        ),
    ),
}
