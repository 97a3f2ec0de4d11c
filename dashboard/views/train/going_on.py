"""What comes after training: train on, one update by itself, what to try next, a learning rate."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.components.slider import shown_epoch
from dashboard.figures import images
from dashboard.figures.optimization import ramp_figure, ramp_sentence
from dashboard.state import background, identity, session, stored
from dashboard.state.url import open_page
from dashboard.views.shared.run_controls import (
    MORE_EPOCHS,
    show_refusal,
    start_run,
    train_on,
)
from dashboard.widgets.messages import literal
from playground.analysis.diagnosis import Diagnosis, Fix, run_window
from playground.analysis.diagnosis.next_steps import explain_run, next_steps
from playground.analysis.metrics.score import baseline
from playground.datasets import Dataset
from playground.experiment.model import limits
from playground.experiment.model_summary import layer_name
from playground.history.events import Update
from playground.history.history import history
from playground.nn.format import format_number
from playground.runs.lr_finder import RAMP_RATES, RateRamp, rate_ramp
from playground.runs.race_presets import PRESETS
from playground.runs.run import Run
from playground.storage.records import StoreError
from playground.storage.store import store

MOST_TRIED = 300  # saved runs that count as tried, the newest
SHOWN_BATCH = 32  # examples
POLL_SECONDS = 0.5
RAMP_ABOUT = (
    "One short training in which the learning rate rises with every update. A good rate is where "
    "the loss falls fastest, or a little more; try it with another optimizer."
)


def going_on(run: Run, dataset: Dataset, diagnoses: Sequence[Diagnosis]) -> None:
    """Draw what a run can do next; call it below its curves."""
    show_refusal()
    _train_on(run)
    if run.update is not None:
        with st.expander(f"Update {run.update.step:,}: what it did", expanded=True):
            _update(run.update, dataset)
    if run.state in ("finished", "diverged"):
        _after(run, dataset, diagnoses)
    _race()
    finder = st.expander("Learning-rate finder", icon=":material/speed:", on_change="rerun")
    if finder.open:
        with finder:
            _finder(run)


def _train_on(run: Run) -> None:
    """More epochs after the end, and after the epoch that the slider shows."""
    newest = run.latest.epoch if run.latest else 0
    epoch = shown_epoch(newest, run.network)
    if run.state != "finished" and (epoch is None or run.state not in ("paused", "diverged")):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="train_on"):
        low, high = limits("epochs")
        st.number_input(
            "More epochs", low, high, MORE_EPOCHS, key="more_epochs", width=130,
            persist_state="session", help="The schedule then spans the longer run.",
        )  # fmt: skip
        if run.state == "finished":
            st.button(
                f"Train on after epoch {run.epoch:,}", key="train_on_end", on_click=_go_on,
                icon=":material/play_arrow:", args=(run,),
                help="The same network goes on, with its optimizer as it was.",
            )  # fmt: skip
        if epoch is not None:
            st.button(
                f"Train on from epoch {epoch:,}", key="train_on_epoch", on_click=_go_on,
                icon=":material/alt_route:", args=(run, epoch),
                help="A run of its own from the weights of this epoch, with a new optimizer; this "
                "one stays among the saved runs and behind the curves.",
            )  # fmt: skip


def _go_on(run: Run, epoch: int | None = None) -> None:
    """As many epochs as the widget has now: a number may be typed just before the click."""
    train_on(run, stored.widget("more_epochs") or MORE_EPOCHS, epoch)


def _update(update: Update, dataset: Dataset) -> None:
    """The batch of one update, its loss before and after, and its layers."""
    change = update.loss_after - update.loss_before
    st.markdown(
        f"Epoch {update.epoch:,}, {len(update.rows)} examples at a learning rate of "
        f"{format_number(update.learning_rate)}: their mean loss was **{update.loss_before:.4f}** "
        f"and is **{update.loss_after:.4f}** ({change:+.4f}; without dropout, with L1 and L2)."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _batch(update, dataset)
    with right:
        rows = [
            {
                "layer": layer_name(i, len(update.layers)),
                "gradient": f"{layer.gradient:.2e}",
                "update": f"{layer.update:.2e}",
                "weight": f"{layer.weight:.2e}",
                "update / weight": f"{layer.update / layer.weight:.1e}" if layer.weight else "–",
            }
            for i, layer in enumerate(update.layers)
        ]
        st.table(pd.DataFrame(rows), hide_index=True)
        st.caption("Root mean squares over all weights and biases of a layer.")


def _batch(update: Update, dataset: Dataset) -> None:
    source, train = dataset.source, dataset.train
    rows = update.rows[update.rows < len(train)][:SHOWN_BATCH]  # without added examples
    x, y = train.x[rows], train.y[rows]
    if source.kind == "image":
        names = [source.classes[int(label)] for label in y]
        height, width = source.shape
        gallery(
            images.data_url(images.mosaic(x, source.maximum)), (height, width),
            [Tile(name, alternative=f"training example: {name}") for name in names],
            key="update_batch", size=34, dense=True, caption="Its batch",
        )  # fmt: skip
        return
    frame = pd.DataFrame(x.reshape(len(x), -1)[:, :6], columns=list(source.features[:6]))
    target = [source.classes[int(label)] for label in y] if source.classes else dataset.own_unit(y)
    st.dataframe(frame.assign(target=target), height=220, hide_index=True)
    st.caption("Its batch.")


def _race() -> None:
    """Start a race of the current settings on the Race page."""
    popover = st.popover("Race this against …", icon=":material/flag:", key="race_against",
                         on_change="rerun")  # fmt: skip
    if popover.open:
        with popover:
            for name, entry in PRESETS.items():
                if st.button(entry.title, key=f"against_{name}", help=entry.question):
                    stored.set("race wanted", name)
                    open_page("race")


# ---- after the end -----------------------------------------------------------------------


def _after(run: Run, dataset: Dataset, diagnoses: Sequence[Diagnosis]) -> None:
    """The run in five sentences, and what to try next."""
    constant = baseline(dataset, run.experiment.training.loss)
    window = run_window(run.experiment, run.events, constant)
    with st.container(border=True, key="after_run"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            st.markdown("**This run in five sentences**")
            sentences = explain_run(window, history(run.events), diagnoses)
            st.markdown("\n".join(f"1. {literal(text)}" for text in sentences))
        with right:
            st.markdown("**What to try next**")
            for i, fix in enumerate(next_steps(window, diagnoses, _tried(run))):
                _step(i, fix, run)


def _step(i: int, fix: Fix, run: Run) -> None:
    st.button(
        literal(fix.label), key=f"next_{i}", icon=":material/arrow_forward:", on_click=_try,
        args=(fix, run), help=f"{literal(fix.sentence(False))} This run stays saved.",
    )  # fmt: skip
    st.caption(literal(fix.reason))


def _try(fix: Fix, run: Run) -> None:
    """Train the changed experiment; only more epochs are trained on."""
    epochs = fix.experiment.training.epochs
    if run.can_extend and fix.experiment == run.experiment.replace(epochs=epochs):
        train_on(run, epochs - run.epoch)
    else:
        start_run(fix.experiment, play=True)


def _tried(run: Run) -> frozenset[str]:
    """The links of the newest saved runs of this browser."""
    known = identity.current()
    try:
        rows = [] if known is None else store().list_runs(known[0], limit=MOST_TRIED)
    except StoreError:
        return frozenset()
    return frozenset(row.link for row in rows)


# ---- the learning-rate finder ------------------------------------------------------------


def _finder(run: Run) -> None:
    """The loss over the learning rate, once it was asked for."""
    experiment = session.experiment()
    asked = stored.get("ramp", "asked")
    if (
        asked is None
        or asked.replace(learning_rate=experiment.training.learning_rate) != experiment
    ):
        st.caption(RAMP_ABOUT)
        st.button(
            "Find a learning rate", key="find_rate", icon=":material/search:",
            on_click=stored.set, args=("ramp", experiment, "asked"),
            help="Takes some seconds; the run stays as it is.",
        )  # fmt: skip
        return
    job = background.rate_ramp_job(experiment)
    if job.state == "working":
        st.fragment(_wait, run_every=POLL_SECONDS, key="ramp_wait")()
    elif job.state == "failed":
        st.error(f"The ramp failed: {literal(job.reason)}")
    else:
        try:
            _found(run, rate_ramp(job.result))
        except ValueError as error:
            st.warning(f"No rate was found: {literal(str(error))}.")


def _wait() -> None:
    low, high = format_number(RAMP_RATES[0]), format_number(RAMP_RATES[-1])
    st.caption(f"Trying learning rates from {low} to {high} …")
    if background.rate_ramp_job(session.experiment()).state != "working":
        st.rerun()


def _found(run: Run, ramp: RateRamp) -> None:
    chart.chart(ramp_figure(ramp), ramp_sentence(ramp), key="ramp", about=RAMP_ABOUT)
    with st.container(horizontal=True, key="ramp_rates"):
        for name, rate in (("Steepest", ramp.steepest), ("Last safe", ramp.last_safe)):
            value = float(f"{rate:.1g}")
            st.button(
                f"{name}: set {format_number(value)}", key=f"set_{name.split()[0].lower()}",
                on_click=_set_rate, args=(value,), disabled=session.is_locked("learning_rate"),
                help="Makes this the learning rate of the experiment.",
            )  # fmt: skip


def _set_rate(rate: float) -> None:
    low, high = limits("learning_rate")
    experiment = session.experiment()
    session.set_experiment(experiment.replace(learning_rate=min(max(rate, low), high)))
