"""Sliders with buttons: the epoch that all pages show, and precomputed steps."""

from collections.abc import Callable, Mapping

from dashboard.components import register
from dashboard.state import session, stored

_epoch_slider = register("slider", "epoch_slider", streamed=True)
_step_slider = register("slider", "step_slider")


def shown_epoch(newest: int, of: str) -> int | None:
    """The epoch that the slider shows, also before it is drawn; None: the newest.

    of: names the network; another one is shown at its newest epoch.
    """
    reported = stored.component("epoch", "chosen")
    if isinstance(reported, Mapping) and reported.get("of") == of:
        chosen = reported.get("epoch")
        inside = isinstance(chosen, int) and 0 <= chosen < newest
        session.show_epoch(of, chosen if inside else None)
    return session.shown_epoch(of)


def epoch_slider(
    newest: int,
    of: str,
    moved: Callable[[], None] = lambda: None,
    stream: str = "",
    large: bool = False,
    trained: int = 0,
) -> int | None:
    """Draw the slider; the epoch that it shows, as `shown_epoch`. moved: called on a move.

    stream: messages under "epoch" tell the newest epoch; large: for a projector; trained: the
    epochs of a run whose newest weights are older, as only some are saved.
    """
    data: dict[str, object] = {"of": of, "epoch": session.shown_epoch(of), "newest": newest}
    data |= {"large": large, "trained": trained}
    more = {"stream": stream, "part": "epoch"}
    _epoch_slider(key="epoch", data=data | more, on_chosen_change=moved)
    return shown_epoch(newest, of)


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
