"""The part of a script that holds its own numbers against the recorded ones."""

from collections.abc import Sequence

import numpy as np

from playground.export.script.source import quoted
from playground.history.events import Epoch, metric_name

TOLERANCE = 1e-3
JUDGED = 3  # epochs
MOST_ROWS = 40  # recorded epochs in a script

_COMPARE = '''\
class Compare(keras.callbacks.Callback):
    """Prints each epoch beside the recorded one, and keeps the largest difference of each."""

    differences = {}

    def on_epoch_end(self, epoch, logs):
        recorded = RECORDED.get(epoch + 1)
        if recorded is None:
            return
        pairs = [(name, logs[name], then) for name, then in zip(COLUMNS, recorded)]
        apart = np.max([abs(now - then) / max(1, abs(then)) for _, now, then in pairs])
        self.differences[epoch + 1] = round(float(apart), 9)
        numbers = "  ".join(f"{name} {now:.5f} ({then:.5f})" for name, now, then in pairs)
        print(f"epoch {epoch + 1:>3}: {numbers}", flush=True)'''

_VERDICT = """\
found = Compare.differences
first = [found.get(epoch, math.inf) for epoch in RECORDED if epoch <= min(epochs, JUDGED)]
if len(found) > JUDGED:
    print(f"Largest difference in all {len(found)} epochs compared: {max(found.values()):.1e}.")
if all(each <= TOLERANCE for each in first):
    print(f"Reproduced: largest difference {max(first):.1e} in the first {len(first)} epochs.")
else:
    print(f"NOT reproduced: largest difference {max(first):.1e} in the first {len(first)} epochs.")
    print(f"Recorded with keras {KERAS}; this is keras {keras.__version__}.")
    sys.exit(1)"""


def compare(epochs: Sequence[Epoch], task: str, keras: str) -> str:
    """Code with the recorded numbers of `epochs` and a callback that prints others beside them."""
    names = ["loss", metric_name(task)]
    if epochs[0].validation is not None:
        names += [f"val_{name}" for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    rows = "\n".join(f"    {epoch.epoch}: {_numbers(epoch)}," for epoch in _some(epochs))
    return f"""\
KERAS = {quoted(keras)}
TOLERANCE = {TOLERANCE!r}  # of a loss above 1: as a share of it
JUDGED = {JUDGED}  # epochs: rounding errors grow with every update, so later ones are only shown

COLUMNS = ({columns})
RECORDED = {{
{rows}
}}


{_COMPARE}"""


def verdict() -> str:
    """Code that says at the end whether the run was reproduced."""
    return _VERDICT


def _numbers(epoch: Epoch) -> str:
    scores = [epoch.train] + [epoch.validation] * (epoch.validation is not None)
    values = [value for score in scores if score for value in (score.loss, score.metric)]
    return f"({', '.join(f'{value:.7g}' for value in values)})"


def _some(epochs: Sequence[Epoch]) -> list[Epoch]:
    """The first epochs, and of the others so many, evenly spread, with the last one."""
    half = MOST_ROWS // 2
    if len(epochs) <= MOST_ROWS:
        return list(epochs)
    rest = np.linspace(half, len(epochs) - 1, MOST_ROWS - half).round().astype(int)
    return [*epochs[:half], *(epochs[row] for row in rest)]
