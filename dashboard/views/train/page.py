"""The Train page: one network trains, with its curves, diagnosis and predictions."""

from typing import Any

import streamlit as st

from dashboard.components import chart, status, stream
from dashboard.components.gallery import Tile, gallery
from dashboard.components.network_graph import network_graph
from dashboard.components.slider import epoch_slider, shown_epoch
from dashboard.figures import data as data_figures
from dashboard.figures import images
from dashboard.figures.style import compact
from dashboard.figures.training_curves import CurveView
from dashboard.state import session, stored, url
from dashboard.state.url import page_address
from dashboard.views.shared.export import export_run
from dashboard.views.shared.former_runs import former_curves, pin_controls
from dashboard.views.shared.loading import loaded_dataset
from dashboard.views.shared.predictions import show_prediction_parts
from dashboard.views.shared.run_controls import (
    buttons,
    is_updating,
    message,
    own_run,
    snapshot_at,
)
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.train.diagnosis import diagnose_run, diagnosis, headline, settle
from dashboard.views.train.first_visit import first_visit
from dashboard.views.train.going_on import going_on
from dashboard.views.train.live import (
    BELOW_CARDS,
    GRAPH_HEIGHT,
    PREDICTION_HEIGHT,
    PRESENTED,
    SHARES,
    LiveView,
    Parts,
)
from dashboard.widgets.messages import show_link
from dashboard.widgets.run_status import waiting
from dashboard.widgets.settings import resize_layer
from playground.analysis.inspection import decision_boundary
from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.experiment.url import encode
from playground.history.aggregate import MAX_SMOOTHING
from playground.runs.run import Run

MIDDLE_WIDTHS = {"input": 1.1, "network": 3.0, "output": 1.8}
EXAMPLES = 9  # of images to choose from


def train() -> None:
    """The workbench: controls, network, predictions and curves on one screen; more below."""
    settle()
    experiment = session.experiment()
    dataset = loaded_dataset(experiment.data)
    if dataset is None:
        return
    run = own_run(experiment)
    if run is None:
        return
    shares = BELOW_CARDS if first_visit(run) else PRESENTED if url.presents() else SHARES
    with st.container(key="workbench"):
        _workbench(run, dataset, shares)
    if url.presents() or not url.shows("more"):
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _network(experiment)
    with right:
        st.subheader("Test set", anchor=False)
        evaluate_on_test_set(run, dataset)
        _share(experiment)
    st.subheader("Export", anchor=False)
    export_run(run)


def _workbench(run: Run, dataset: Dataset, shares: tuple[float, float]) -> None:
    """What moves: drawn once, then updated by a stream until the run's state changes.

    shares: of the window's height, of the pictures and of the curves.
    """
    run.heartbeat()
    newest = run.latest.epoch if run.latest else 0
    view = _curve_view(run, newest)
    kept = former_curves(run)
    names = tuple((each.name, each.color) for each in kept)
    example = _chosen_example(dataset)
    key, path = ("train", run.network, view, example, names), ""
    shown = None if view.epoch is None else snapshot_at(run, view.epoch)
    # The page and its stream share one view, and so one diagnosis: otherwise they could disagree.
    live = stored.get(
        "live_view", str(key), make=lambda: LiveView(run, dataset, view, kept, example, shown)
    )
    if is_updating(run):
        path = stream.stream(key, run, live.revision, live.parts)
    parts, diagnoses = live.parts(), diagnose_run(run, dataset)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        buttons(run)
        if url.shows("status"):
            with st.container(width="stretch"):
                message(run, path)
        if url.shows("diagnosis"):
            with st.container(width="content"):
                headline(run, diagnoses)
        _present_button()
    _middle(run, dataset, parts, path, example, shares[0])
    with st.container(horizontal=True, vertical_alignment="center", key="strip"):
        if url.shows("epoch"):
            with st.container(width="stretch"):
                trained = 0 if run.state == "playing" else run.epoch  # then the weights follow
                epoch_slider(
                    newest, run.network, stream=path, large=url.presents(), trained=trained
                )
        if url.shows("axes") and not url.presents():
            _curve_options()
        if url.shows("pin") and not url.presents():
            pin_controls(run)
    if url.shows("curves"):
        _curves(parts, path, shares[1])
    if path:
        stream.watch(path, parts["state"], "watch_stream")
    if url.presents() or not url.shows("more"):
        return
    going_on(run, dataset, diagnoses)
    _more_curves(parts, path)
    diagnosis(run, diagnoses)


