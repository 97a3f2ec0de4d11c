"""Graph of the network: units, connections, and a thumbnail of each unit."""

from typing import Any

from dashboard.components import register
from dashboard.state import stored

_network_graph = register("network_graph", streamed=True)


def network_graph(key: str, data: dict[str, Any], stream: str = "", height: int = 0) -> None:
    """Draw the graph, at most `height` pixels high; 0: as high as it needs.

    stream: messages under `key` update it.
    """
    more = {"stream": stream, "part": key, "high": height}
    _network_graph(key=key, data={**data, **more}, on_pinned_change=lambda: None)


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
