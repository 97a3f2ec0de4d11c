"""How good the network is: one question at a time, so that nothing else is computed."""

from collections.abc import Callable

import streamlit as st

from dashboard.moment import Moment
from dashboard.views.inside.calibration import calibration, threshold
from dashboard.views.inside.confusion import confusions, scores
from dashboard.views.inside.misses import misses
from dashboard.views.inside.mistakes import ranked
from dashboard.views.inside.robustness import robust
from dashboard.views.sealed import sealed
from dashboard.views.view import View, choose
from playground.losses import CLASSIFICATION

Answer = Callable[[Moment], None]


def _test(now: Moment) -> None:
    if now.run is None:
        st.info("This network came trained; the test set can be opened for one you train.")
        return
    if now.epoch != now.run.epoch:
        st.caption(f"The test set is asked of the network now, after epoch {now.run.epoch:,}.")
    sealed(now.run, len(now.dataset.test))


_ROBUST: View[Answer] = View(
    ":material/blur_on:", "Does it still answer well when the examples get harder?", robust
)
_TEST: View[Answer] = View(
    ":material/lock:", "How good is it on examples that nobody chose anything by?", _test
)

CLASSIFIER: dict[str, View[Answer]] = {
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
REGRESSION: dict[str, View[Answer]] = {
    "Residuals": View(":material/scatter_plot:", "How far is it from the true values?", misses),
    "Robustness": _ROBUST,
    "Test set": _TEST,
}  # fmt: skip


def evaluation(now: Moment) -> None:
    """One of the questions, by the task."""
    if now.task == CLASSIFICATION:
        choose(CLASSIFIER, "evaluation_view").show(now)
    else:
        choose(REGRESSION, "evaluation_regression").show(now)
