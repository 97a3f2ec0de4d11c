"""A run as a Python script that trains it again with plain Keras and compares the numbers.

The script needs Keras, TensorFlow and NumPy, and nothing of this program. It ends with status 1
where its numbers differ from the recorded ones.
"""

import io
import itertools
import re
import textwrap
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.url import encode
from playground.export.script import data, model, training, verify
from playground.export.script.source import import_block, quoted, spaced
from playground.history.events import (
    STOPPED,
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    WeightsLoaded,
)
from playground.nn.network import Snapshot
from playground.nn.schedules import SCHEDULES

NAME = "train.py"

NOTHING = "Train at least one epoch: the script compares its numbers with the recorded ones."
TOO_SOON = (
    "The script compares its numbers with those recorded before a setting was changed, and here a "
    "setting was changed before the end of the first epoch. Press Reset and train again."
)

HEAD = '''\
"""A network of the MLP playground, trained again with plain Keras.

The same examples, the same initial weights, the same batches in the same order. Each epoch is
printed beside the recorded one (in brackets); the last line says whether it was reproduced.
Equal versions on the same family of processors give equal numbers; others round differently.

    {threads}
    pip install {packages}
    python {name}         # all epochs
    python {name} 3       # only the first three
"""'''


class ScriptError(ValueError):
    """A run has no script; the text says why."""


@dataclass(frozen=True)
class Script:
    """The files of a script by name, itself first, and a sentence for each part it omits."""

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
    end: Snapshot | None = None,
) -> Script:
    """The script of a run; ScriptError where there is nothing to compare with.

    versions: as `history.environment.versions`. start: initial weights other than those of the
    seed; end: the last weights. name: of the file, of letters, digits, dots and dashes.
    """
    name = name if re.fullmatch(r"[\w.-]+", name) else NAME  # it is part of the text
    events = list(events)
    experiment, last, notes = reproducible(experiment, events)
    events = [e for e in events if last is None or e.epoch <= last]
    epochs = [e for e in events if isinstance(e, Epoch)]
    if not epochs:
        raise ScriptError(NOTHING if last is None else TOO_SOON)
    epochs = _of_scaled_targets(experiment, epochs)
    comments = notes or tuple(_ending(e) for e in events if isinstance(e, (Finished, Diverged)))
    ended = events[-1] if last is None else None
    finished = ended if isinstance(ended, Finished) else None
    diverged = any(isinstance(event, Diverged) for event in events)
    compared = verify.compare(
        epochs, experiment.data.source.task, versions, finished, None if diverged or last else end
    )
    text = _text(
        experiment, training.parts(experiment, events), compared, comments, versions, start, name
    )
    files = {name: text.encode()}
    if data.needs_file(experiment.data):
        files[data.FILE] = data.file(experiment.data)
    if start is not None:
        files[model.FILE] = _weights(start)
    return Script(files, notes)


def _of_scaled_targets(experiment: Experiment, epochs: list[Epoch]) -> list[Epoch]:
    """The epochs with errors of the targets as they are trained on: the script has no others."""
    table = experiment.data.table
    if table is None or not table.scale_target:
        return epochs
    std = load(experiment.data).target_std
    return [
        replace(
            e,
            train=replace(e.train, metric=e.train.metric / std),
            validation=e.validation and replace(e.validation, metric=e.validation.metric / std),
        )
        for e in epochs
    ]


def reproducible(
    experiment: Experiment, events: Sequence[Event]
) -> tuple[Experiment, int | None, tuple[str, ...]]:
    """The initial experiment, the last epoch that it alone determines, and a note on the rest.

    None for all epochs. Settings changed or examples added inside an epoch take effect at a moment
    that is not recorded; other epochs in the plan change nothing before it is their turn.
    """
    changes = [e for e in events if isinstance(e, HyperparametersChanged)]
    # All fields are given: a former schedule must not bring its default values.
    before = experiment.to_dict() | {change.name: change.before for change in reversed(changes)}
    experiment = experiment.replace(**before)
    spans_run = SCHEDULES[experiment.training.schedule].after_warmup
    for previous, event in itertools.pairwise([None, *events]):
        longer = isinstance(event, HyperparametersChanged) and event.name == "epochs"
        if longer and (not spans_run or isinstance(previous, Finished | WeightsLoaded)):
            continue
        if isinstance(event, (HyperparametersChanged, ExamplesAdded)):
            what = (
                f"{event.name} was changed from {event.before} to {event.after}"
                if isinstance(event, HyperparametersChanged)
                else f"{event.examples} examples were added"
            )
            note = f"After epoch {event.epoch} {what}: the script goes no further."
            return experiment, event.epoch, (note,)
    return experiment, None, ()


