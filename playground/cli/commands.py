"""The command line: python -m playground train | fetch | link | lessons | results | benchmark."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from pydantic import ValidationError

from playground.datasets.download import FULL_SETS, FetchError, write
from playground.datasets.download import fetch as get
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    Experiment,
    explain,
    limits,
)
from playground.experiment.url import decode, encode
from playground.nn.format import format_number, truncate

if TYPE_CHECKING:
    from playground.export.pretrained import PretrainedNetwork
    from playground.history.events import Event
    from playground.training import Trainer

DIVERGED, INTERRUPTED = 3, 130

METAVARS: dict[Any, str] = {int: "N", float: "NUMBER", str: "NAME"}


class Refused(click.ClickException):
    """What was asked breaks a rule; exit status 2."""

    exit_code = 2


def _explained(name: str) -> str:
    """The help text of a field: what it means, its limits or choices, its usual value."""
    field, (low, high) = FIELDS[name], limits(name)
    default = field.default
    usual = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    if name in CHOICES:
        rule = "One of " + ", ".join(CHOICES[name]) + ". "
    else:
        rule = "" if low is None else f"From {format_number(low)} to {format_number(high)}. "
    return f"{field.description} {rule and rule + ' '}Usually {usual or 'none'}."


def experiment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each field of `Experiment`, and --experiment and --link."""
    for name, field in reversed(FIELDS.items()):
        option = name.replace("_", "-")
        if field.annotation is bool:
            declaration = click.option(f"--{option}/--no-{option}", name, default=None,
                                       help=_explained(name))  # fmt: skip
        else:
            kind = METAVARS.get(field.annotation, "A,B,…")
            declaration = click.option(f"--{option}", name, metavar=kind, help=_explained(name))
        command = declaration(command)
    link = click.option("--link", "link_text", metavar="TEXT", help="Start from a link.")
    file = click.option("--experiment", "path", metavar="FILE.json", help="Start from a JSON file.")
    csv = click.option(
        "--csv", metavar="FILE", help="Learn from this table, in place of --dataset."
    )
    target = click.option("--target", metavar="COLUMN", help="What to predict from the table.")
    return file(link(csv(target(command))))


def _chosen(path: str | None, link_text: str | None, options: dict[str, Any]) -> Experiment:
    """The experiment of a file or a link, changed by the options given."""
    csv, target = options.pop("csv", None), options.pop("target", None)
    if csv is not None:
        if options["dataset"] is not None:
            raise Refused("csv and dataset must not both be given")
        options["dataset"] = _brought(csv, target)
    elif target is not None:
        raise Refused("target must come with --csv")
    if path is not None and link_text is not None:
        raise Refused("experiment and link must not both be given")
    try:
        experiment = Experiment()
        if path is not None:
            experiment = Experiment.model_validate_json(_read(path))
        elif link_text is not None:
            experiment = _linked(link_text)
        return experiment.replace(**{k: v for k, v in options.items() if v is not None})
    except ValidationError as error:
        raise Refused("; ".join(explain(error))) from None


def _brought(path: str, target: str | None) -> str:
    """The name of the table in a CSV file, which is kept for the dashboard too."""
    from playground.datasets.custom import columns, csv_reader, storage
    from playground.datasets.custom.table import TableError

    try:
        found = csv_reader.read(_read(path, "csv"))
        names = [column.name for column in found.columns]
        if target is not None and target not in names:
            raise Refused(f"target must be one of {', '.join(names[:20])}, got {truncate(target)}")
        prepared = columns.prepare(found, columns.usual(found, target), Path(path).stem)
        kept = storage.put(prepared.table)
    except TableError as error:
        raise Refused(f"{path}: {error}") from None
    for note in (*found.notes, *prepared.notes):
        click.echo(note, err=True)
    return kept.name


def _read(path: str, name: str = "experiment") -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(f"{name} must be a readable file, got {path} ({error.strerror})") from None


