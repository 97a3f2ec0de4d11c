"""Graph of the network: units, connections, and a thumbnail of each unit."""

from collections.abc import Callable
from typing import Any

from dashboard.components import register
from dashboard.state import stored

_network_graph = register("network_graph", "network_graph", "numbers", streamed=True)


def network_graph(
    key: str,
    data: dict[str, Any],
    stream: str = "",
    height: int = 0,
    share: float = 0.0,
    large: bool = False,
    resized: Callable[[int, int], None] | None = None,
) -> None:
    """Draw the graph, at most `height` pixels high; 0: as high as it needs.

    stream: messages under `key` update it; share: of the window's height, if that is more than
    `height`; large: for a projector; resized: called with a hidden layer (from 1) and −1 or +1
    when a click asks for fewer or more units.
    """

    def resize() -> None:
        clicked = stored.component(key, "resized")
        if isinstance(clicked, dict) and resized is not None:
            layer, by = clicked.get("layer"), clicked.get("by")
            if type(layer) is int and by in (-1, 1):
                resized(layer, by)

    more = {"stream": stream, "part": key, "high": height, "share": share, "large": large}
    _network_graph(
        key=key, data={**data, **more, "resizable": resized is not None},
        on_pinned_change=lambda: None, on_resized_change=resize,
    )  # fmt: skip


def unit_at(key: str, name: str, of: str, layer_sizes: tuple[int, ...]) -> tuple[int, int] | None:
    """(column, unit) in the component's state `name`, if the network `of` has it."""
    reported = stored.component(key, name)
    if not isinstance(reported, dict) or reported.get("of") != of:
        return None
    column, _, unit = str(reported.get("unit")).partition(":")
    if not (column.isdecimal() and unit.isdecimal() and len(column + unit) < 9):
        return None
    inside = int(column) < len(layer_sizes) and int(unit) < layer_sizes[int(column)]
    return (int(column), int(unit)) if inside else None
