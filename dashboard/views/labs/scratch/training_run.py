"""The whole run on MNIST, from scratch and by Keras, with a choice of what is different."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.chart import POLL_SECONDS, chart
from dashboard.figures import labs as figures
from dashboard.state import identity, stored
from dashboard.widgets.messages import literal
from playground.datasets.images import BUNDLED
from playground.labs.scratch import config
from playground.labs.scratch.config import ALL, PIECE, RULES, STARTS, ScratchPlan, most_images
from playground.labs.scratch.side_by_side import SIDES, TWICES, SideBySide

RATES = (0.001, 0.01, 0.1)
EPOCHS = (1, 5, 10, 20, 50, 100)
NAME = "lab_scratch"  # of this tab's run


@dataclass(frozen=True)
class ScratchPreset:
    """A run to choose at one click; `told`: what comes of it with all 60,000 images."""

    changes: dict[str, Any]
    told: str


FIRST = ScratchPlan()
PRESETS: dict[str, ScratchPreset] = {
    "Published: from scratch": ScratchPreset(
        {},
        "First weights between 0 and 0.1, SGD with a small rate, 10 epochs: published with a test "
        "accuracy of 0.84.",
    ),
    "Start around 0": ScratchPreset(
        {"start": "glorot"},
        "Only the first weights differ: drawn around 0, not all of one sign.",
    ),
    "Rate 0.1": ScratchPreset(
        {"rate": 0.1}, "Only the learning rate differs: a hundred times as large."
    ),
    "Both": ScratchPreset(
        {"start": "glorot", "rate": 0.1}, "SGD with a good start and a good rate."
    ),
    "Published: Keras": ScratchPreset(
        {"start": "glorot", "rule": "rmsprop", "epochs": 5, "shuffle": True, "rest": True},
        "What Keras does when nothing is said: Glorot's start, shuffled images, no image left out; "
        "with RMSprop, 5 epochs: published with a test accuracy of 0.979.",
    ),
    "The slip": ScratchPreset(
        {"rule": "shrink"},
        "η times the weight is subtracted, not η times the slope. Watch the loss, then the "
        "accuracy.",
    ),
}


def run() -> None:
    """Choose a run, start both sides, watch their losses, compare all runs so far."""
    st.subheader("The same run twice", anchor=False)
    st.markdown(
        "The published network, 784 pixels → 512 ReLU → 10 digits, on MNIST: from scratch and by "
        "Keras, from the same first weights, with the same batches. From scratch it came to 0.84 "
        "and with Keras to 0.979, and it is not Keras that makes the difference. What is it?"
    )
    plan = _choose()
    twice = identity.registered(TWICES, NAME)
    moves = twice is not None and twice.state == "playing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Train both sides", key="lab_scratch_start", type="primary", on_click=_start,
            args=(plan,), icon=":material/play_arrow:", disabled=identity.current() is None,
            help="Train from scratch and by Keras at once, in other processes. The page goes on.",
        )  # fmt: skip
        if moves:
            st.button(
                "Stop", key="lab_scratch_stop", on_click=identity.unregister, args=(TWICES, NAME),
                help="End both sides now.",
            )  # fmt: skip
    if twice is None:
        st.info("Press Train both sides: 10 epochs of 6,000 images take some 10 seconds.")
    else:
        every = POLL_SECONDS if moves else None
        st.fragment(_watch, run_every=every, key="lab_scratch_watch")(twice, moves)
    _results()


def _choose() -> ScratchPlan:
    keys = {name: f"lab_scratch_plan_{name}" for name in asdict(FIRST)}
    preset = st.pills(
        "What if", list(PRESETS), default=next(iter(PRESETS)), key="lab_scratch_preset",
        required=True, persist_state="session",
        help="Runs to compare. Train the first one, then change one thing at a time.",
    ) or next(iter(PRESETS))  # fmt: skip
    st.caption(PRESETS[preset].told)
    if stored.get("lab_scratch_preset") != preset:
        _put(PRESETS[preset])
        stored.set("lab_scratch_preset", preset)
    columns = st.columns(4, gap="medium")
    with columns[0]:
        start = st.selectbox(
            "First weights", list(STARTS), key=keys["start"], persist_state="session",
            format_func=lambda name: STARTS[name].label,
            help="Between 0 and 0.1 every unit answers much the same. Try around 0.",
        )  # fmt: skip
    with columns[1]:
        rule = st.selectbox(
            "Update", list(RULES), key=keys["rule"], persist_state="session",
            format_func=lambda name: RULES[name].label,
            help="How a weight is changed. RMSprop divides each slope by its usual size.",
        )  # fmt: skip
    with columns[2]:
        rate = st.select_slider(
            "Learning rate", RATES, key=keys["rate"], persist_state="session",
            help="How far each update goes. Try 0.1 with SGD.",
        )  # fmt: skip
    with columns[3]:
        epochs = st.select_slider(
            "Epochs of the run", EPOCHS, key=keys["epochs"], persist_state="session",
            help="100 epochs of 6,000 images are as many updates as 10 of 60,000.",
        )  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        images = _images(keys["images"])
        shuffle = st.toggle(
            "Shuffle", key=keys["shuffle"], persist_state="session",
            help="Another order of the images in every epoch, the same on both sides.",
        )  # fmt: skip
        rest = st.toggle(
            "Train the last, smaller batch", key=keys["rest"], persist_state="session",
            help="Off, as published: images that do not fill a batch are left out.",
        )  # fmt: skip
    return ScratchPlan(images, start, rule, rate, epochs, shuffle, rest)


def _images(key: str) -> int:
    if most_images() < ALL:
        st.caption(
            f"With the {BUNDLED:,} images that come along: the figures are lower than the "
            "published ones. `python -m playground fetch mnist` gets all 60,000."
        )
        return BUNDLED
    return st.segmented_control(
        "Training images", [BUNDLED, ALL], default=BUNDLED, required=True, key=key,
        format_func=lambda n: f"{n:,}", persist_state="session",
        help="The published figures are with 60,000: about a minute.",
    ) or BUNDLED  # fmt: skip


def _put(preset: ScratchPreset) -> None:
    """Set the controls below to what the preset says."""
    values = {**asdict(FIRST), **preset.changes}
    for name in ("start", "rule", "rate", "epochs", "shuffle", "rest"):
        stored.set_widget(f"lab_scratch_plan_{name}", values[name])


def _start(plan: ScratchPlan) -> None:
    identity.register(TWICES, NAME, SideBySide(plan))


def _watch(twice: SideBySide, moved: bool) -> None:
    """The losses while they come; what came out at the end."""
    twice.heartbeat()
    moves = twice.state == "playing"
    plan = twice.plan
    if moves:
        steps = plan.steps * plan.epochs
        st.progress(
            twice.done,
            text=f"{round(twice.done * steps):,} of {steps:,} updates on both sides",
        )
    losses = {name: side.losses for name, side in twice.sides.items()}
    there = max(map(len, losses.values()))
    first = (plan.start, plan.rule, plan.rate, plan.shuffle) == ("positive", "sgd", 0.001, False)
    points = [each for each in config.points() if each[0] < there] if first else []
    chart(
        figures.run_figure(losses, points, str(id(twice))),
        figures.run_sentence(losses, twice.difference),
        key="lab_scratch_losses",
        about="The loss of each batch before its update. The crosses are the losses that the "
        "published run printed, with other random weights and 60,000 images.",
    )
    if there:
        _printed(twice, bool(points))
    if not moves:
        _told(twice)
    if moved and not moves:
        st.rerun()


def _printed(twice: SideBySide, compare: bool) -> None:
    """The loss every 100 batches, as the published loop prints it."""
    plan, sides = twice.plan, list(twice.sides.values())
    with st.expander("Loss every 100 batches, as the published loop prints it"):
        rows = []
        there = min(len(side.losses) for side in sides)
        places = [(e, b) for e in range(plan.epochs) for b in range(0, plan.steps, PIECE)]
        for epoch, batch in places:
            if (update := epoch * plan.steps + batch) >= there:
                break
            row: dict[str, Any] = {"epoch": epoch, "batch": batch}
            row |= {SIDES[side.name]: side.losses[update] for side in sides}
            place = batch // PIECE
            if compare and plan.images == ALL and epoch < len(config.PRINTED):
                known = config.PRINTED[epoch]
                row["published"] = known[place] if place < len(known) else None
            rows.append(row)
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, height=300,
            column_config={
                name: st.column_config.NumberColumn(format="%.4f") for name in SIDES.values()
            },
        )  # fmt: skip


def _told(twice: SideBySide) -> None:
    for side in twice.sides.values():
        if side.state == "failed":
            st.error(literal(f"{SIDES[side.name]} failed: {side.reason}"))
    if twice.state == "diverged":
        st.warning("The loss is no longer a finite number: the run ended there.")
    if twice.state != "finished":
        return
    told = " and ".join(
        f"**{side.accuracies[-1]:.4f}** {'from scratch' if side.name == 'scratch' else 'by Keras'}"
        for side in twice.sides.values()
    )
    n = twice.plan.epochs
    st.success(f"Test accuracy after {n} {'epoch' if n == 1 else 'epochs'}: {told}.")
    _tried()[twice.plan] = {name: side.accuracies[-1] for name, side in twice.sides.items()}


def _tried() -> dict[ScratchPlan, dict[str, float]]:
    """The test accuracy of each side, of every run of this tab that came to its end."""
    return stored.get("lab_scratch_tried", make=dict)


def _results() -> None:
    """What has been tried in this tab, side by side."""
    tried = _tried()
    if len(tried) < 2:
        return
    st.markdown("**Tried so far**: one change at a time tells what matters.")
    rows = [
        {
            "first weights": STARTS[plan.start].label, "update": RULES[plan.rule].label,
            "rate": plan.rate, "epochs": plan.epochs, "images": plan.images,
            "shuffled": plan.shuffle,
            **{f"{SIDES[name]}: test accuracy": share for name, share in accuracies.items()},
        }
        for plan, accuracies in tried.items()
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True)
