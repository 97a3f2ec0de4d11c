"""How good the network is: one question at a time, so that nothing else is computed."""

from collections.abc import Callable

import streamlit as st

from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation.calibration import calibration, threshold
from dashboard.views.inspect.evaluation.confusion_matrix import confusions, scores
from dashboard.views.inspect.evaluation.errors import ranked
from dashboard.views.inspect.evaluation.residuals import misses
from dashboard.views.inspect.evaluation.robustness import robust
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.shared.view import View, choose
from playground.nn.losses import CLASSIFICATION

Answer = Callable[[NetworkView], None]


def _test(now: NetworkView) -> None:
    if now.run is None:
        st.info("This network came trained; the test set can be opened for one you train.")
        return
    if now.epoch != now.run.epoch:
        st.caption(f"The test set is asked of the network now, after epoch {now.run.epoch:,}.")
    evaluate_on_test_set(now.run, len(now.dataset.test))


_ROBUST: View = View(
    ":material/blur_on:", "Does it still answer well when the examples get harder?", robust
)
_TEST: View = View(
    ":material/lock:", "How good is it on examples that nobody chose anything by?", _test
)

CLASSIFIER: dict[str, View] = {
    "Confusion": View(":material/grid_on:", "Which classes does it take for which?", confusions),
    "Scores": View(
        ":material/rule:", "Which classes does it find, and can it be believed?", scores
    ),
    "Mistakes": View(":material/close:", "Where is it wrong, and sure of it?", ranked),
    "Calibration": View(
        ":material/speed:", 'When it says "97 % sure", is it right in 97 of 100 cases?', calibration
    ),
    "Threshold": View(":material/help:", 'What if it may say "I don\'t know"?', threshold),
    "Robustness": _ROBUST,
    "Test set": _TEST,
}
REGRESSION: dict[str, View] = {
    "Residuals": View(":material/scatter_plot:", "How far is it from the true values?", misses),
    "Robustness": _ROBUST,
    "Test set": _TEST,
}  # fmt: skip


def evaluation(now: NetworkView) -> None:
    """One of the questions, by the task."""
    if now.task == CLASSIFICATION:
        choose(CLASSIFIER, "evaluation_view").show(now)
    else:
        choose(REGRESSION, "evaluation_regression").show(now)
