"""The test set: sealed until it is opened, and every opening is counted."""

import streamlit as st

from dashboard.figures.training_curves import METRICS
from playground.analysis.metrics.score import selection_bias
from playground.history.events import Epoch, metric_name
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION
from playground.runs.run import Run, TestEvaluation

ADVICE = (
    "Sealed until you ask. Make your choices by the validation score: a test set that helped "
    "to choose says nothing any more about new examples."
)


def sealed(run: Run, n_test: int) -> None:
    """The button that opens the test set of `n_test` examples, what it said, and what it costs."""
    st.caption(ADVICE)
    opened = run.test_evaluation is not None
    if st.button(
        "Open it again" if opened else "Open the test set",
        key="open_test",
        icon=":material/lock_open:",
        disabled=not run.epoch,
        help=None if run.epoch else "Train the network first: there is nothing to measure yet.",
    ):
        try:
            run.test()
        except LookupError as error:
            st.error(f"It could not be opened: {error}.")
        else:
            st.rerun()  # the button has another name now
    if run.test_evaluation is not None:
        _scores(run, run.test_evaluation)
    st.markdown(count_sentence(run, n_test))


def _scores(run: Run, opening: TestEvaluation) -> None:
    """Test beside validation score, of the same weights."""
    metric = metric_name(run.experiment.data.source.task)
    name, is_accuracy = METRICS[metric], metric == "accuracy"
    text = f"test loss {opening.score.loss:.4f}, {name.lower()} {{}}"
    later = "" if opening.epoch == run.epoch else f" It is now at epoch {run.epoch:,}."
    score = format_score(opening.score.metric, is_accuracy)
    st.success(f"After epoch {opening.epoch:,}: {text.format(score)}.{later}")
    epochs = {e.epoch: e for e in run.events if isinstance(e, Epoch)}
    then = epochs.get(opening.epoch)
    with st.container(horizontal=True, key="test_tiles"):
        if then is not None and then.validation is not None:
            st.metric(
                f"Validation {name.lower()}", format_score(then.validation.metric, is_accuracy)
            )
        st.metric(f"Test {name.lower()}", score)


def count_sentence(run: Run, n_test: int) -> str:
    """How often this test set was opened, and what the next time costs."""
    own = [o for o in run.test_evaluations if o.dataset == run.experiment.data.dataset]
    if not own:
        return (
            "**Not opened yet.** The first opening costs nothing, if it comes last: after it, "
            "nothing should be changed."
        )
    times = {1: "once", 2: "twice"}.get(len(own), f"{len(own):,} times")
    others = sum(o.network != own[-1].network for o in own)
    whom = f", {others:,} of them for other networks" if others else ""
    if run.test_evaluation is None:
        whom = ", for other networks than this one"
    cost = _cost(own, run.experiment.data.source.task, n_test)
    return f"**Opened {times} so far**{whom}. {cost} A reset does not undo it."


def _cost(own: list[TestEvaluation], task: str, n_test: int) -> str:
    """Of one more opening, in a figure where there is one."""
    general = "Every choice made by its score fits the network to these very examples"
    if task != CLASSIFICATION:
        return f"{general}, and its error begins to look smaller than it is."
    looks = len(own) + 1
    points = 100 * selection_bias(own[-1].score.metric, n_test, looks)
    return (
        f"{general}: among {looks} equally good networks, the best looks {points:.1f} percentage "
        f"points too good on these {n_test:,} test examples, by luck alone."
    )
