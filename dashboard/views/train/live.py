"""What moves on the Train page, as the data of its components."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from dashboard.components import chart, status
from dashboard.figures import training_curves
from dashboard.figures.style import compact
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.network_graph import first_example, graph_parts
from dashboard.views.shared.predictions import prediction_parts
from dashboard.views.shared.run_controls import progress
from playground.analysis.diagnosis import Monitor
from playground.analysis.metrics.baseline import baseline
from playground.analysis.metrics.run_summary import LAST, gap, restored_epoch
from playground.datasets import Dataset
from playground.experiment.model_summary import layer_name
from playground.history.events import Epoch, metric_name
from playground.history.history import Column, History, history
from playground.runs.run import Run

Parts = Mapping[str, Any]

GRAPH_SECONDS = 0.3  # between two graphs of a playing run
GRAPH_HEIGHT, PREDICTION_HEIGHT, CURVE_HEIGHT = 250, 262, 190  # pixels
DIAGNOSE_SECONDS = 1.0  # between two diagnoses of a playing run

GAP, BASELINE = "Gap", "Baseline"
HELP = {
    "Epoch": "Passes through all training examples.",
    "Training loss": "Mean during the epoch, with dropout on.",
    "Validation loss": "After the epoch, on examples that are not trained on; if it rises while "
    "training loss falls, the network overfits.",
    GAP: f"How much better it is on training than on validation examples, the mean of the last "
    f"{LAST} epochs: large means overfitting.",
    BASELINE: "The score of always giving the same answer: the most frequent class, or the mean.",
}
SCORES = {
    "accuracy": "Share of correct predictions; compare it with the baseline.",
    "mean error": "Mean absolute error, in the target's own unit; compare it with the baseline.",
}


class LiveView:
    """The live part of the Train page for one run."""

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        logarithmic: bool,
        kept: Sequence[training_curves.KeptCurve] = (),
    ) -> None:
        self.run, self.dataset, self.logarithmic, self.kept = run, dataset, logarithmic, kept
        self._baseline = baseline(dataset, run.experiment.training.loss)
        self._monitor = Monitor(run.network)
        self._diagnosed = (-1, -DIAGNOSE_SECONDS)  # epoch and time of the last diagnosis
        self._problems = ""
        self._drawn: tuple[float, Mapping[str, Any] | None] = (0.0, None)

    def revision(self) -> Hashable:
        """Changes with everything that `parts` shows."""
        run = self.run
        shown = run.state, run.notice, len(run.events), id(run.progress), id(run.latest)
        return run.network, *shown

    def parts(self) -> Parts:
        """Data of the components by key; "state" changes when the page must be drawn again."""
        run = self.run
        log, metric = history(run.events), metric_name(run.experiment.data.source.task)
        parts: dict[str, Any] = {
            "state": self._state(),
            "progress": progress(run),
            "tiles": self._tiles(log, metric),
            "loss_chart": chart.chart_data(
                compact(
                    training_curves.loss_curves(log, self.logarithmic, run.network, self.kept),
                    CURVE_HEIGHT,
                ),
                training_curves.loss_sentence(log),
                "The loss: training (solid) as the mean during the epoch, validation (dashed) "
                "after it. Where the dashed line rises, overfitting begins.",
                small=True,
            ),
            "metric_chart": chart.chart_data(
                compact(
                    training_curves.metric_curves(log, metric, run.network, self.kept), CURVE_HEIGHT
                ),
                training_curves.metric_sentence(log, metric),
                "The score: training (solid) as the mean during the epoch, validation (dashed) "
                "after it. Raise the learning rate while it trains and watch both.",
                small=True,
            ),
            "rate_chart": chart.chart_data(
                training_curves.rate_curve(log, run.network),
                training_curves.rate_sentence(log),
                "The learning rate of each epoch; choose a schedule to change it.",
            ),
            "layers": self._layers(),
        }
        latest = run.latest  # read once: another thread replaces it
        if latest is not None:
            now = NetworkView(run.experiment, self.dataset, latest, run, run.network)
            parts |= prediction_parts(latest, self.dataset, run.network, PREDICTION_HEIGHT)
            parts["train_graph"] = self._graph(now)
        return parts

    def _graph(self, now: NetworkView) -> Mapping[str, Any]:
        """The network graph, not more often than GRAPH_SECONDS while the run plays."""
        at, graph = self._drawn
        if graph is None or time.monotonic() - at > GRAPH_SECONDS or self.run.state != "playing":
            graph = graph_parts(now, first_example(now))
            self._drawn = time.monotonic(), graph
        return graph

    def _state(self) -> str:
        run, now = self.run, time.monotonic()
        epoch, when = self._diagnosed
        if run.epoch != epoch and now - when >= DIAGNOSE_SECONDS:
            found = self._monitor.update(run.experiment, run.events, run.latest, self.dataset)
            self._problems = ",".join(problem.name for problem in found)
            self._diagnosed = run.epoch, now
        begun = run.progress is not None
        return f"{run.state} {begun} {run.latest is not None} {run.unsaved} {self._problems}"

    def _tiles(self, log: History, metric: str) -> Mapping[str, Any]:
        """The scores of the last epoch, the generalization gap and the baseline."""
        is_accuracy = metric == "accuracy"
        name = "accuracy" if is_accuracy else "mean error"
        number: Callable[[float], str] = "{:.1%}".format
        if not is_accuracy:
            number = self.dataset.error_text
        tiles = [
            ("Epoch", f"{log.epoch[-1]:,}" if len(log) else "0"),
            ("Training loss", _last("{:.4f}".format, log.loss)),
            ("Validation loss", _last("{:.4f}".format, log.val_loss)),
            (f"Training {name}", _last(number, log.metric)),
            (f"Validation {name}", _last(number, log.val_metric)),
        ]
        events = self.run.events
        apart = gap(log, is_accuracy, restored_epoch(events[-1] if events else None))
        if apart is not None:
            sign = "−" if apart.metric < 0 else "+"
            tiles.append((GAP, sign + number(abs(apart.metric))))
        tiles.append((BASELINE, number(self._baseline.metric)))
        return status.tiles_data(
            [
                status.ScoreTile(label, value, HELP.get(label, SCORES[name]))
                for label, value in tiles
            ]
        )

    def _layers(self) -> Mapping[str, Any]:
        last = next((e for e in reversed(self.run.events) if isinstance(e, Epoch)), None)
        columns = ("layer", "gradient", "weight", "update", "dead units")
        if last is None:
            return status.table_data(columns, [], "No epoch yet: press Train.")
        rows = [
            (
                layer_name(i, len(last.layers)), f"{layer.gradient:.2e}", f"{layer.weight:.2e}",
                f"{layer.update:.2e}", "–" if layer.dead is None else f"{layer.dead:.0%}",
            )
            for i, layer in enumerate(last.layers)
        ]  # fmt: skip
        return status.table_data(
            columns,
            rows,
            f"After epoch {last.epoch:,}: root mean squares over all weights and biases of a "
            "layer. The output of a dead unit is nearly the same for every example.",
        )


def _last(text: Callable[[float], str], values: Column | None) -> str:
    return text(float(values[-1])) if values is not None and len(values) else "–"
