"""A history as a Plotly figure, for notebooks and scripts."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from playground.history.history import History

TRAINING, VALIDATION = "#0877bd", "#3d9fe0"  # one hue: solid for training, dashed for validation
MARK = "#8a8f98"  # best epochs, changes of settings
FEW_POINTS = 25  # that are drawn as markers on the line


def curves(history: "History") -> Any:
    """A `plotly.graph_objects.Figure`: the loss and the metric of both splits over the epochs.

    The best epoch is marked; a thin line stands where a setting was changed.
    """
    from plotly.subplots import make_subplots

    validated = history.validated
    titles = [name.replace("_", " ") for name in ("loss", history.metric_name)]
    figure = make_subplots(1, 2, subplot_titles=[title.capitalize() for title in titles])
    for column, name in enumerate(("loss", "metric"), start=1):
        splits = (
            ("training", history.epoch, getattr(history, name), TRAINING, "solid"),
            ("validation", validated.epoch, getattr(validated, f"val_{name}"), VALIDATION, "dash"),
        )
        for split, epoch, values, color, dash in splits:
            if values is not None:
                figure.add_scatter(
                    x=epoch, y=values, name=split, legendgroup=split,
                    showlegend=column == 1, line={"color": color, "dash": dash},
                    mode="lines+markers" if len(epoch) <= FEW_POINTS else "lines",
                    row=1, col=column,
                )  # fmt: skip
        figure.update_xaxes(title_text="epoch", row=1, col=column)
        figure.update_yaxes(title_text=titles[column - 1], row=1, col=column)
    if history.val_loss is not None and history.best_epoch is not None:
        row = int(np.searchsorted(history.epoch, history.best_epoch))
        figure.add_scatter(
            x=[history.best_epoch], y=[history.val_loss[row]], name="best epoch", mode="markers",
            marker={"symbol": "circle-open", "size": 12, "color": VALIDATION}, row=1, col=1,
        )  # fmt: skip
    for change in history.changes:
        figure.add_vline(x=change.epoch, line={"color": MARK, "width": 1})
    if history.metric_name == "accuracy":
        figure.update_yaxes(tickformat=".0%", row=1, col=2)
    return figure.update_layout(height=340, margin={"t": 40, "b": 40}, hovermode="x unified")
