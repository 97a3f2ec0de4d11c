"""Code that compares a script's own numbers with the recorded ones."""

from collections.abc import Mapping, Sequence

import numpy as np

from playground.export.script.source import listing, quoted, wrapped
from playground.history.environment import processor
from playground.history.events import Epoch, Finished, metric_name
from playground.nn.network import Snapshot

TOLERANCE = 1e-3
JUDGED = 3  # epochs
MAX_ROWS = 40  # recorded epochs in a script

IMPORTS = {"import math", "import platform", "import sys", "from pathlib import Path"}

_COMPARE = '''\
class Compare(keras.callbacks.Callback):
    """Prints each epoch beside the recorded one, and keeps the largest difference of each."""

    differences, logs = {}, {}

    def on_epoch_end(self, epoch, logs):
        self.logs[epoch + 1] = dict(logs)
        recorded = RECORDED.get(epoch + 1)
        if recorded is None:
            return
        pairs = [(name, logs[name], then) for name, then in zip(COLUMNS, recorded)]
        self.differences[epoch + 1] = max(difference(now, then) for _, now, then in pairs)
        numbers = "  ".join(f"{name} {now:.5f} ({then:.5f})" for name, now, then in pairs)
        print(f"epoch {epoch + 1:>3}: {numbers}", flush=True)


def difference(now, then):
    """Absolute, or relative to a recorded number above 1."""
    return round(float(abs(now - then) / max(1, abs(then))), 9)


def statistics_of_weights(model):
    """Mean and root mean square of each kernel and bias."""
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    arrays = [np.asarray(w, float) for layer in dense for w in layer.get_weights()]
    return [(a.mean(), np.sqrt(np.square(a).mean())) for a in arrays]'''

_VERDICT = """\
differences = Compare.differences
first = [differences.get(epoch, math.inf) for epoch in RECORDED if epoch <= min(epochs, JUDGED)]
ended = [0.0]
if len(differences) > JUDGED:
    worst = max(differences.values())
    print(f"Largest difference in all {len(differences)} epochs compared: {worst:.1e}.")
if epochs == EPOCHS and differences.get(FINAL, math.inf) <= TOLERANCE:
    # The end: Keras has restored the weights of the same epoch as the run.
    if "val_loss" in Compare.logs[FINAL]:
        now = model.evaluate(x_validation, y_validation, batch_size=1000, verbose=0)
        then = [Compare.logs[FINAL][name] for name in COLUMNS if name.startswith("val_")]
        ended += [difference(*pair) for pair in zip(now, then)]
    if WEIGHTS:
        pairs = zip(np.ravel(statistics_of_weights(model)), np.ravel(WEIGHTS))
        ended += [difference(*pair) for pair in pairs]
    print(f"Largest difference in the last weights and scores (epoch {FINAL}): {max(ended):.1e}.")
elif epochs == EPOCHS:
    print("The last weights are not compared: rounding errors have grown too large.")
if all(each <= TOLERANCE for each in first + ended):
    print(f"Reproduced: largest difference {max(first):.1e} in the first {len(first)} epochs.")
else:
    print(f"NOT reproduced: largest difference {max(first):.1e} in the first {len(first)} epochs.")
    print(f"Recorded with keras {KERAS} on {PROCESSOR};")
    print(f"this is keras {keras.__version__} on {processor()}.")
    print("Other versions or another family of processors round differently.")
    sys.exit(1)"""


def compare(
    epochs: Sequence[Epoch],
    task: str,
    versions: Mapping[str, str],
    finished: Finished | None,
    end: Snapshot | None,
) -> str:
    """Code with the recorded numbers of `epochs` and a callback that prints them beside its own.

    `end`: the last weights, None where they are not comparable.
    """
    names = ["loss", metric_name(task)]
    if any(epoch.validation for epoch in epochs):
        names += [f"val_{name}" for name in names]
    last = epochs[-1].epoch
    final = (finished and finished.restored and finished.best_epoch) or last
    rows = "\n".join(f"    {e.epoch}: {_numbers(e)}," for e in _some(epochs, final))
    arrays = [] if end is None or end.epoch != last else end.weights
    statistics = [f"({a.mean():.7g}, {np.sqrt(np.square(a).mean()):.7g})" for a in arrays]
    return f"""\
KERAS = {quoted(versions.get("keras", "?"))}
PROCESSOR = {quoted(versions.get("processor", "?"))}
TOLERANCE = {TOLERANCE!r}  # of a loss above 1: as a share of it
JUDGED = {JUDGED}  # epochs: rounding errors grow with every update, so later ones are only shown

COLUMNS = ({", ".join(f'"{name}"' for name in names)})
RECORDED = {{
{rows}
}}
FINAL = {final}  # the epoch whose weights the run ended with
{wrapped("WEIGHTS = [", statistics, "]")}


{listing(processor)}


{_COMPARE}"""


def verdict() -> str:
    """Code that says at the end whether the run was reproduced."""
    return _VERDICT


def _numbers(epoch: Epoch) -> str:
    scores = [epoch.train] + [epoch.validation] * (epoch.validation is not None)
    values = [value for score in scores if score for value in (score.loss, score.metric)]
    return f"({', '.join(f'{value:.7g}' for value in values)})"


def _some(epochs: Sequence[Epoch], final: int) -> list[Epoch]:
    """At most MAX_ROWS epochs: the first, others evenly spaced, the last and `final`."""
    half = MAX_ROWS // 2
    if len(epochs) <= MAX_ROWS:
        return list(epochs)
    rest = np.linspace(half, len(epochs) - 1, MAX_ROWS - half).round().astype(int)
    chosen = {*range(half), *rest.tolist()}
    return [epoch for row, epoch in enumerate(epochs) if row in chosen or epoch.epoch == final]