def _linked(text: str) -> Experiment:
    decoded = decode(text)
    if decoded.problems:
        raise Refused("; ".join(decoded.problems))
    return decoded.experiment


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def playground() -> None:
    """Train small neural networks, and measure how fast."""


@playground.command()
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, only that.")
@click.option("--save", metavar="FILE.npz", help="Keep the trained network and its scores.")
@click.option("--keras", metavar="FILE.keras", help="Keep it for keras.models.load_model.")
@click.option("--script", metavar="FILE.py", help="Write plain Keras that repeats the run.")
@click.option("--overwrite", is_flag=True, help="Let these replace a file.")
def train(
    path: str | None, link_text: str | None, as_json: bool, save: str | None, keras: str | None,
    script: str | None, overwrite: bool, **options: Any,
) -> int:  # fmt: skip
    """Train a network in this process; options override the file or the link."""
    experiment = _chosen(path, link_text, options)
    place = _place("save", save, (".npz",), overwrite)
    from playground.export.script.data import needs_file

    packed = needs_file(experiment.data)
    others = {
        "keras": _place("keras", keras, (".keras",), overwrite),
        "script": _place("script", script, (".zip",) if packed else (".py", ".zip"), overwrite),
    }
    out = sys.stdout
    # Whatever else writes to standard output (a download's progress) must not mix with the JSON.
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        try:
            return 0 if _train(experiment, out if as_json else None, place, others) else DIVERGED
        except FetchError as error:
            click.echo(str(error), err=True)
            return 1


def _place(name: str, path: str | None, endings: Sequence[str], overwrite: bool) -> Path | None:
    """Where to keep a file; what is wrong with the place is said before the training."""
    if path is None:
        return None
    place = Path(path)
    if place.suffix not in endings:
        raise Refused(f"{name} must be a file name that ends in {' or '.join(endings)}, got {path}")
    if not place.parent.is_dir():
        raise Refused(f"{name} must be in a folder that exists, got {path}")
    if place.is_dir() or (place.exists() and not overwrite):
        raise Refused(f"{name} must be a new file, or come with --overwrite, got {path}")
    return place


def _train(
    experiment: Experiment,
    json_out: TextIO | None,
    place: Path | None,
    others: Mapping[str, Path | None],
) -> bool:
    from playground.cli.output import tell_bytes, tell_json, tell_people, tell_saved, tell_written
    from playground.datasets import load

    dataset = load(experiment.data, tell_bytes)
    with quiet_start():
        from playground.training import Trainer

    trainer = Trainer(experiment)
    told: list[Event] = []
    events = _events(trainer, told)
    if json_out is not None:
        finished = tell_json(experiment, events, trainer.test, json_out)
    else:
        finished = tell_people(experiment, dataset, events, trainer.test)
    if finished and place is not None:
        tell_saved(place, _save(trainer, place), json_out)
    for name, other in others.items():
        if finished and other is not None:
            _write(other, _made(name, trainer, told, other))
            tell_written(other, json_out)
    return finished


def _made(name: str, trainer: "Trainer", events: list["Event"], place: Path) -> bytes:
    """The content of the file for --keras or --script."""
    if name == "keras":
        from playground.training.keras_export import keras_file

        return keras_file(trainer.experiment, trainer.latest())
    from playground.export.script import script
    from playground.storage.store import versions

    trained_with, own = json.loads(versions()), f"{place.stem}.py"
    made = script(trainer.experiment, events, trained_with, name=own)
    return made.packed if place.suffix == ".zip" else made.text.encode()


def _save(trainer: "Trainer", place: Path) -> "PretrainedNetwork":
    from playground.export.pretrained import archive, read

    content = archive(trainer.experiment, trainer.latest())
    _write(place, content)
    return read(content)


def _write(place: Path, content: bytes) -> None:
    try:
        write(place.parent, {place.name: content})
    except OSError as error:
        raise click.ClickException(f"{place} could not be written ({error.strerror})") from None


