"""The network that predicts the drawing: the pretrained one, or the user's own."""

import streamlit as st

from dashboard.state import session, stored
from dashboard.state.network_view import NetworkView
from playground.datasets import load
from playground.export import pretrained
from playground.export.pretrained import PretrainedNetwork

PRETRAINED = "Pretrained MNIST network"
OWN = "My network"


def choose_own(trained: bool) -> bool:
    """Let the user choose; True: the own network, the default once it is `trained`."""
    first = None if stored.has_widget("draw_network") else OWN if trained else PRETRAINED
    choice = st.segmented_control(
        "Network", [PRETRAINED, OWN], default=first, key="draw_network", required=True,
        persist_state="session",
        help="The network that predicts your drawing; try the same drawing on both.",
    )  # fmt: skip
    return bool(choice == OWN)


def no_images(label: str) -> None:
    """Explain that the current data set has no images, and offer one that has."""
    st.info(
        f"{label} has no images to draw, so a pretrained network predicts your drawing. To train "
        "your own, choose a data set of images."
    )
    st.button(
        "Make MNIST digits my experiment",
        key="choose_mnist",
        on_click=_choose_mnist,
        help="Makes handwritten digits the data set of the current experiment.",
    )


def _choose_mnist() -> None:
    session.set_experiment(session.experiment().replace(dataset="mnist"))


def pretrained_view() -> NetworkView:
    """The pretrained network, with the images of the package."""
    network = pretrained.load()
    experiment = network.bundled
    return NetworkView(experiment, load(experiment.data), network.snapshot, None, "trained mnist")


def description(network: PretrainedNetwork) -> str:
    """Layers, training and test accuracy of the pretrained network."""
    test, data = network.scores["test"], network.experiment.data
    sizes = "-".join(str(n) for n in network.experiment.layer_sizes)
    return (
        f"Comes with the program: {sizes}, trained for {network.snapshot.epoch} epochs on "
        f"{data.train_size:,} MNIST digits; accuracy {test.metric:.1%} on {test.n:,} test images."
    )
