"""What the lab From scratch asks of TensorFlow and Keras, in a worker."""

from typing import Any

from playground.labs.by_numpy import Answer, Weights
from playground.labs.plan import Piece, Plan, State
from playground.worker import plainly


@plainly
def scratch_piece(plan: Plan, side: str, epoch: int, first: int, state: State) -> Piece:
    """Some batches of a run, by one side; see engine.scratch_run."""
    from playground.engine import scratch_run

    done: Piece = scratch_run.piece(plan, side, epoch, first, state)
    return done


@plainly
def scratch_steps(weights: Weights, x: Any, y: Any, size: int, rate: float) -> list[Answer]:
    """The steps of a small network by GradientTape and by Keras; see engine.scratch_steps."""
    from playground.engine import scratch_steps

    answers: list[Answer] = scratch_steps.steps(weights, x, y, size, rate)
    return answers