def _events(trainer: "Trainer", told: list["Event"]) -> "Iterator[Event]":
    """What the run says, slice by slice, until it is over; all of it is put into `told`."""
    while events := trainer.advance(seconds=0.25, with_snapshot=False).events:
        told += events
        yield from events


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Import TensorFlow inside: its libraries write to standard error before they can be told not
    to. What they wrote is shown only if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written:
        terminal = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(terminal, written.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@playground.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def fetch(names: Sequence[str]) -> int:
    """Get full data sets (mnist, fashion_mnist), once, for use without a network later."""
    from playground.cli.output import tell_bytes

    for name in names:
        if name not in FULL_SETS:
            raise Refused(
                f"data set to fetch must be one of {', '.join(FULL_SETS)}, got {truncate(name)}"
            )
    missing = 0
    for name in names:
        try:
            click.echo(f"{name}: {get(name, tell_bytes)}")
        except FetchError as error:
            missing += 1
            click.echo(str(error), err=True)
    return 1 if missing else 0


@playground.command()
@click.argument("text", required=False)
@experiment_options
def link(text: str | None, path: str | None, link_text: str | None, **options: Any) -> None:
    """Print the link of the experiment the options describe, or the experiment of link TEXT."""
    if text is None:
        click.echo(encode(_chosen(path, link_text, options)))
    else:
        click.echo(_chosen(path, text, options).model_dump_json(indent=2))


@playground.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--out", metavar="FILE.csv", help="Write the table here, not to standard output.")
@click.option("--overwrite", is_flag=True, help="Let --out replace a file.")
def results(folder: str, out: str | None, overwrite: bool) -> int:
    """Make a class table (CSV) from the result lines in the .txt files of FOLDER.

    Lines that this server has not signed, or that were altered, are refused on standard error:
    then the exit status is 1. The key is the server's: run this on it, or set PLAYGROUND_SECRET.
    """
    from playground.cli.output import tell_class
    from playground.lessons import gradebook
    from playground.storage import signing

    place, where = _place("out", out, (".csv",), overwrite), Path(folder)
    if not where.is_dir():
        raise Refused(f"folder must be a folder that can be read, got {truncate(folder)}")
    try:
        if not gradebook.files(where):
            raise Refused(f"folder must hold .txt files with result lines, got none in {folder}")
        kept, refused = gradebook.collect(where, signing.key(make=False))
    except (OSError, ValueError, signing.SecretError) as error:
        raise Refused(str(error)) from None
    table = gradebook.to_csv(kept)
    if place is None:
        click.echo(table, nl=False)
    else:
        _write(place, table.encode("utf-8-sig"))  # the mark tells spreadsheets that it is UTF-8
    tell_class(kept, refused, place)
    return 1 if refused else 0


@playground.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, only that.")
@click.option("--quick", is_flag=True, help="Fewer repetitions.")
@click.option("--race", "only_race", is_flag=True, help="Only the race of eight optimizers.")
def benchmark(as_json: bool, quick: bool, only_race: bool) -> None:
    """Measure this engine beside Keras, scikit-learn and the machine's own limit."""
    with quiet_start():
        from benchmarks.engine import benchmark as measure

    measure(as_json=as_json, quick=quick, only_race=only_race)


@playground.command()
@click.argument("folder", required=False)
@click.option("--measures", "only_measures", is_flag=True, help="List what a check can measure.")
def lessons(folder: str | None, only_measures: bool) -> int:
    """Check and list the lessons in FOLDER, or those of the program; exit status 1: errors."""
    from playground.cli.output import tell_lessons, tell_measures
    from playground.lessons.lesson import all_lessons, read_folder

    if only_measures:
        tell_measures()
        return 0
    return 0 if tell_lessons(all_lessons() if folder is None else read_folder(Path(folder))) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. What is wrong is said in one line on standard error."""
    try:
        status = playground.main(arguments, prog_name="python -m playground", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        click.echo(" ".join(error.format_message().split()), err=True)
        return error.exit_code
    return status or 0
