"""One widget per field of an Experiment, with its limits, steps, choices and help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import streamlit as st

from dashboard.state import stored
from dashboard.widgets.messages import refuse
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    SECTION_OF,
    TUNABLE_WHILE_TRAINING,
    Experiment,
    counts_examples,
    help_text,
    is_logarithmic,
    label,
    limits,
    step_size,
)
from playground.nn.format import format_number

# Where values below are useless, though the field allows 0.
SMALLEST = {"l1": 1e-6, "l2": 1e-6}

AT_ONCE_MARK = "↯"  # beside the name of a setting that a playing run takes over

SLIDER = "_slider"  # suffix of the key of a slider beside its field's number


def slider_values(name: str, current: float) -> list[float]:
    """Values of a slider in rising order, with the current one among them.

    Logarithmic fields: 1 and 3 of every power of ten; counts of examples: powers of 2.
    """
    low, high = limits(name)
    if isinstance(low, int):
        values = [2**n for n in range(13) if low <= 2**n <= high]
    elif name in SMALLEST or low > 0:
        first = floor(log10(SMALLEST.get(name, low)))
        powers = range(first, floor(log10(high)) + 1)
        values = [float(f"{digit}e{n}") for n in powers for digit in (1, 3)]
        values = [value for value in values if value <= high]
    else:
        values = [n / 20 for n in range(20) if n / 20 <= high]
    return sorted({*values, low, high, current})


def number_step(name: str, current: float) -> float:
    """Step of one click on + or −: half the order of magnitude for logarithmic fields."""
    low, high = limits(name)
    whole, step = isinstance(low, int), step_size(name)
    if step is None and (is_logarithmic(name) or counts_examples(name)):
        step = 10.0 ** floor(log10(current)) / 2 if current else 1
        step = max(1, round(step)) if whole else step
    elif step is None:
        step = 1 if whole else 10.0 ** round(log10(high - low)) / 20
    return int(step) if whole else float(step)


@dataclass(frozen=True)
class Form:
    """Draws widgets for the fields of `experiment`; a widget's key is the name of its field.

    refusals: key → why the widget's value is rejected; locked: key → why it cannot be set.
    """

    experiment: Experiment
    refusals: Mapping[str, Sequence[str]]
    locked: Mapping[str, str]

    def is_locked(self, key: str) -> bool:
        """Whether a widget cannot be set."""
        return key in self.locked

    @staticmethod
    def label(name: str) -> str:
        """The label of a field, marked where a change acts at once."""
        return f"{label(name)} {AT_ONCE_MARK}" if name in TUNABLE_WHILE_TRAINING else label(name)

    def help(self, key: str, text: str) -> str:
        """The help of a widget, with the reason if it cannot be set."""
        return f"{self.locked[key]} {text}" if key in self.locked else text

    def field(self, name: str, options: Sequence[str] = ()) -> None:
        """Draw the widget that suits a field; `options`: those of its choices to offer."""
        if name in CHOICES:
            choices = options or list(CHOICES[name])
            self.select(name, self.label(name), choices, CHOICES[name], self._value(name))
        elif FIELDS[name].annotation is bool:
            stored.control(name, self._value(name))
            st.toggle(self.label(name), key=name, **self._options(name))
            self._show_refusals(name)
        elif limits(name)[0] is None:
            stored.control(name, ", ".join(format_number(value) for value in self._value(name)))
            st.text_input(self.label(name), key=name, placeholder="none", **self._options(name))
            self._show_refusals(name)
        else:
            self._number(name)

    def select(
        self, key: str, text: str, options: Sequence[str], table: Mapping[str, Any], value: str
    ) -> None:
        """Draw a select box for an entry of `table`."""

        def option_label(name: str) -> str:
            entry = table[name]
            return entry if isinstance(entry, str) else str(entry.label)

        stored.control(key, value)
        text_key = key if key in FIELDS else "activation"
        st.selectbox(
            text, options, format_func=option_label, key=key, **self._options(key, text_key)
        )
        self._show_refusals(key)

    def slider(self, name: str) -> None:
        """Draw a slider of common values beside the exact number."""
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        value, key = self._value(name), name + SLIDER
        with left:
            stored.control(key, value)
            st.select_slider(
                self.label(name), slider_values(name, value), format_func=format_number, key=key,
                **self._options(key, name),
            )  # fmt: skip
        with right:
            self._number(name, labelled=False)

    def _number(self, name: str, labelled: bool = True) -> None:
        (low, high), value = limits(name), self._value(name)
        kind = type(value)
        stored.control(name, value)
        options = self._options(name)
        if not labelled:
            options |= {"help": None, "label_visibility": "collapsed"}
        st.number_input(  # drawn first with its default, then with its state: both are the value
            self.label(name), min_value=kind(low), max_value=kind(high), value=value,
            step=number_step(name, value), format="%d" if kind is int else "%g", key=name,
            **options,
        )  # fmt: skip
        self._show_refusals(name)

    def _options(self, key: str, name: str = "") -> dict[str, Any]:
        help = self.help(key, help_text(name or key))
        return {"disabled": self.is_locked(key), "help": help}

    def _value(self, name: str) -> Any:
        return getattr(getattr(self.experiment, SECTION_OF[name]), name)

    def _show_refusals(self, key: str) -> None:
        for sentence in self.refusals.get(key, ()):
            refuse(sentence)
