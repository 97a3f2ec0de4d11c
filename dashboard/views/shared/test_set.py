"""The test set: evaluated on request only, and every evaluation is counted."""

import pandas as pd
import streamlit as st

from dashboard.figures.training_curves import METRICS
from dashboard.views.shared.curves import baseline_sentence
from dashboard.widgets.messages import literal
from playground.analysis.metrics.classification import predict
from playground.analysis.metrics.score import selection_bias
from playground.datasets import Dataset
from playground.history.events import Epoch, metric_name
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.runs.run import Run
from playground.storage.records import TestEvaluation

ADVICE = (
    "Tune on the validation score: once the test set guides a choice, its score no longer "
    "estimates performance on new data."
)


VALIDATED_ON_TEST = (
    "The test examples are the validation examples (test_size 0). What is lost: every choice made "
    "by the validation score, such as the epoch to stop at, has used them, so that no score is "
    "left which estimates performance on new data without bias. With a validation split from the "
    "training examples, as usual here, the test set stays unseen until the end."
)
FIRST = 3  # test examples whose prediction is written out


def evaluate_on_test_set(run: Run, dataset: Dataset) -> None:
    """Draw the button that evaluates on the test examples, the scores, and the count."""
    n_test = len(dataset.test)
    if not n_test:
        on_test = run.experiment.data.validate_on_test
        left = "No rows are left to test on: all are for training."
        st.info(VALIDATED_ON_TEST if on_test else left)
        return
    st.caption(ADVICE)
    if st.button(
        "Evaluate on test set" + (" again" if run.test_evaluation else ""),
        key="open_test",
        icon=":material/lock_open:",
        disabled=not run.epoch,
        help=None if run.epoch else "Train the network first.",
    ):
        try:
            run.test()
        except LookupError as error:
            st.error(f"The test set could not be evaluated: {error}.")
        else:
            st.rerun()  # the button has another label now
    if run.test_evaluation is not None:
        _scores(run, run.test_evaluation)
        constant = baseline_sentence(dataset, run.experiment.training.loss, dataset.test)
        st.caption(literal(constant))
        snapshot, classes = run.latest, dataset.source.classes
        if classes and snapshot is not None and snapshot.epoch == run.test_evaluation.epoch:
            more = st.expander(
                "The predictions, written out", key="test_written", on_change="rerun"
            )
            if more.open:
                with more:
                    write_predictions(snapshot, dataset)
    st.markdown(count_sentence(run, n_test))


def _scores(run: Run, evaluation: TestEvaluation) -> None:
    """Test beside validation score, of the same weights."""
    metric = metric_name(run.experiment.data.source.task)
    name = METRICS[metric]
    text = f"test loss {evaluation.score.loss:.4f}, {name.lower()} {{}}"
    later = "" if evaluation.epoch == run.epoch else f" It is now at epoch {run.epoch:,}."
    source = run.experiment.data.source
    score = literal(source.format_metric(evaluation.score.metric))
    st.success(f"After epoch {evaluation.epoch:,}: {text.format(score)}.{later}")
    epochs = {e.epoch: e for e in run.events if isinstance(e, Epoch)}
    epoch = epochs.get(evaluation.epoch)
    with st.container(horizontal=True, key="test_tiles"):
        if epoch is not None and epoch.validation is not None:
            before = source.format_metric(epoch.validation.metric)
            st.metric(f"Validation {name.lower()}", literal(before))
        st.metric(f"Test {name.lower()}", score)


def write_predictions(snapshot: Snapshot, dataset: Dataset) -> None:
    """The first test examples with rounded probabilities, and the share of matches of all."""
    test, names = dataset.test, dataset.source.classes
    found = predict(snapshot, dataset, test)
    st.code(
        f"x_new = x_test[:{FIRST}]\ny_proba = model.predict(x_new)\ny_proba.round(2)\n"
        "y_pred = np.argmax(y_proba, axis=-1)",
        language="python",
    )
    rows = slice(FIRST)
    table = pd.DataFrame(found.probability[rows].round(2), columns=list(names))
    table.insert(0, "y_pred", [f"{c} {names[c]}" for c in found.guess[rows]])
    table.insert(1, "y_test", [f"{c} {names[c]}" for c in test.y[rows]])
    st.dataframe(table, hide_index=False, width="stretch")
    matches = found.right
    st.code(
        "predicted_labels = np.argmax(model.predict(x_test), axis=1)\n"
        "matches = predicted_labels == y_test\n"
        f'print(f"accuracy: {{matches.mean():.2f}}")  # {matches.sum():,} of {len(test):,}\n'
        f"accuracy: {matches.mean():.2f}",
        language="python",
    )


def count_sentence(run: Run, n_test: int) -> str:
    """How often this test set was evaluated, and the bias of one more time."""
    counted = [e for e in run.test_evaluations if e.dataset == run.experiment.data.dataset]
    if not counted:
        return (
            "**Not evaluated yet.** The first evaluation is unbiased if it comes last: change "
            "nothing after it."
        )
    times = {1: "once", 2: "twice"}.get(len(counted), f"{len(counted):,} times")
    others = sum(e.network != counted[-1].network for e in counted)
    which = f", {others:,} of them on other networks" if others else ""
    if run.test_evaluation is None:
        which = ", on other networks than this one"
    bias = _bias(counted, run.experiment.data.source.task, n_test)
    return f"**Evaluated {times} so far**{which}. {bias} A reset does not undo it."


def _bias(counted: list[TestEvaluation], task: str, n_test: int) -> str:
    """The optimism of choosing the best of one more network by the test score."""
    general = "Every choice made by its score fits the network to these examples"
    if task != CLASSIFICATION:
        return f"{general}, and its error becomes optimistic."
    n_networks = len(counted) + 1
    points = 100 * selection_bias(counted[-1].score.metric, n_test, n_networks)
    return (
        f"{general}: of {n_networks} equally good networks, the best scores {points:.1f} "
        f"percentage points too high on these {n_test:,} test examples by chance alone."
    )