def _curve_view(run: Run, newest: int) -> CurveView:
    """The axes that are chosen, and the epoch that the slider shows."""
    scales = stored.widget("curve_scales") or ()
    smoothing = stored.widget("curve_smoothing") or 0.0
    epoch = shown_epoch(newest, run.network)
    together = bool(stored.widget("curves_together"))
    return CurveView("x" in scales, "y" in scales, smoothing, epoch, together)


def _curve_options() -> None:
    """Scales and smoothing of the curves."""
    with st.popover("Axes", icon=":material/show_chart:", key="axes"):
        st.segmented_control(
            "Logarithmic", ["x", "y"], key="curve_scales", selection_mode="multi",
            format_func={"x": "Epochs", "y": "Loss and error"}.__getitem__,
            persist_state="session",
            help="Of an accuracy the error rate is drawn then, the share that is still wrong.",
        )  # fmt: skip
        st.slider(
            "Smoothing", 0.0, MAX_SMOOTHING, 0.0, 0.01, key="curve_smoothing",
            persist_state="session",
            help="Exponential moving average. The points themselves stay where they are, fainter, "
            "and a gap stays a gap.",
        )  # fmt: skip
        st.toggle(
            "Four curves in one chart, 0 to 1", key="curves_together", persist_state="session",
            help="loss, accuracy, val_loss and val_accuracy, as "
            "`pd.DataFrame(history.history).plot()` with `set_ylim(0, 1)` draws them.",
        )  # fmt: skip


def _present_button() -> None:
    """The switch of the view for a projector."""
    if url.controls():
        return
    presents = url.presents()
    st.button(
        "", key="present_off" if presents else "present", on_click=url.set_parameter,
        icon=":material/close_fullscreen:" if presents else ":material/present_to_all:",
        args=("present", "" if presents else "1"), type="tertiary",
        help="Back to all controls (Esc)." if presents else
        "For a projector: only pictures and curves, in large type. The keys still work: press ?.",
    )  # fmt: skip


# ---- the middle --------------------------------------------------------------------------


def _middle(
    run: Run, dataset: Dataset, parts: Parts, path: str, example: int, share: float
) -> None:
    """What goes in, the network, and what comes out."""
    ready = "train_graph" in parts  # there were weights when the parts were made
    presents = url.presents()
    names = [name for name in MIDDLE_WIDTHS if url.shows(name)]
    if not names:
        return
    columns = st.columns([MIDDLE_WIDTHS[name] for name in names], gap="small")
    for name, column in zip(names, columns, strict=True):
        with column, st.container(key=f"picture_{name}"):
            if name == "input":
                _input(dataset, example, share, presents)
            elif not ready:
                with st.container(height=GRAPH_HEIGHT, border=False):
                    if name == "network":
                        st.info(waiting(run.state))
            elif name == "network":
                resized = None if session.is_locked("hidden") or presents else resize_layer
                if not url.shows("hidden"):
                    resized = None
                network_graph(
                    "train_graph", parts["train_graph"], path, GRAPH_HEIGHT, share, presents,
                    resized,
                )  # fmt: skip
            else:
                show_prediction_parts(parts, dataset, path, share, presents)


def _chosen_example(dataset: Dataset) -> int:
    """The validation example in the diagram: the image that was clicked last."""
    clicked = stored.component("input", "chosen")
    if dataset.source.kind != "image" or not isinstance(clicked, dict):
        return 0
    index, of = clicked.get("index"), clicked.get("of")
    count = min(EXAMPLES, len(decision_boundary.shown_part(dataset)[1]))
    inside = of == dataset.source.label and isinstance(index, int) and 0 <= index < count
    return index if inside and isinstance(index, int) else 0


