"""Which values a widget steps through, from the limits and the scale of its field.

One widget for each field of an Experiment: it shows the field's value, whatever that is.
"""

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
    Experiment,
    counts_examples,
    help_text,
    is_logarithmic,
    label,
    limits,
    step_size,
)
from playground.nn.format import format_number

# Values of a field whose usefulness begins far above 0, smallest first; 0 itself comes before them.
SMALLEST = {"l1": 1e-6, "l2": 1e-6}


def usual_values(name: str, current: float) -> list[float]:
    """Values worth dragging through, with the current one among them, in rising order.

    Fields on a logarithmic scale: 1 and 3 of every power of ten; counts of examples: powers of 2.
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


def step_of(name: str, current: float) -> float:
    """How far one click on + or − goes: half the magnitude where magnitudes are what matters."""
    low, high = limits(name)
    whole, step = isinstance(low, int), step_size(name)
    if step is None and (is_logarithmic(name) or counts_examples(name)):
        step = 10.0 ** floor(log10(current)) / 2 if current else 1
        step = max(1, round(step)) if whole else step
    elif step is None:
        step = 1 if whole else 10.0 ** round(log10(high - low)) / 20
    return int(step) if whole else float(step)


SLIDER = "_slider"  # ends the key of a slider that stands beside its field's number


@dataclass(frozen=True)
class Form:
    """Draws the widgets of `experiment`; the key of a widget is the name of its field.

    `refusals` says, by key, why what a widget holds is not taken; `locked`, why it cannot be set.
    """

    experiment: Experiment
    refusals: Mapping[str, Sequence[str]]
    locked: Mapping[str, str]

    def locks(self, key: str) -> bool:
        """Whether a widget cannot be set."""
        return key in self.locked

    def help(self, key: str, text: str) -> str:
        """The help of a widget, with the reason if it cannot be set."""
        return f"{self.locked[key]} {text}" if key in self.locked else text

    def field(self, name: str) -> None:
        """The widget that suits a field."""
        low, _ = limits(name)
        if FIELDS[name].annotation is bool:
            self.switch(name)
        elif name in CHOICES:
            self.choice(name)
        elif low is None:
            self.several(name)
        else:
            self.number(name)

    def choice(self, name: str, options: Sequence[str] = ()) -> None:
        """One entry of the field's table, or one of some `options`."""
        options = options or list(CHOICES[name])
        self.option(name, label(name), options, CHOICES[name], self._value(name))

    def option(
        self, key: str, text: str, options: Sequence[str], table: Mapping[str, Any], value: str
    ) -> None:
        """A box to choose an entry of `table` from."""

        def named(name: str) -> str:
            entry = table[name]
            return entry if isinstance(entry, str) else str(entry.label)

        stored.control(key, value)
        help = self.help(key, help_text(key if key in FIELDS else "activation"))
        st.selectbox(text, options, format_func=named, key=key, disabled=self.locks(key), help=help)
        self._refuse(key)

    def switch(self, name: str) -> None:
        """On or off."""
        stored.control(name, self._value(name))
        help = self.help(name, help_text(name))
        st.toggle(label(name), key=name, disabled=self.locks(name), help=help)
        self._refuse(name)

    def number(self, name: str, labelled: bool = True) -> None:
        """A number between the field's limits."""
        (low, high), value = limits(name), self._value(name)
        kind = type(value)
        stored.control(name, value)
        st.number_input(
            label(name),
            min_value=kind(low),
            max_value=kind(high),
            step=step_of(name, value),
            format="%d" if kind is int else "%g",
            key=name,
            disabled=self.locks(name),
            help=self.help(name, help_text(name)) if labelled else None,
            label_visibility="visible" if labelled else "collapsed",
        )
        self._refuse(name)

    def slider(self, name: str) -> None:
        """Usual values to drag through, and the exact one beside them."""
        drag, exact = st.columns([3, 2], vertical_alignment="bottom")
        value, key = self._value(name), name + SLIDER
        with drag:
            stored.control(key, value)
            st.select_slider(
                label(name),
                usual_values(name, value),
                format_func=format_number,
                key=key,
                disabled=self.locks(key),
                help=self.help(key, help_text(name)),
            )
        with exact:
            self.number(name, labelled=False)

    def several(self, name: str, example: str = "") -> None:
        """Values separated by commas, in a box of text."""
        stored.control(name, ", ".join(format_number(value) for value in self._value(name)))
        help = self.help(name, " ".join(filter(None, (help_text(name), example))))
        st.text_input(
            label(name), key=name, help=help, placeholder="none", disabled=self.locks(name)
        )
        self._refuse(name)

    def _value(self, name: str) -> Any:
        return getattr(getattr(self.experiment, SECTION_OF[name]), name)

    def _refuse(self, key: str) -> None:
        for sentence in self.refusals.get(key, ()):
            refuse(sentence)
