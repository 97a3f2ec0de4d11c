"""Painting points on a plane, to train on them."""

import streamlit as st

from dashboard.components import point_painter
from dashboard.views.data.upload_columns import take
from dashboard.widgets.messages import refuse
from playground.datasets.custom.table import TableError, painted, painted_points
from playground.experiment.model import Experiment

KEY = "painting"


def painting(experiment: Experiment) -> None:
    """A plane to paint on, and beside it what is to be done with the points."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        point_painter.point_painter(KEY, _to_go_on_with(experiment))
    with right:
        st.caption(
            "Paint points of two classes; the network learns to tell them apart, and its answer "
            "is drawn over the plane. By keys: arrows move, space puts a point."
        )
        try:
            take(painted(point_painter.painted_points(KEY)), experiment)
        except TableError as error:
            st.info(str(error))
        except ValueError as error:
            refuse(f"{error}: clear the plane and paint again.")


def _to_go_on_with(experiment: Experiment) -> tuple[str, list[list[float]]] | None:
    """The points in use, where nothing has been painted since the page was loaded."""
    table = experiment.data.table
    if table is None or point_painter.has_points(KEY):
        return None
    points = painted_points(table)
    return (table.name, points) if points else None