def _text(
    experiment: Experiment, trained: Sequence[training.Part], compared: str,
    comments: Sequence[str], versions: Mapping[str, str], start: Snapshot | None, file: str,
) -> str:  # fmt: skip
    standard, others = data.imports(experiment.data)
    standard |= verify.IMPORTS | training.imports(experiment.training)
    sections = [
        ("Settings", _settings(experiment, trained, comments)),
        ("Data", data.section(experiment.data, experiment.training.loss)),
        ("Network", model.section(experiment, start is not None)),
        ("Recorded numbers", compared),
        ("Training", training.section(experiment, trained)),
        ("Run and compare", _fit(experiment, trained)),
    ]
    packages = ("keras", "tensorflow", "numpy") + ("scikit-learn",) * any(
        "sklearn" in line for line in others
    )
    pinned = " ".join(f"{p}=={versions[p]}" if p in versions else p for p in packages)
    threads = versions.get("threads", "")
    count = f"Trained with {threads} thread{'s' * (threads != '1')}: " if threads else ""
    head = HEAD.format(
        packages=pinned, name=file,
        threads=f"{count}TF_NUM_INTRAOP_THREADS={threads or 1} sets as many.",
    )  # fmt: skip
    others |= {"import keras", "import numpy as np"}
    parts = [f"{head}\n\n{import_block(standard, others)}"]
    parts += [f"# {'-' * 4} {name} {'-' * (90 - len(name))}\n\n{text}" for name, text in sections]
    return spaced("\n\n".join(parts)) + "\n"


def _settings(
    experiment: Experiment, trained: Sequence[training.Part], comments: Sequence[str]
) -> str:
    """Numbers that several sections use, after comments on the run."""
    training = experiment.training
    size = min(training.batch_size, experiment.data.train_size)
    lines = [
        f"TITLE = {quoted(title(experiment))}",
        f"LINK = {quoted(encode(experiment))}  # opens it in the playground",
        f"SEED = {experiment.network.seed}  # of the weights, the order and the dropout",
        f"EPOCHS = {trained[-1].last}  # trained",
        f"PLANNED = {max(part.planned for part in trained)}  # epochs, for the schedule",
        f"BATCH_SIZE = {size}",
        f"STEPS = {experiment.steps_per_epoch}  # updates in an epoch; its last batch may be small",
        f"LEARNING_RATE = {training.learning_rate!r}",
    ]
    if experiment.network.dropout:
        lines.append(
            f"DROPOUT = {experiment.network.dropout!r}  # fraction of hidden units dropped"
        )
    return "\n".join(
        [*(f"# {line}" for text in comments for line in textwrap.wrap(text, 96)), *lines]
    )


def _ending(event: Finished | Diverged) -> str:
    if isinstance(event, Diverged):
        return f"The run diverged at update {event.step}: its loss was not finite."
    restored = f"; the weights of epoch {event.best_epoch} were restored" * event.restored
    if not event.stopped_early:
        return f"The run ended after epoch {event.epoch}{restored}." if restored else ""
    reason = STOPPED[event.stopped_by or "patience"]
    return f"The run stopped after epoch {event.epoch}, {reason}{restored}."


def _fit(experiment: Experiment, trained: Sequence[training.Part]) -> str:
    validation = (
        "    validation_data=(x_validation, y_validation),\n    validation_batch_size=1000,\n"
        if experiment.data.validation_size
        else ""
    )
    if validation and experiment.training.validation_freq > 1:
        validation += f"    validation_freq={experiment.training.validation_freq},\n"
    if len(trained) > 1:
        return _fit_in_parts(experiment, trained, validation)
    return f"""\
epochs = min(int(sys.argv[1]), EPOCHS) if len(sys.argv) > 1 else EPOCHS
print(TITLE)
model.fit(
    batches(),
    shuffle=False,  # the batches are in their order
    steps_per_epoch=STEPS,
    epochs=epochs,
{validation}    callbacks=callbacks,
    verbose=0,
)

{verify.verdict()}"""


def _fit_in_parts(experiment: Experiment, trained: Sequence[training.Part], validation: str) -> str:
    """The same in several parts, each from where the one before ended."""
    validation = textwrap.indent(validation, "    ")
    lines = []
    for part in trained:
        if part.new_optimizer:
            lines.append(
                f"\n# Training went on from the weights of epoch {part.first}.\n"
                f"{training.new_optimizer(experiment, part.first)}"
            )
        chosen = "callbacks"
        if part.branches:  # with the last weights, not the best
            chosen = "[c for c in callbacks if not isinstance(c, keras.callbacks.EarlyStopping)]"
        lines.append(f"train({part.first}, {part.last}, {chosen})")
    calls = "\n".join(lines)
    return f"""\
epochs = min(int(sys.argv[1]), EPOCHS) if len(sys.argv) > 1 else EPOCHS
print(TITLE)


def train(first, last, callbacks):
    if first < epochs:
        model.fit(
            batches(first),
            shuffle=False,  # the batches are in their order
            steps_per_epoch=STEPS,
            initial_epoch=first,
            epochs=min(last, epochs),
{validation}            callbacks=callbacks,
            verbose=0,
        )


{calls}

{verify.verdict()}"""


def _weights(start: Snapshot) -> bytes:
    """The content of `model.FILE`."""
    arrays = {}
    for i, layer in enumerate(start.layers, start=1):
        arrays[f"kernel_{i}"], arrays[f"bias_{i}"] = layer.kernel, layer.bias
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()
