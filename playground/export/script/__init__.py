"""A run as a Python script of plain Keras that trains it once more and proves itself.

The script needs Keras, TensorFlow and NumPy, and nothing of this program. It holds its own numbers
against the recorded ones and ends with status 1 where they differ.
"""

import io
import re
import textwrap
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.url import encode
from playground.export.script import data, model, training, verify
from playground.export.script.source import quoted, spaced
from playground.history.events import (
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
)
from playground.nn.network import Snapshot

NAME = "train.py"

NOTHING = "Train at least one epoch: the script compares itself with what was recorded."
TOO_SOON = (
    "The script compares itself with what was recorded before anything was changed by hand, and "
    "here something was changed before the first epoch was over. Press Reset and train again."
)

HEAD = '''\
"""A network of the MLP playground, trained once more with plain Keras.

The same examples, the same first weights, the same batches in the same order. Each epoch is
printed beside what was recorded (in brackets); the last line says whether it was reproduced.

    pip install {packages}
    python {name}         # all epochs
    python {name} 3       # only the first three
"""'''


class ScriptError(ValueError):
    """There is no script for a run; the text says why."""


@dataclass(frozen=True)
class Script:
    """The files of a script by name, itself first, and what it leaves out, a sentence each."""

    files: Mapping[str, bytes]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The script itself."""
        return next(iter(self.files.values())).decode()

    @property
    def packed(self) -> bytes:
        """All files in one archive (.zip)."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, each in self.files.items():
                archive.writestr(name, each)
        return content.getvalue()


def script(
    experiment: Experiment,
    events: Iterable[Event],
    versions: Mapping[str, str],
    start: Snapshot | None = None,
    name: str = NAME,
) -> Script:
    """The script of a run; ScriptError where there is nothing to compare with.

    versions: of the packages it was trained with. start: the weights it began with, where these
    are not the ones of its seed. name: what the file is called, letters, digits, dots and dashes.
    """
    name = name if re.fullmatch(r"[\w.-]+", name) else NAME  # it stands in the text
    events = list(events)
    experiment, last, notes = reproducible(experiment, events)
    epochs = [e for e in events if isinstance(e, Epoch) and (last is None or e.epoch <= last)]
    if not epochs:
        raise ScriptError(NOTHING if last is None else TOO_SOON)
    told = notes or tuple(_ending(e) for e in events if isinstance(e, (Finished, Diverged)))
    text = _text(experiment, epochs, told, versions, start is not None, name)
    files = {name: text.encode()}
    if data.needs_file(experiment.data):
        files[data.FILE] = data.file(experiment.data)
    if start is not None:
        files[model.FILE] = _weights(start)
    return Script(files, notes)


def reproducible(
    experiment: Experiment, events: Sequence[Event]
) -> tuple[Experiment, int | None, tuple[str, ...]]:
    """The experiment as the run began, the last epoch that it alone decides (None: all of them),
    and a sentence on what comes after that.

    A setting changed by hand, or examples taught, may have come amid an epoch: what followed
    depends on the very moment, which is not recorded.
    """
    for change in reversed([e for e in events if isinstance(e, HyperparametersChanged)]):
        experiment = experiment.replace(**{change.name: change.before})
    for event in events:
        if isinstance(event, (HyperparametersChanged, ExamplesAdded)):
            what = (
                f"{event.name} was changed from {event.before} to {event.after}"
                if isinstance(event, HyperparametersChanged)
                else f"{event.examples} examples were taught"
            )
            note = f"After epoch {event.epoch} {what} by hand: the script goes no further."
            return experiment, event.epoch, (note,)
    return experiment, None, ()


