"""Which values a widget steps through, from the limits and the scale of its field."""

from math import floor, log10

from playground.experiment import FIELDS, PART, PARTS, extra, limits

# Values of a field whose usefulness begins far above 0, smallest first; 0 itself comes before them.
SMALLEST = {"l1": 1e-6, "l2": 1e-6}


def usual_values(name: str, current: float) -> list[float]:
    """Values worth dragging through, with the current one among them, in rising order.

    Fields on a logarithmic scale: 1 and 3 of every power of ten; counts of examples: powers of 2.
    """
    low, high = limits(PARTS[PART[name]], name)
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
    low, high = limits(PARTS[PART[name]], name)
    said = extra(FIELDS[name])
    whole = isinstance(low, int)
    if "step" in said:
        step = said["step"]
    elif said.get("scale") == "log" or said.get("unit") == "examples":
        step = 10.0 ** floor(log10(current)) / 2 if current else 1
        step = max(1, round(step)) if whole else step
    else:
        step = 1 if whole else 10.0 ** round(log10(high - low)) / 20
    return int(step) if whole else float(step)


def written(value: float) -> str:
    """A number in short where that is exact: two numbers never look the same."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
