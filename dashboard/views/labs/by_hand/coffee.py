"""Coffee roasting with the 2-3-1 network: train it, read its numbers, change its weights."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.decision_boundary import (
    Examples,
    UnitLine,
    roasting_figure,
    roasting_sentence,
)
from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.loading import worker_result
from dashboard.views.shared.unit_maps import drawn_examples, inequality, unit_maps
from dashboard.widgets.latex import bracketed, lines
from playground.analysis.inspection import decision_boundary
from playground.analysis.metrics.classification import confusion
from playground.analysis.metrics.score import baseline
from playground.labs.by_hand import (
    CHECKPOINTS,
    EXPERIMENT,
    CopiesRun,
    coffee_network,
    format_weights,
    roasts,
)
from playground.nn.network import Snapshot

Array = NDArray[Any]

LARGEST = 200.0  # |weight| that can be typed
INPUTS = ("temperature", "duration")
COPIED_EPOCHS = 10  # as in the course
START = (215.0, 13.0)  # °C and minutes of the movable roast
STEPS_PER_EPOCH = EXPERIMENT.steps_per_epoch

ABOUT = (
    "Blue: predicted good, orange: bad. Dark lines: where a unit's z is 0; the arrow points to its "
    "positive side. White: the decision boundary. Drag the roast across the lines."
)


def coffee() -> None:
    """The weights, the decision boundary, one movable roast, and the threshold."""
    dataset = roasts()
    trivial = baseline(dataset, "cross_entropy").metric
    good = int(dataset.train.y.sum())
    st.markdown(
        f"200 roasts, {good} of them good. The network has 3 sigmoid units and 1 sigmoid output, "
        "trained with cross-entropy and Adam (0.01), as in the course, for 63,000 updates. "
        f"Baseline: always predicting “bad” is right for **{trivial:.1%}**."
    )
    snapshot, name = _network()
    snapshot = _edited(snapshot, name)
    threshold = st.slider(
        "Decision threshold", 0.0, 1.0, 0.5, 0.01, key="lab_by_hand_threshold",
        persist_state="session",
        help="An output above it counts as good. Lower it: more good roasts are found, and more "
        "bad ones accepted.",
    )  # fmt: skip
    view = NetworkView(EXPERIMENT, dataset, snapshot, None, f"by hand {name}")
    plane = decision_boundary.look(snapshot, dataset)
    left, right = st.columns(2, gap="medium")
    with left:
        roast = _plane(view, plane, threshold, trivial)
    with right:
        _forward(view, roast, threshold)
        st.markdown("**The weights, as the course prints them**")
        st.code(format_weights(snapshot), language=None)
        st.caption(
            "A column of W1 is a hidden unit: its weight for temperature above its weight for "
            "duration, both scaled. W2 has one column for the one output."
        )
    unit_maps(view, plane, 0, {"roasts": drawn_examples(snapshot, dataset, dataset.train)})
    _copies()


def _copies() -> None:
    """What `np.tile` changes: the number of updates in an epoch, and nothing else."""
    st.markdown("**A thousand copies of the same roasts**")
    st.code("Xt, Yt = np.tile(Xn, (1000, 1)), np.tile(Y, (1000, 1))", language="python")
    left, right = st.columns(2)
    copies: int = left.select_slider(
        "Copies", (10, 100, 1_000), 100, key="lab_by_hand_copies", persist_state="session",
        format_func=lambda n: f"{n:,}",
        help="The course takes 1,000 and trains for 10 epochs; that takes half a minute here.",
    )  # fmt: skip
    seed = right.slider(
        "Seed", 0, 9, 0, key="lab_by_hand_copies_seed", persist_state="session",
        help="Of the initial weights. Which of the last two rows has the lower loss is chance.",
    )  # fmt: skip
    runs: list[CopiesRun] | None = worker_result(
        "lab_by_hand_tile", (copies, seed), "playground.labs.by_hand:compare_copies", copies,
        COPIED_EPOCHS, seed, waiting=f"Training on {copies:,} copies, in NumPy …",
    )  # fmt: skip
    if runs is None:
        return
    names = ("no copies", f"{copies:,} copies", "no copies, as many updates")
    st.table(
        pd.DataFrame(
            {
                "": name,
                "examples": f"{run.copies * len(roasts().train):,}",
                "different ones": f"{len(roasts().train):,}",
                "epochs": f"{run.epochs:,}",
                "updates": f"{run.updates:,}",
                "loss": f"{run.loss:.4f}",
                "accuracy": f"{run.accuracy:.1%}",
            }
            for name, run in zip(names, runs, strict=True)
        ),
        hide_index=True,
    )
    st.caption(
        "Copies hold nothing new: mean and variance stay, and so does the minimum of the loss. An "
        "epoch only has more updates. As many updates without copies come as far: by chance "
        "further or less far, as the batches hold other roasts (without copies the last of each "
        "epoch has 8). A copy in the validation set would be a leak: Data → Data leakage and split "
        "errors."
    )


def _network() -> tuple[Snapshot, str]:
    """The included network, or one trained here at a chosen checkpoint; and its name."""
    left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
    seed = left.number_input(
        "Seed of the initial weights", 0, 999, 3, key="lab_by_hand_seed", persist_state="session",
        help="Train again with another seed: do the three lines end at the same edges?",
    )  # fmt: skip
    wanted = stored.get("lab_by_hand_wanted", make=dict)
    if middle.button(
        "Train it", key="lab_by_hand_train", icon=":material/play_arrow:",
        help="63,000 updates in a worker, about two seconds; then move through them.",
    ):  # fmt: skip
        wanted["seed"] = int(seed)
    included = coffee_network(), "included"
    if "seed" not in wanted:
        right.caption("Included weights, trained from seed 3.")
        return included
    seed = wanted["seed"]
    snapshots: list[Snapshot] | None = worker_result(
        "lab_by_hand_coffee", seed, "playground.labs.keras.by_hand:coffee", seed,
        waiting=f"Training 63,000 updates from seed {seed} …",
    )  # fmt: skip
    if snapshots is None:
        return included
    data = roasts()
    correct = (snapshots[-1].predict(data.transform(data.train.x))[:, 0] > 0.5) == data.train.y
    st.caption(f"Trained: accuracy {correct.mean():.1%} on the 200 roasts after the last update.")
    epoch = right.select_slider(
        "Updates", CHECKPOINTS, CHECKPOINTS[-1], key=f"lab_by_hand_moment_{seed}",
        format_func=lambda epoch: f"{epoch * STEPS_PER_EPOCH:,}", persist_state="session",
        help="Go back to the initial weights and forward again: watch the three lines move.",
    )  # fmt: skip
    return snapshots[CHECKPOINTS.index(epoch)], f"seed {seed} epoch {epoch}"


def _edited(snapshot: Snapshot, name: str) -> Snapshot:
    """The network with the weights typed in; `name` identifies the network they belong to."""
    box = st.expander("Change the weights by hand", key="lab_by_hand_edit", on_change="rerun")
    if not box.open:
        return snapshot
    w1, b1, w2, b2 = (np.array(weight) for weight in snapshot.weights)
    with box:
        st.caption(
            "Unit j is column j of W1 and entry j of b1; the output is the column of W2 and b2. "
            "Closing this restores the network's own weights."
        )
        columns = st.columns(4)
        for j in range(3):
            with columns[j]:
                st.markdown(f"**Unit {j + 1}**")
                for i, feature in enumerate(INPUTS):
                    w1[i, j] = _number(
                        f"w for {feature}", w1[i, j], f"{name} W1 {i} {j}",
                        f"Tilts unit {j + 1}'s line. Change its sign: the sides are swapped.",
                    )  # fmt: skip
                b1[j] = _number("bias", b1[j], f"{name} b1 {j}", f"Shifts unit {j + 1}'s line.")
        with columns[3]:
            st.markdown("**Output**")
            for j in range(3):
                w2[j, 0] = _number(
                    f"w for unit {j + 1}", w2[j, 0], f"{name} W2 {j}",
                    "Positive: the unit raises the output. 0: it has no effect.",
                )  # fmt: skip
            b2[0] = _number(
                "bias of the output", b2[0], f"{name} b2", "Higher: more roasts count as good."
            )
    return snapshot.with_weights([w1, b1, w2, b2])


def _number(label: str, value: float, key: str, help: str) -> float:
    start = round(float(np.clip(value, -LARGEST, LARGEST)), 2)
    return float(
        st.number_input(
            label, -LARGEST, LARGEST, start, 0.5, format="%.2f", key=f"lab_by_hand {key}",
            help=help,
        )
    )  # fmt: skip


def _plane(
    view: NetworkView, plane: decision_boundary.Plane, threshold: float, trivial: float
) -> tuple[float, float]:
    """The chart with the movable roast; returns its temperature and duration."""
    dataset, key = view.dataset, "lab_by_hand_plane"
    left, right, bottom, top = plane.extent
    roast = chart.handle_position(key, START, (left, right), (bottom, top), "roast")
    output = float(view.snapshot.predict(dataset.transform(np.array([roast], np.float32)))[0, 0])
    good = dataset.train.y > 0
    positive = view.snapshot.predict(dataset.transform(dataset.train.x))[:, 0] > threshold
    (rejected, false_positive), (missed, hits) = confusion(
        good.astype(int), positive.astype(int), 2
    )
    examples = drawn_examples(view.snapshot, dataset, dataset.train)
    figure = roasting_figure(
        plane.output[..., 0], threshold, plane.extent,
        Examples(examples.x, examples.color, positive != good), _lines(view, plane),
        (dataset.source.features[0], dataset.source.features[1]), "roasting",
    )  # fmt: skip
    accuracy = float((positive == good).mean())
    chart.chart_with_handle(
        figure, roasting_sentence(roast, output, threshold, accuracy, trivial), key, START,
        of="roast", name="Roast", about=ABOUT,
    )  # fmt: skip
    st.caption(
        f"At threshold {threshold:g}: {hits} good roasts found, {missed} missed; "
        f"{false_positive} bad ones accepted, {rejected} rejected."
    )
    return roast


def _lines(view: NetworkView, plane: decision_boundary.Plane) -> list[UnitLine]:
    lines = []
    for i, half in enumerate(decision_boundary.half_planes(view.snapshot.layers[0], view.dataset)):
        ends = half.line(plane.extent)
        if ends is not None:
            label = f"unit {i + 1}: {inequality(half, INPUTS)}"
            lines.append(UnitLine(ends, np.array(half.slope), f"{i + 1}", label))
    return lines


def _forward(view: NetworkView, roast: tuple[float, float], threshold: float) -> None:
    """One roast through the network: scaling, three units, the output, the decision."""
    x = view.dataset.transform(np.array([roast], np.float32))
    (z1, a1), (z2, a2) = view.snapshot.forward(x)
    hidden, last = view.snapshot.layers
    first, second = (bracketed(f"{value:.3f}") for value in x[0])
    st.markdown("**This roast, step by step**")
    st.latex(lines(
        rf"& {roast[0]:.1f}\,°\mathrm{{C}} \to {x[0, 0]:.3f}",
        rf"& {roast[1]:.2f}\,\mathrm{{min}} \to {x[0, 1]:.3f}",
    ))  # fmt: skip
    st.latex(lines(*(
        rf"a_{j + 1} &= \sigma({w[0]:.2f} \cdot {first} \\ &\qquad {w[1]:+.2f} \cdot {second} "
        rf"{hidden.bias[j]:+.2f}) \\ &= \sigma({z1[0, j]:.2f}) = {a1[0, j]:.3f}"
        for j, w in enumerate(hidden.kernel.T)
    )))  # fmt: skip
    terms = r" \\ &\qquad ".join(
        rf"{w:+.2f} \cdot {a:.3f}" for w, a in zip(last.kernel[:, 0], a1[0], strict=True)
    ).removeprefix("+")
    st.latex(lines(
        rf"a &= \sigma({terms} \\ &\qquad {last.bias[0]:+.2f}) = "
        rf"\sigma({z2[0, 0]:.2f}) = {a2[0, 0]:.4f}"
    ))  # fmt: skip
    good = a2[0, 0] > threshold
    st.markdown(
        f"{a2[0, 0]:.4f} {'>' if good else '≤'} {threshold:g}: "
        + ("**✓ a good roast**" if good else "**✗ a bad roast**")
    )
