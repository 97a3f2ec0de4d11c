"""Slider and buttons that play and step through precomputed steps."""

from collections.abc import Mapping

from dashboard.components import register
from dashboard.state import stored

_step_slider = register("step_slider")


def step_slider(count: int, key: str, noun: str = "step") -> int:
    """The step to show, from 0 to `count`: the last one until the slider is moved."""
    reported = stored.component(key, "chosen")
    step = reported.get("step") if isinstance(reported, Mapping) else stored.get(key)
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < count:
        step = None
    stored.set(key, step)  # also for when the slider is mounted again
    data = {"step": step, "count": count, "noun": noun}
    _step_slider(key=key, data=data, on_chosen_change=lambda: None)
    return count if step is None else step
