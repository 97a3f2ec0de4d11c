"""What moves on the Train page, as the data of its components."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from dashboard.components import chart, status, stream
from dashboard.figures import Figure, training_curves
from dashboard.figures.style import compact
from dashboard.figures.training_curves import PLAIN, CurveView, KeptCurve
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.network_graph import graph_parts, shown_example
from dashboard.views.shared.predictions import prediction_parts
from dashboard.views.shared.run_controls import progress
from playground.analysis.diagnosis import Monitor
from playground.analysis.metrics.run_summary import (
    gap,
    loss_rise,
    plateau_start,
    restored_epoch,
)
from playground.analysis.metrics.score import baseline, constant_answer
from playground.datasets import Dataset
from playground.experiment.model_summary import layer_name
from playground.history.events import (
    MOST_BATCH_LOSSES,
    NO_LOSSES,
    BatchLosses,
    Diverged,
    Epoch,
    metric_name,
)
from playground.history.history import History, history
from playground.nn.format import format_score
from playground.nn.network import Snapshot
from playground.runs.run import Run

Parts = Mapping[str, Any]

FRAME_SECONDS = 0.05  # between two predictions of a playing run, at least
GRAPH_SECONDS = 0.3  # between two graphs of a playing run
GRAPH_HEIGHT, PREDICTION_HEIGHT, CURVE_HEIGHT = 200, 200, 130  # pixels, at least
SHARES = 0.37, 0.27  # of the window's height, of the pictures and of the curves
PRESENTED, BELOW_CARDS = (0.51, 0.36), (0.31, 0.18)
SINCE_BEST = 4  # epochs without a better validation loss before overfitting is marked
DIAGNOSE_SECONDS = 1.0  # between two diagnoses of a playing run


class LiveView:
    """The live part of the Train page for one run."""

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        curves: CurveView = PLAIN,
        kept: Sequence[KeptCurve] = (),
        example: int = 0,
        shown: Snapshot | None = None,
    ) -> None:
        self.run, self.dataset, self.curves, self.kept = run, dataset, curves, kept
        self.example = example  # in the diagram's first column
        self.shown = shown  # the weights of an earlier epoch, in place of the newest
        loss = run.experiment.training.loss
        self._baseline = baseline(dataset, loss)
        self._constant = constant_answer(dataset.source.task, loss)
        self._monitor = Monitor(run.network)
        self._problems = ""
        # What is computed anew only for new epochs, updates or weights, and no faster than it may.
        self._loss_chart = stream.Paced[Any]()
        self._of_epochs = stream.Paced[Parts]()
        self._of_weights = stream.Paced[tuple[Any, ...]](FRAME_SECONDS)
        self._graph = stream.Paced[tuple[Any, Mapping[str, Any]]](GRAPH_SECONDS)
        self._diagnosis = stream.Paced[str](DIAGNOSE_SECONDS)

    def revision(self) -> Hashable:
        """Changes with everything that `parts` shows."""
        run = self.run
        shown = run.state, run.notice, len(run.events), id(run.progress), id(run.latest)
        return run.network, *shown

    def parts(self) -> Parts:
        """Data of the components by key; "state" changes when the page must be drawn again."""
        run = self.run
        latest = run.latest  # read once: another thread replaces it
        state = self._state()
        epochs = run.network, len(run.events)
        parts: dict[str, Any] = {
            "state": state,
            "progress": progress(run),
            "epoch": {"newest": latest.epoch if latest else 0},
            "loss_chart": self._loss_chart.get(
                (*epochs, self._problems, len(self._batches())), self._losses
            ),
            **self._of_epochs.get(epochs, self._scores),
        }
        shown = self.shown or latest
        if shown is not None:
            now = NetworkView(run.experiment, self.dataset, shown, run, run.network)
            # The weights stand beside what is made of them: no others get the same id.
            _, predictions = self._of_weights.get(
                id(shown),
                lambda: (
                    shown, prediction_parts(shown, self.dataset, run.network, PREDICTION_HEIGHT)
                ),
                now=run.state != "playing",
            )  # fmt: skip
            _, parts["train_graph"] = self._graph.get(
                id(shown),
                lambda: (shown, graph_parts(now, shown_example(now, self.example))),
                now=run.state != "playing",
            )
            parts |= predictions
        return parts

    def _losses(self) -> Mapping[str, Any]:
        """The chart of the loss: of epochs, and at first of single updates."""
        run, view, log = self.run, self.curves, history(self.run.events)
        lost = False
        if view.together:
            metric = metric_name(run.experiment.data.source.task)
            figure = training_curves.four_curves(log, metric, run.network, view)
        else:
            lost = self._lacks_updates()
            figure = training_curves.loss_curves(
                log, view, run.network, self.kept, self._marks(log), self._batches()
            )
        return self._curve_chart(
            figure,
            training_curves.loss_sentence(log),
            "The loss: training (solid) as the mean during the epoch, validation (dashed) after "
            "it. Where the dashed line rises, overfitting begins. Faint, as long as the updates "
            "are few: the loss of each on its batch.",
            " · single updates not kept" * lost,
        )

    def _scores(self) -> Parts:
        """What else changes with the epochs."""
        run, view = self.run, self.curves
        log, metric = history(run.events), metric_name(run.experiment.data.source.task)
        return {
            "metric_chart": self._curve_chart(
                training_curves.metric_curves(
                    log,
                    metric,
                    run.network,
                    self.kept,
                    view,
                    self._baseline.metric,
                    self.dataset.source.unit,
                ),
                training_curves.metric_sentence(log, metric, self.dataset.source.unit),
                "The score: training (solid) as the mean during the epoch, validation (dashed) "
                f"after it; dotted: always {self._constant}. Raise the learning rate while it "
                "trains and watch both.",
                self._gap(log, metric == "accuracy"),
            ),
            "rate_chart": chart.chart_data(
                training_curves.rate_curve(log, run.network),
                training_curves.rate_sentence(log),
                "The learning rate of each epoch; choose a schedule to change it.",
            ),
            "layers": self._layers(),
        }

    def _curve_chart(
        self, figure: Figure, sentence: str, about: str, more: str = ""
    ) -> Mapping[str, Any]:
        figure["layout"]["title"]["text"] += f" by epoch{more}"  # in place of the axis title
        small = compact(figure, CURVE_HEIGHT)
        # For the values at the lines' ends, and the legend below the title.
        small["layout"]["margin"] |= {"r": 62, "t": 38}
        return chart.chart_data(small, sentence, about, small=True)

    def _gap(self, log: History, is_accuracy: bool) -> str:
        events = self.run.events
        apart = gap(log, is_accuracy, restored_epoch(events[-1] if events else None))
        if apart is None:
            return ""
        size = format_score(abs(apart.metric), is_accuracy)
        return f" · gap {'−' if apart.metric < 0 else '+'}{size}"

    def _batches(self) -> BatchLosses:
        """The losses of single updates, as long as those of all of them are known."""
        run = self.run
        losses, progress = run.losses, run.progress
        begun = 0.0 if progress is None else progress.epoch - 1 + progress.batch / progress.batches
        all_known = len(losses) and losses.epoch[-1] >= max(run.epoch, begun)
        return losses if all_known else NO_LOSSES

    def _lacks_updates(self) -> bool:
        """Whether losses of single updates would be drawn, but are not known: of a saved run."""
        losses = self.run.losses
        epochs = (event for event in reversed(self.run.events) if isinstance(event, Epoch))
        few = next((epoch.step <= MOST_BATCH_LOSSES for epoch in epochs), False)
        return few and not (len(losses) and losses.epoch[0] <= 1)

    def _marks(self, log: History) -> list[tuple[float, str]]:
        """Plateau, start of overfitting and divergence."""
        marks: list[tuple[float, str]] = []
        since = 0 if log.best_epoch is None else int(log.epoch[-1]) - log.best_epoch
        if "overfitting" in self._problems and since >= SINCE_BEST and loss_rise(log) > 0:
            marks.append((int(log.epoch[-1]) - since, "overfitting begins"))
        if "diverged" not in self._problems and (start := plateau_start(log)) is not None:
            marks.append((start, "plateau"))
        last = self.run.events[-1] if self.run.events else None
        if isinstance(last, Diverged):
            marks.append((last.epoch, "diverged"))
        return marks

    def _state(self) -> str:
        run = self.run

        def problems() -> str:
            found = self._monitor.update(run.experiment, run.events, run.latest, self.dataset)
            names = ",".join(problem.name for problem in found)
            return names or ("none" if self._monitor.is_settled else "")

        self._problems = self._diagnosis.get(run.epoch, problems, now=run.state != "playing")
        return f"{run.state} {run.latest is not None} {run.unsaved} {self._problems}"

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
