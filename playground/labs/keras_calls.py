"""What the lab From scratch asks of TensorFlow and Keras, in a worker.

What real Keras says in a lab; to be called in a worker, where alone it is loaded.
"""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from playground.experiment.model import Experiment
from playground.labs.scratch.config import Piece, ScratchPlan, State
from playground.labs.scratch.numpy_network import BatchResult, Weights
from playground.nn.network import Snapshot
from playground.runs.worker import plainly

Array = NDArray[Any]


@plainly
def scratch_piece(plan: ScratchPlan, side: str, epoch: int, first: int, state: State) -> Piece:
    """Some batches of a run, by one side; see engine.scratch_run."""
    from playground.labs.keras import scratch_run

    done: Piece = scratch_run.piece(plan, side, epoch, first, state)
    return done


@plainly
def scratch_steps(weights: Weights, x: Any, y: Any, size: int, rate: float) -> list[BatchResult]:
    """The steps of a small network by GradientTape and by Keras; see engine.scratch_steps."""
    from playground.labs.keras import scratch_run

    answers: list[BatchResult] = scratch_run.steps(weights, x, y, size, rate)
    return answers


@dataclass(frozen=True)
class Session:
    """Lines of Python as one types them, each with what came back; and the layer's outputs."""

    lines: tuple[tuple[str, str], ...]
    outputs: Array

    @property
    def text(self) -> str:
        """The lines with prompts, and below each one the answer."""
        rows = []
        for code, answer in self.lines:
            rows += [f">>> {code}", *filter(None, [answer])]
        return "\n".join(rows)


@dataclass(frozen=True)
class Normalized:
    """What a Normalization layer has learnt, and what it makes of the data it learnt from."""

    mean: Array
    variance: Array
    outputs: Array
    shapes: tuple[tuple[int, ...], ...]  # of get_weights: mean, variance, count


@plainly
def neuron(activation: str, w: float, b: float, x: Array) -> Session:
    """A Dense layer of one unit before and after its weights are set; see engine.by_hand."""
    from playground.labs.keras import by_hand

    found: Session = by_hand.neuron(activation, w, b, x)
    return found


@plainly
def layer(activation: str, kernel: Array, bias: Array, x: Array) -> Session:
    """A Dense layer that is built by its first call, and refuses wrong shapes."""
    from playground.labs.keras import by_hand

    found: Session = by_hand.layer(activation, kernel, bias, x)
    return found


@plainly
def normalization(x: Array) -> Normalized:
    """A Normalization layer adapted to `x` (n, n_features)."""
    from playground.labs.keras import by_hand

    found: Normalized = by_hand.normalization(x)
    return found


@plainly
def roasting(seed: int) -> list[Snapshot]:
    """The 2-3-1 network trained from this seed, at each of the MOMENTS of labs.roasting."""
    from playground.labs.keras import by_hand

    found: list[Snapshot] = by_hand.roasting(seed)
    return found


@plainly
def summaries(experiment: Experiment) -> dict[str, str]:
    """What `model.summary()` prints for the model in each of FORMS of labs.six_steps."""
    from playground.labs.keras import code as six_steps

    found: dict[str, str] = six_steps.summaries(experiment)
    return found
