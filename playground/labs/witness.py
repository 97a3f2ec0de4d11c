"""What real Keras says in a lab; to be called in a worker, where alone it is loaded."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from playground.experiment import Experiment
from playground.snapshot import Snapshot
from playground.worker import plainly

Array = NDArray[Any]


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
    from playground.engine import by_hand

    found: Session = by_hand.neuron(activation, w, b, x)
    return found


@plainly
def layer(activation: str, kernel: Array, bias: Array, x: Array) -> Session:
    """A Dense layer that is built by its first call, and refuses wrong shapes."""
    from playground.engine import by_hand

    found: Session = by_hand.layer(activation, kernel, bias, x)
    return found


@plainly
def normalization(x: Array) -> Normalized:
    """A Normalization layer adapted to `x` (n, n_features)."""
    from playground.engine import by_hand

    found: Normalized = by_hand.normalization(x)
    return found


@plainly
def roasting(seed: int) -> list[Snapshot]:
    """The 2-3-1 network trained from this seed, at each of the MOMENTS of labs.roasting."""
    from playground.engine import by_hand

    found: list[Snapshot] = by_hand.roasting(seed)
    return found


@plainly
def summaries(experiment: Experiment) -> dict[str, str]:
    """What `model.summary()` prints for the model in each of FORMS of labs.six_steps."""
    from playground.engine import six_steps

    found: dict[str, str] = six_steps.summaries(experiment)
    return found
