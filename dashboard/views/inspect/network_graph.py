"""The network graph: units, weights, and what each unit responds to."""

import streamlit as st

from dashboard.components.network_graph import network_graph
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import choose_example, show_prediction
from dashboard.views.shared.network_graph import (
    KEY,
    GraphInput,
    graph_parts,
    pinned_unit,
    show_graph_tables,
)


def show_network_graph(now: NetworkView) -> None:
    """Draw the graph, and the same numbers as tables."""
    above = st.container()
    example = choose_example(now)
    show_prediction(example)
    shown = GraphInput(example.name, example.raw, example.x)
    with above:
        network_graph(KEY, graph_parts(now, shown, pinned_unit(now)))
    more = st.expander("The same numbers as tables", on_change="rerun")
    if more.open:
        with more:
            show_graph_tables(now, shown)
