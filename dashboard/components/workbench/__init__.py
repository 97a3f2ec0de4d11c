"""Keys of the page, and on a phone: tabs for its pictures, and its settings as a sheet."""

from collections.abc import Mapping

from dashboard.components import register

_workbench = register("workbench")

# key → the key of the button that it presses, its name, and what it does
KEYS = {
    " ": ("pause, train", "Space", "Train, or pause"),
    "s": ("step_update", "S", "One update"),
    "e": ("step", "E", "One epoch"),
    "r": ("reset", "R", "Reset: back to the initial weights"),
    "n": ("new_weights", "N", "New seed: other initial weights"),
    "ctrl+z": ("undo", "Ctrl Z", "Undo a change of the settings"),
    "ctrl+shift+z": ("redo", "Ctrl Shift Z", "Redo it"),
    "m": ("more_settings", "M", "All other settings"),
    "f1": ("", "F1", "Help for the setting that has the focus"),
    "p": ("pin", "P", "Pin the curves of this run"),
    "escape": ("present_off", "Esc", "Leave the view for a projector"),
    "?": ("", "?", "This list"),
}
# Streamlit presses the buttons of these by itself: their `shortcut`.
BY_STREAMLIT = (" ", "s", "e", "n")


def workbench(pictures: Mapping[str, str], button: bool = True, settings: bool = True) -> None:
    """Listen to the keys; on a phone show one of `pictures`: name of its container → label.

    button: whether one lists the keys; settings: whether the page has them, on a phone as a sheet.
    """
    keys = [
        {"key": key, "button": button, "name": name, "text": text, "own": key in BY_STREAMLIT}
        for key, (button, name, text) in KEYS.items()
    ]
    data = {"keys": keys, "pictures": dict(pictures), "button": button, "settings": settings}
    _workbench(key="workbench_keys", data=data)
