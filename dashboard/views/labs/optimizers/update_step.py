"""One update of one optimizer with all of its numbers, and how the optimizers came to be."""

from collections.abc import Mapping

import streamlit as st

from dashboard.views.labs.optimizers.settings import ChosenSettings
from playground.labs.optimizers.history import LINEAGE
from playground.labs.optimizers.trajectories import Path
from playground.labs.optimizers.update_rules import RULES, UpdateLine, Values


def numbers(paths: Mapping[str, Path], chosen: Mapping[str, ChosenSettings], step: int) -> None:
    """The lines of a rule, as symbols and with the numbers of the update shown, for x and y."""
    st.markdown("**One update in numbers**: $g_t \\to m_t \\to V_t \\to \\eta_t \\to W_{t+1}$")
    names = list(paths)
    name = st.selectbox(
        "Optimizer", names, format_func=lambda name: RULES[name].label,
        key="lab_optimizers_lens", persist_state="session",
        help="Whose update is written out. Move the slider of updates above and watch m and V.",
    ) or names[0]  # fmt: skip
    path, each = paths[name], chosen[name]
    t = max(1, min(step, len(path.steps)))
    st.caption(
        f"Update {t} of {RULES[name].label}, which "
        + ("comes next" if step == 0 else "was made last")
        + ". Each weight is updated by itself: x on the left, y on the right."
    )
    for column, weight, values in zip(st.columns(2), "xy", path.steps[t - 1], strict=True):
        known = {**values, **each.settings, "lr": each.rate, "t": t}
        column.latex(written(name, weight, known))


def written(name: str, weight: str, known: Values) -> str:
    """LaTeX: the gradient, then each line of a rule as symbols, as numbers, and its value."""
    rows = [rf"g_t &= \frac{{\partial f}}{{\partial {weight}}} = {number(known['g'])}"]
    rows += [_row(line, known) for line in RULES[name].lines]
    return r"\begin{aligned} " + r" \\[4pt] ".join(rows) + r" \end{aligned}"


def _row(line: UpdateLine, known: Values) -> str:
    worth = number(known[line.key])
    if not line.numbers:
        return f"{line.name} &= {worth if line.symbols == worth else f'{line.symbols} = {worth}'}"
    filled = line.numbers
    for name, value in known.items():
        text = f"{value:d}" if isinstance(value, int) else number(value)
        if text.startswith("-") or "cdot" in text:
            text = rf"({text})"
        filled = filled.replace(f"<{name}>", text)
    return rf"{line.name} &= {line.symbols} \\ &= {filled} \\ &= \mathbf{{{worth}}}"


def number(value: float) -> str:
    """A number in LaTeX with five digits that count."""
    text = f"{value:.5g}"
    mantissa, sign, power = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}" if sign else mantissa


def lineage() -> None:
    """The history of the rules as a table: what each of them adds."""
    with st.expander("From SGD to Nadam: what each one adds"):
        rows = [
            f"| **{RULES[each.rule].label}** | {each.year}, {each.author} | {each.adds} | "
            f"{each.solves} | {each.weakness} |"
            for each in LINEAGE
        ]
        head = [
            "| Rule | Year, by | What it adds | What this solves | What is left |",
            "|" + "-|" * 5,
        ]
        st.markdown("\n".join(head + rows))
