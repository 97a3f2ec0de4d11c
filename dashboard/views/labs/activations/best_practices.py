"""Four pieces of advice, each a switch, on one small network that is trained at once."""

import streamlit as st

from dashboard.components.chart import chart
from dashboard.figures.decision_boundary import decision_region, region_sentence
from dashboard.figures.labs import advice_figure, advice_sentence, outcome
from playground.labs.activations.best_practices import (
    LARGE,
    SMALL,
    STEPS,
    Advice,
    examples,
    extent,
    trained,
)

SWITCHES = {
    "relu": (
        "ReLU first",
        "On: ReLU in the hidden layers. Off: sigmoid, whose gradients fade from layer to layer.",
        "sigmoid in the hidden layers",
    ),
    "small_rate": (
        f"A small learning rate, {SMALL:g}",
        f"On: {SMALL:g}. Off: {LARGE:g}, and the first steps throw the units below zero for good.",
        f"a learning rate of {LARGE:g}",
    ),
    "standardize": (
        "Standardised inputs",
        "On: each input has mean 0 and standard deviation 1. Off: values around 40 and 5 as they "
        "are.",
        "inputs as they are, around 40 and 5",
    ),
    "he": (
        r"He initialisation, $\sqrt{2/n}$",
        "On: weights centred on 0 with standard deviation √(2/n), n inputs of the layer. "
        "Off: uniform from 0 to 0.1, neither centred nor of a fitting size.",
        "weights uniform from 0 to 0.1",
    ),
}


def advice() -> None:
    """Switches, the loss, what the network answers, and what each switch is worth alone."""
    columns = st.columns(4)
    taken = Advice(
        **{
            name: column.toggle(
                text, True, key=f"lab_advice_{name}", help=help, persist_state="session"
            )
            for column, (name, (text, help, _)) in zip(columns, SWITCHES.items(), strict=True)
        }
    )
    seed = st.slider(
        "Draw", 0, 9, 0, key="lab_advice_seed", persist_state="session",
        help="Which random first weights. Try others: advice helps whatever the draw.",
    )  # fmt: skip
    run, best = trained(taken, seed), trained(Advice(), seed)
    left_out = [SWITCHES[name][2] for name, on in vars(taken).items() if not on]
    if not left_out:
        st.success(f"All four taken: {outcome(run)} after {STEPS} updates. Switch one off.",
                   icon=":material/check_circle:")  # fmt: skip
    else:
        said = f"With {' and '.join(left_out)}: {outcome(run)} after {STEPS} updates"
        show, icon = (st.info, "info") if run.learnt else (st.error, "error")
        learnt = "it learns, but not as well" if run.learnt else "it has not learnt the ring"
        show(f"{said}; {learnt}.", icon=f":material/{icon}:")
    runs = {"yours": run} | ({"all four taken": best} if left_out else {})
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            advice_figure(runs), advice_sentence(runs), key="lab_advice_loss",
            about="The loss of a 2-16-16-16-1 network over its updates. 0.693 is what tossing a "
            "coin gives: a line that stays there has learnt nothing.",
        )  # fmt: skip
    with right:
        x, y = examples()
        values = 2 * run.answers - 1
        chart(
            decision_region(values, extent(), {"examples": (x, 2 * y[:, 0] - 1)},
                            ("age", "hours a week"), "advice"),
            region_sentence(values, ("inside", "outside")), key="lab_advice_region",
            about="What the network says everywhere: it should find the disc inside the ring. "
            "Switch one piece of advice off and see what becomes of it.",
        )  # fmt: skip
    rows = [
        f"| {SWITCHES[name][0]} | {'on' if on else 'off'} "
        f"| {outcome(trained(taken.flipped(name), seed))} |"
        for name, on in vars(taken).items()
    ]
    st.markdown("| | now | with this one switched over |\n|---|---|---|\n" + "\n".join(rows))
