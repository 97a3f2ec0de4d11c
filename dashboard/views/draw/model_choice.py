"""Which network is shown the drawing: the one that came trained, or one's own."""

import streamlit as st

from dashboard.state import session, stored
from dashboard.state.network_view import NetworkView
from playground.datasets import load
from playground.export import pretrained
from playground.export.pretrained import PretrainedNetwork

READY = "Ready-made MNIST network"
OWN = "My network"


def choose(learnt: bool) -> bool:
    """Let a person choose between the two; True: one's own, the first choice once it has learnt."""
    first = None if stored.has_widget("draw_network") else OWN if learnt else READY
    chosen = st.segmented_control(
        "Network", [READY, OWN], default=first, key="draw_network", required=True,
        persist_state="session",
        help="Which network looks at your drawing; try the same drawing on both.",
    )  # fmt: skip
    return bool(chosen == OWN)


def cannot(label: str) -> None:
    """Say that there is nothing to draw in one's own data set, and what to choose."""
    st.info(
        f"Your experiment learns from {label}, and that has no images to draw. So a network that "
        "was trained before is shown your drawing. To train your own, choose a set of images."
    )
    st.button(
        "Make MNIST digits my experiment",
        key="choose_mnist",
        on_click=_choose_mnist,
        help="Makes hand-written digits the current experiment, so that your own"
        " training can be drawn on.",
    )


def _choose_mnist() -> None:
    session.set_experiment(session.experiment().replace(dataset="mnist"))


def ready_made() -> NetworkView:
    """The network that came trained, with the images of the package."""
    found = pretrained.load()
    experiment = found.at_hand
    return NetworkView(experiment, load(experiment.data), found.snapshot, None, "trained mnist")


def about(found: PretrainedNetwork) -> str:
    """What the network that came trained is, and how well it does."""
    test, data = found.scores["test"], found.experiment.data
    sizes = "-".join(str(n) for n in found.experiment.layer_sizes)
    return (
        f"This network came with the program: {sizes}, trained for {found.snapshot.epoch} epochs "
        f"on {data.train_size:,} MNIST digits. It is right on {test.metric:.1%} of {test.n:,} "
        "test images."
    )
