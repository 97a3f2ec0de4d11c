"""The forward pass of one example, layer by layer."""

from typing import Any

from dashboard.components import register

_forward_pass = register("forward_pass", "forward_pass", "numbers")


def forward_pass(key: str, data: dict[str, Any]) -> None:
    """Draw the layers; the unit pointed at and the one chosen are the component's state."""
    _forward_pass(
        key=key, data=data,
        on_pointed_change=lambda: None, on_chosen_change=lambda: None,
    )  # fmt: skip
