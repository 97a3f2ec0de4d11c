"""A whole run on MNIST, from scratch and by Keras, with presets that differ in one choice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components import stream
from dashboard.components.chart import chart
from dashboard.figures.labs import run_figure, run_sentence
from dashboard.state import identity, stored
from dashboard.widgets.messages import literal
from playground.datasets.images import BUNDLED
from playground.labs.scratch import (
    ALL,
    PRINT_EVERY,
    PUBLISHED_LOSSES,
    SCRATCH_INITIALIZERS,
    SCRATCH_OPTIMIZERS,
    SIDE_BY_SIDE,
    SIDES,
    ScratchConfig,
    SideBySide,
    available_images,
    published_points,
)

RATES = (0.001, 0.01, 0.1)
EPOCHS = (1, 5, 10, 20, 50, 100)
NAME = "lab_scratch"  # of this tab's run


@dataclass(frozen=True)
class ScratchPreset:
    """A run to choose with one click, as changes of the default configuration."""

    changes: Mapping[str, Any]
    caption: str


DEFAULT = ScratchConfig()
PRESETS: dict[str, ScratchPreset] = {
    "Published: from scratch": ScratchPreset(
        {},
        "Initial weights between 0 and 0.1, SGD with a small learning rate, 10 epochs: published "
        "with a test accuracy of 0.84.",
    ),
    "Glorot weights": ScratchPreset(
        {"initializer": "glorot"}, "Only the initial weights differ: around 0, of both signs."
    ),
    "Learning rate 0.1": ScratchPreset(
        {"learning_rate": 0.1}, "Only the learning rate differs: a hundred times as large."
    ),
    "Both": ScratchPreset(
        {"initializer": "glorot", "learning_rate": 0.1},
        "SGD with good initial weights and a good learning rate.",
    ),
    "Published: Keras": ScratchPreset(
        {"initializer": "glorot", "optimizer": "rmsprop", "epochs": 5, "shuffle": True,
         "partial_batch": True},
        "Keras' defaults: Glorot weights, shuffled images, no image left out; with RMSprop and 5 "
        "epochs published with a test accuracy of 0.9788.",
    ),
    "The bug": ScratchPreset(
        {"optimizer": "wrong"},
        "η times the weight is subtracted, not η times the gradient. Watch the loss, then the "
        "accuracy.",
    ),
}  # fmt: skip


def training_run() -> None:
    """Choose a run, train both sides, watch their losses, compare all runs so far."""
    st.subheader("The same run twice", anchor=False)
    st.markdown(
        "The published network, 784 pixels → 512 ReLU → 10 digits, on MNIST: from scratch and by "
        "Keras, with the same initial weights and batches. Published accuracies: 0.84 from "
        "scratch, 0.9788 with Keras. It is not Keras that makes the difference. What is it?"
    )
    config = _choose()
    run = identity.registered(SIDE_BY_SIDE, NAME)
    is_playing = run is not None and run.state == "playing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Train both sides", key="lab_scratch_start", type="primary", on_click=_start,
            args=(config,), icon=":material/play_arrow:", disabled=identity.current() is None,
            help="Train from scratch and by Keras at once, in workers.",
        )  # fmt: skip
        if is_playing:
            st.button(
                "Stop", key="lab_scratch_stop", on_click=identity.unregister,
                args=(SIDE_BY_SIDE, NAME), help="Stop both sides.",
            )  # fmt: skip
    if run is None:
        st.info("Press Train both sides: 10 epochs of 6,000 images take about 10 seconds.")
    else:
        stream.fragment(
            lambda: _watch(run), "lab_scratch_watch", run,
            lambda: tuple(len(side.losses) for side in run.sides.values()),
            moves=lambda: run.state == "playing",
        )  # fmt: skip
    _results()


def _choose() -> ScratchConfig:
    keys = {name: f"lab_scratch_{name}" for name in asdict(DEFAULT)}
    preset = st.pills(
        "Preset", list(PRESETS), default=next(iter(PRESETS)), key="lab_scratch_preset",
        required=True, persist_state="session",
        help="Train the first one, then change one thing at a time.",
    ) or next(iter(PRESETS))  # fmt: skip
    st.caption(PRESETS[preset].caption)
    if stored.get("lab_scratch_preset") != preset:
        for name, value in {**asdict(DEFAULT), **PRESETS[preset].changes}.items():
            if name not in ("images", "seed"):
                stored.set_widget(keys[name], value)
        stored.set("lab_scratch_preset", preset)
    columns = st.columns(4, gap="medium")
    initializer = columns[0].selectbox(
        "Kernel initializer", list(SCRATCH_INITIALIZERS), key=keys["initializer"],
        persist_state="session", format_func=lambda name: SCRATCH_INITIALIZERS[name].label,
        help="Between 0 and 0.1 all units have similar outputs. Try Glorot.",
    )  # fmt: skip
    optimizer = columns[1].selectbox(
        "Optimizer", list(SCRATCH_OPTIMIZERS), key=keys["optimizer"], persist_state="session",
        format_func=lambda name: SCRATCH_OPTIMIZERS[name].label,
        help="RMSprop divides each gradient by its usual size.",
    )  # fmt: skip
    learning_rate = columns[2].select_slider(
        "Learning rate", RATES, key=keys["learning_rate"], persist_state="session",
        help="Try 0.1 with SGD.",
    )  # fmt: skip
    epochs = columns[3].select_slider(
        "Epochs of the run", EPOCHS, key=keys["epochs"], persist_state="session",
        help="100 epochs of 6,000 images are as many updates as 10 of 60,000.",
    )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        images = _images(keys["images"])
        shuffle = st.toggle(
            "Shuffle", key=keys["shuffle"], persist_state="session",
            help="A random order of the images in every epoch, the same on both sides.",
        )  # fmt: skip
        partial_batch = st.toggle(
            "Train the last, smaller batch", key=keys["partial_batch"], persist_state="session",
            help="Off, as published: images that do not fill a batch are left out.",
        )  # fmt: skip
    return ScratchConfig(
        images, initializer, optimizer, learning_rate, epochs, shuffle, partial_batch
    )


def _images(key: str) -> int:
    if available_images() < ALL:
        st.caption(
            f"With the {BUNDLED:,} included images accuracies are lower than published. "
            "`python -m playground fetch mnist` downloads all 60,000."
        )
        return BUNDLED
    return st.segmented_control(
        "Training images", [BUNDLED, ALL], default=BUNDLED, required=True, key=key,
        format_func=lambda n: f"{n:,}", persist_state="session",
        help="The published accuracies are with 60,000: about a minute.",
    ) or BUNDLED  # fmt: skip


def _start(config: ScratchConfig) -> None:
    identity.register(SIDE_BY_SIDE, NAME, SideBySide(config))


def _watch(run: SideBySide) -> None:
    """The losses while the run plays, and its outcome."""
    is_playing, config = run.state == "playing", run.config
    if is_playing:
        updates = config.steps * config.epochs
        text = f"{round(run.progress * updates):,} of {updates:,} updates on both sides"
        st.progress(run.progress, text=text)
    losses = {name: side.losses for name, side in run.sides.items()}
    newest = max(map(len, losses.values()))
    published = (
        [point for point in published_points() if point[0] < newest]
        if _is_like_published(config)
        else []
    )
    chart(
        run_figure(losses, published, str(id(run))),
        run_sentence(losses, run.difference),
        key="lab_scratch_losses",
        about="The loss of each batch before its update. Crosses: the published losses, with other "
        "random weights and 60,000 images.",
    )
    if newest:
        _printed(run, bool(published))
    if not is_playing:
        _outcome(run)


def _is_like_published(config: ScratchConfig) -> bool:
    names = ("initializer", "optimizer", "learning_rate", "shuffle")
    return all(getattr(config, name) == getattr(DEFAULT, name) for name in names)


def _printed(run: SideBySide, compare: bool) -> None:
    """The loss every 100 batches, as the published loop prints it."""
    config, sides = run.config, list(run.sides.values())
    newest = min(len(side.losses) for side in sides)
    rows = []
    for epoch in range(config.epochs):
        for batch in range(0, config.steps, PRINT_EVERY):
            if (update := epoch * config.steps + batch) >= newest:
                break
            row: dict[str, Any] = {"epoch": epoch, "batch": batch}
            row |= {SIDES[side.name]: side.losses[update] for side in sides}
            if compare and config.images == ALL and epoch < len(PUBLISHED_LOSSES):
                row["published"] = dict(enumerate(PUBLISHED_LOSSES[epoch])).get(
                    batch // PRINT_EVERY
                )
            rows.append(row)
    with st.expander("Loss every 100 batches, as the published loop prints it"):
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, height=300,
            column_config={
                name: st.column_config.NumberColumn(format="%.4f") for name in SIDES.values()
            },
        )  # fmt: skip


def _outcome(run: SideBySide) -> None:
    for side in run.sides.values():
        if side.state == "failed":
            st.error(literal(f"{SIDES[side.name]} failed: {side.reason}"))
    if run.state == "diverged":
        st.warning("The loss is no longer finite: the run ended there.")
    if run.state != "finished":
        return
    accuracies = {name: side.accuracies[-1] for name, side in run.sides.items()}
    text = " and ".join(
        f"**{accuracy:.4f}** {'from scratch' if name == 'scratch' else 'by Keras'}"
        for name, accuracy in accuracies.items()
    )
    n = run.config.epochs
    st.success(f"Test accuracy after {n} {'epoch' if n == 1 else 'epochs'}: {text}.")
    _finished()[run.config] = accuracies


def _finished() -> dict[ScratchConfig, dict[str, float]]:
    """Test accuracies of each side, for every finished run of this tab."""
    return stored.get("lab_scratch_tried", make=dict)


def _results() -> None:
    """The finished runs of this tab side by side."""
    if len(_finished()) < 2:
        return
    st.markdown("**Runs so far**: change one thing at a time.")
    rows = [
        {
            "kernel initializer": SCRATCH_INITIALIZERS[config.initializer].label,
            "optimizer": SCRATCH_OPTIMIZERS[config.optimizer].label,
            "learning rate": config.learning_rate, "epochs": config.epochs,
            "images": config.images, "shuffled": config.shuffle,
            **{f"{SIDES[name]}: test accuracy": value for name, value in accuracies.items()},
        }
        for config, accuracies in _finished().items()
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True)