def _text(
    experiment: Experiment, epochs: Sequence[Epoch], told: Sequence[str],
    versions: Mapping[str, str], given: bool, file: str,
) -> str:  # fmt: skip
    standard, others = _imports(experiment, given)
    imports = "\n\n".join("\n".join(_sorted(each)) for each in (standard, others))
    source = experiment.data.source
    sections = [
        ("The settings", _settings(experiment, epochs, told)),
        ("The data", data.section(experiment.data, experiment.training.loss)),
        ("The network", model.section(experiment, given)),
        ("What was recorded", verify.compare(epochs, source.task, versions.get("keras", "?"))),
        ("Training", training.section(experiment)),
        ("Once more", _fit(experiment)),
    ]
    packages = ("keras", "tensorflow", "numpy") + ("scikit-learn",) * any(
        "sklearn" in o for o in others
    )
    pinned = " ".join(f"{p}=={versions[p]}" if p in versions else p for p in packages)
    head = HEAD.format(packages=pinned, name=file)
    parts = [f"{head}\n\n{imports}"]
    parts += [f"# {'-' * 4} {name} {'-' * (90 - len(name))}\n\n{text}" for name, text in sections]
    return spaced("\n\n".join(parts)) + "\n"


def _imports(experiment: Experiment, given: bool) -> tuple[set[str], set[str]]:
    """What is imported from the standard library, and what from elsewhere."""
    standard, others = data.imports(experiment.data)
    standard |= {"import math", "import sys"}
    if given:
        standard.add("from pathlib import Path")
    if experiment.training.schedule not in training.SHARES:
        standard.add("import types")
    return standard, others | {"import keras", "import numpy as np"}


def _sorted(lines: Iterable[str]) -> list[str]:
    """`import x` before `from x import y`, as is usual."""
    return sorted(lines, key=lambda line: (line.startswith("from"), line))


def _settings(experiment: Experiment, epochs: Sequence[Epoch], told: Sequence[str]) -> str:
    """The numbers that several places need, and what there is to know of the run."""
    training = experiment.training
    size = min(training.batch_size, experiment.data.train_size)
    lines = [
        f"TITLE = {quoted(title(experiment))}",
        f"LINK = {quoted(encode(experiment))}  # opens it in the playground",
        f"SEED = {experiment.network.seed}  # of the weights, the order and the dropout",
        f"EPOCHS = {epochs[-1].epoch}  # that were trained",
        f"PLANNED = {training.epochs}  # epochs: what the schedule reckons with",
        f"BATCH_SIZE = {size}",
        f"STEPS = {experiment.steps_per_epoch}  # updates in an epoch: the last batch may be small",
        f"LEARNING_RATE = {training.learning_rate!r}",
    ]
    if experiment.network.dropout:
        lines.append(f"DROPOUT = {experiment.network.dropout!r}  # share of hidden units dropped")
    return "\n".join([*(f"# {line}" for n in told if n for line in textwrap.wrap(n, 96)), *lines])


def _ending(event: Finished | Diverged) -> str:
    if isinstance(event, Diverged):
        return f"The run ended at update {event.step}: its loss was no longer a finite number."
    if not event.stopped_early:
        return ""
    best = f"; its weights are those of epoch {event.best_epoch}" if event.restored else ""
    return f"The run stopped early after epoch {event.epoch}{best}."


def _fit(experiment: Experiment) -> str:
    validation = (
        "    validation_data=(x_validation, y_validation),\n    validation_batch_size=1000,\n"
        if experiment.data.validation_size
        else ""
    )
    return f"""\
epochs = min(int(sys.argv[1]), EPOCHS) if len(sys.argv) > 1 else EPOCHS
print(TITLE)
model.fit(
    batches(),
    shuffle=False,  # they are in their order
    steps_per_epoch=STEPS,
    epochs=epochs,
{validation}    callbacks=callbacks,
    verbose=0,
)

{verify.verdict()}"""


def _weights(start: Snapshot) -> bytes:
    """`network.FILE`."""
    arrays = {}
    for i, layer in enumerate(start.layers, start=1):
        arrays[f"kernel_{i}"], arrays[f"bias_{i}"] = layer.kernel, layer.bias
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()