def _input(dataset: Dataset, example: int, share: float, large: bool) -> None:
    """What goes in: examples to choose from, points, or one example's values."""
    source = dataset.source
    split, part = decision_boundary.shown_part(dataset)
    if source.kind == "image":
        _input_images(dataset, split, part, example)
        return
    points = {name: (each.x, each.y) for name, each in decision_boundary.examples(dataset).items()}
    if source.kind == "plane":
        axes = source.features[0], source.features[1]
        figure = data_figures.plane_points(decision_boundary.points(dataset), axes)
    elif source.kind == "line":
        flat = {name: (x[:, 0], dataset.own_unit(y)) for name, (x, y) in points.items()}
        figure = data_figures.line_points(flat, source.features[0])
    else:
        _input_table(dataset, split, part)
        return
    figure = compact(figure, PREDICTION_HEIGHT)
    figure["layout"] |= {"showlegend": False, "uirevision": source.label}
    figure["layout"]["title"]["text"] = "Examples"
    counts = ", ".join(f"{len(x):,} {name} points" for name, (x, _) in points.items())
    data = chart.chart_data(
        figure, f"{counts}.", "What the network gets: circles to train on, diamonds to validate.",
        small=True,
    )  # fmt: skip
    chart.streamed_chart(data, "input", "", share, large)


def _input_images(dataset: Dataset, split: str, part: Split, example: int) -> None:
    count = min(EXAMPLES, len(part))
    names = [dataset.source.classes[int(label)] for label in part.y[:count]]
    height, width = dataset.source.shape
    gallery(
        images.data_url(images.mosaic(part.x[:count], dataset.source.maximum)), (height, width),
        [Tile(name, alternative=f"{split} example {i + 1}: {name}")
         for i, name in enumerate(names)],
        key="input", size=48, clickable=True, of=dataset.source.label, dense=True,
        caption=f"Goes in: {names[example]}",
    )  # fmt: skip


def _input_table(dataset: Dataset, split: str, part: Split) -> None:
    values = zip(dataset.source.features, part.x[0].tolist(), strict=True)
    rows = [(name, f"{value:.4g}") for name, value in values]
    data = status.table_data(("feature", "value"), rows[:8], f"{split} example 1")
    status.table(data, "input")


# ---- the strip ---------------------------------------------------------------------------


def _curves(parts: Parts, path: str, share: float) -> None:
    presents = url.presents()
    options: dict[str, Any] = {"share": share}
    with st.container(key="picture_curves"):
        if stored.widget("curves_together"):
            chart.streamed_chart(
                parts["loss_chart"], "loss_chart", path, **options, large=presents, epochs=True
            )
            return
        left, right = st.columns(2, gap="small")
        for column, key in ((left, "loss_chart"), (right, "metric_chart")):
            with column:
                chart.streamed_chart(parts[key], key, path, **options, large=presents, epochs=True)


def _more_curves(parts: Parts, path: str) -> None:
    """Learning rate and layers."""
    more = st.expander("Learning rate, and gradients of each layer", on_change="rerun")
    if more.open:
        with more:
            rate, layers = st.columns(2, gap="medium")
            with rate:
                chart.streamed_chart(parts["rate_chart"], "rate_chart", path)
            with layers:
                status.table(parts["layers"], "layers", path)


def _network(experiment: Experiment) -> None:
    network = summary(experiment)
    st.subheader(title(experiment), anchor=False)
    rows = [
        (row.layer, row.activation, " × ".join(map(str, row.output_shape)), row.formula)
        for row in network.rows
    ]
    total = f"{network.parameters:,} parameters: weights (inputs · units) and biases."
    columns = ("layer", "activation", "output", "parameters")
    status.table(status.table_data(columns, rows, total), "summary")


def _share(experiment: Experiment) -> None:
    share = st.expander("Share", icon=":material/share:", key="share", on_change="rerun")
    if share.open:  # code is drawn by the largest of Streamlit's scripts: not on a first visit
        with share:
            st.caption("The address of this page contains all settings of the experiment.")
            show_link(f"{page_address('train')}?{encode(experiment)}", "train_link")
