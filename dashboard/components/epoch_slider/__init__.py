"""Slider of the epoch that all pages show."""

from collections.abc import Callable, Mapping

from dashboard.components import register
from dashboard.state import session

_epoch_slider = register("epoch_slider")


def epoch_slider(newest: int, of: str, moved: Callable[[], None] = lambda: None) -> int | None:
    """The epoch to show; None: the newest, also while training goes on.

    of: names the network; another one is shown at its newest epoch. moved: called on a move.
    """
    epoch = session.shown_epoch(of)
    data = {"of": of, "epoch": epoch, "newest": newest}
    reported = _epoch_slider(key="epoch", data=data, on_chosen_change=moved).chosen
    if isinstance(reported, Mapping) and reported.get("of") == of:
        chosen = reported.get("epoch")
        epoch = chosen if isinstance(chosen, int) and 0 <= chosen < newest else None
        session.show_epoch(of, epoch)
    return epoch
