"""The command line: python -m playground train | fetch | link | lessons | results | benchmark."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

import click
from pydantic import ValidationError

from playground.cli.options import SettingsCommand, experiment_options
from playground.datasets.download import FULL_SETS, FetchError, write
from playground.datasets.download import fetch as fetch_dataset
from playground.experiment.describe import unused_settings
from playground.experiment.model import Experiment, current_name, explain
from playground.experiment.url import decode, encode
from playground.history.environment import versions_text
from playground.nn.format import truncate

if TYPE_CHECKING:
    from playground.history.events import Event
    from playground.training import Trainer

FAILED, INVALID, DIVERGED, INTERRUPTED = 1, 2, 3, 130

RESUME_SUFFIX = ".resume.npz"  # beside `net.npz`, `net.resume.npz`: a file to resume from

EXIT_STATUS = """\b
Exit status of every command:
0    done
1    something could not be done: a download, a file, a refused line
2    an argument or a value is invalid
3    the loss was no longer finite
130  interrupted by Ctrl-C"""


class InvalidValueError(click.ClickException):
    """An argument or a value is invalid."""

    exit_code = INVALID


def _experiment(path: str | None, link_text: str | None, options: dict[str, Any]) -> Experiment:
    """The experiment of a file or a link, changed by the options given."""
    csv, target = options.pop("csv", None), options.pop("target", None)
    if csv is not None:
        if options["dataset"] is not None:
            raise InvalidValueError("csv and dataset must not both be given")
        options["dataset"] = _stored_table(csv, target)
    elif target is not None:
        raise InvalidValueError("target must come with --csv")
    if path is not None and link_text is not None:
        raise InvalidValueError("experiment and link must not both be given")
    given = {name: value for name, value in options.items() if value is not None}
    try:
        experiment = Experiment()
        if path is not None:
            experiment = Experiment.model_validate_json(_read(path, "experiment"))
        elif link_text is not None:
            experiment = _decoded(link_text)
        experiment = experiment.replace(**given)
    except ValidationError as error:
        raise InvalidValueError("; ".join(explain(error))) from None
    dataset = experiment.data.dataset
    for sentence in unused_settings(experiment, [current_name(name, dataset) for name in given]):
        click.echo(sentence, err=True)
    return experiment


def _stored_table(path: str, target: str | None) -> str:
    """The data set name of the table in a CSV file, which is stored as the dashboard stores it."""
    from playground.datasets.custom import columns, csv_reader, roles, storage
    from playground.datasets.custom.table import TableError

    try:
        sheet = csv_reader.read(_read(path, "csv"))
        names = [column.name for column in sheet.columns]
        if target is not None and target not in names:
            raise InvalidValueError(
                f"target must be one of {', '.join(names[:20])}, got {truncate(target)}"
            )
        prepared = columns.prepare(sheet, roles.default_choice(sheet, target), Path(path).stem)
        stored = storage.put(prepared.table)
    except TableError as error:
        raise InvalidValueError(f"{path}: {error}") from None
    for note in (*sheet.notes, *prepared.notes):
        click.echo(note, err=True)
    return stored.name


def _read(path: str, name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidValueError(
            f"{name} must be a readable file, got {path} ({error.strerror})"
        ) from None


def _decoded(text: str) -> Experiment:
    decoded = decode(text)
    if decoded.problems:
        raise InvalidValueError("; ".join(decoded.problems))
    return decoded.experiment


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_STATUS,
)
@click.version_option(versions_text(), message="versions: %(version)s")
def playground() -> None:
    """Train small neural networks, and measure how fast."""


@playground.command(cls=SettingsCommand)
@experiment_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, and nothing else.")
@click.option("--save", metavar="FILE.npz", help="Save weights and scores; also at Ctrl-C.")
@click.option("--resume", metavar="FILE.resume.npz", help="Continue an interrupted run.")
@click.option("--keras", metavar="FILE.keras", help="Save it for keras.models.load_model.")
@click.option("--script", metavar="FILE.py", help="Write plain Keras that reproduces the run.")
@click.option("--overwrite", is_flag=True, help="Let these files replace others.")
def train(
    path: str | None, link_text: str | None, as_json: bool, save: str | None, resume: str | None,
    keras: str | None, script: str | None, overwrite: bool, **options: Any,
) -> int:  # fmt: skip
    """Train a network in this process; options override the file or the link."""
    from playground.export.script.data import needs_file

    state = None
    if resume is None:
        experiment = _experiment(path, link_text, options)
    else:
        given = {"experiment": path, "link": link_text, **options}
        if others := [name for name, value in given.items() if value is not None]:
            name = others[0].replace("_", "-")
            raise InvalidValueError(f"resume must come without settings, got --{name}")
        state = _read(resume, "resume")
        from playground.training import checkpoints

        try:
            experiment = checkpoints.read_experiment(state)
        except checkpoints.CheckpointError as error:
            raise InvalidValueError(_not_resumable(resume, error)) from None
    script_endings = (".zip",) if needs_file(experiment.data) else (".py", ".zip")
    places = {
        "save": _place("save", save, (".npz",), overwrite),
        "keras": _place("keras", keras, (".keras",), overwrite),
        "script": _place("script", script, script_endings, overwrite),
    }
    out = sys.stdout if as_json else None
    # Anything else on standard output (a download's progress) must not mix with the JSON.
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        return _train(experiment, out, places, resume, state)


def _not_resumable(path: str | None, error: Exception) -> str:
    return f"resume must be a file that an interrupted run has written, got {path} ({error})"


def _place(name: str, path: str | None, endings: Sequence[str], overwrite: bool) -> Path | None:
    """Where to write a file; an unusable place is refused before the training."""
    if path is None:
        return None
    place = Path(path)
    if place.suffix not in endings:
        raise InvalidValueError(
            f"{name} must be a file name that ends in {' or '.join(endings)}, got {path}"
        )
    if not place.parent.is_dir():
        raise InvalidValueError(f"{name} must be in a folder that exists, got {path}")
    if place.is_dir() or (place.exists() and not overwrite):
        raise InvalidValueError(f"{name} must be a new file, or come with --overwrite, got {path}")
    return place


class Interrupt:
    """Whether Ctrl-C was pressed; pressed again it interrupts at once."""

    pressed = False

    def _press(self, _: int, __: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Ctrl-C sets `pressed` inside, instead of raising KeyboardInterrupt.

    Where SIGINT is ignored, as for a job in the background, it stays ignored.
    """
    interrupt, before = Interrupt(), signal.getsignal(signal.SIGINT)
    deferred = before is not signal.SIG_IGN
    deferred &= threading.current_thread() is threading.main_thread()
    if deferred:
        signal.signal(signal.SIGINT, interrupt._press)
    try:
        yield interrupt
    finally:
        if deferred:
            signal.signal(signal.SIGINT, before)


def _train(
    experiment: Experiment,
    json_out: TextIO | None,
    places: Mapping[str, Path | None],
    resume: str | None,
    state: bytes | None,
) -> int:
    from playground.cli import output
    from playground.datasets import load

    dataset = load(experiment.data, output.print_download)
    with deferred_interrupt() as interrupt:
        from playground.training import Trainer, checkpoints

        trainer = Trainer(experiment)
        log: list[Event] = []
        if state is not None:
            try:
                log += checkpoints.read_epochs(state)
                trainer.restore(state)
            except checkpoints.CheckpointError as error:
                raise InvalidValueError(_not_resumable(resume, error)) from None
        events = _events(trainer, log, interrupt)
        test = trainer.test if len(dataset.test) else None
        if json_out is not None:
            diverged = output.print_json(experiment, events, test, json_out)
        else:
            diverged = output.print_table(experiment, dataset, events, test)
        if diverged:
            return DIVERGED
        _write_files(trainer, log, places, json_out)
        if trainer.over:
            return 0
        save = places["save"]
        kept = None if save is None else save.with_suffix(RESUME_SUFFIX)
        if kept is not None:
            _write(kept, trainer.checkpoint(log))
        output.print_interrupted(trainer.epoch, trainer.last_epoch, kept, json_out)
        return INTERRUPTED


def _events(trainer: "Trainer", log: list["Event"], interrupt: Interrupt) -> "Iterator[Event]":
    """The events of the run until it is over or interrupted; all are appended to `log`."""
    while not interrupt.pressed:
        events = trainer.advance(seconds=0.25, with_snapshot=False).events
        if not events:
            return
        log += events
        yield from events


def _write_files(
    trainer: "Trainer",
    log: Sequence["Event"],
    places: Mapping[str, Path | None],
    json_out: TextIO | None,
) -> None:
    """Write what --save, --keras and --script ask for, of the network as it is now."""
    from playground.cli import output
    from playground.export import pretrained
    from playground.history.events import Epoch

    for name, place in places.items():
        if place is None:
            continue
        if name == "save":
            content = pretrained.archive(trainer.experiment, trainer.latest())
            _write(place, content)
            output.print_saved(place, pretrained.read(content), json_out)
            continue
        if name == "script" and not any(isinstance(event, Epoch) for event in log):
            click.echo(f"{place} was not written: a script needs a finished epoch", err=True)
            continue
        _write(place, _exported(name, trainer, log, place))
        output.print_written(place, json_out)


def _exported(name: str, trainer: "Trainer", log: Sequence["Event"], place: Path) -> bytes:
    if name == "keras":
        from playground.training.keras_export import keras_file

        return keras_file(trainer.experiment, trainer.latest())
    from playground.export.script import script
    from playground.history.environment import versions

    made = script(trainer.experiment, log, versions(), name=f"{place.stem}.py")
    return made.packed if place.suffix == ".zip" else made.text.encode()


def _write(place: Path, content: bytes) -> None:
    try:
        write(place.parent, {place.name: content})
    except OSError as error:
        raise click.ClickException(f"{place} could not be written ({error.strerror})") from None


@playground.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def fetch(names: Sequence[str]) -> int:
    """Download full data sets (mnist, fashion_mnist) for later use without a network."""
    from playground.cli.output import print_download

    for name in names:
        if name not in FULL_SETS:
            raise InvalidValueError(
                f"data set to fetch must be one of {', '.join(FULL_SETS)}, got {truncate(name)}"
            )
    failed = 0
    for name in names:
        try:
            click.echo(f"{name}: {fetch_dataset(name, print_download)}")
        except FetchError as error:
            failed += 1
            click.echo(_one_line(error), err=True)
    return FAILED if failed else 0


@playground.command(cls=SettingsCommand)
@click.argument("text", required=False)
@experiment_options
def link(text: str | None, path: str | None, link_text: str | None, **options: Any) -> None:
    """Print the link of the experiment in the options, or the experiment of link TEXT as JSON."""
    if text is None:
        click.echo(encode(_experiment(path, link_text, options)))
    else:
        click.echo(_experiment(path, text, options).model_dump_json(indent=2))


@playground.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--out", metavar="FILE.csv", help="Write the table here, not to standard output.")
@click.option("--overwrite", is_flag=True, help="Let --out replace a file.")
def results(folder: str, out: str | None, overwrite: bool) -> int:
    """Make a class table (CSV) from the signed results in the .txt files of FOLDER.

    Lines that this server has not signed, or that were altered, are refused on standard error;
    then the exit status is 1. The key is the server's: run this on it, or set PLAYGROUND_SECRET.
    """
    from playground.cli.output import print_class
    from playground.lessons import gradebook
    from playground.storage import signing

    place, where = _place("out", out, (".csv",), overwrite), _folder(folder)
    try:
        if not gradebook.files(where):
            raise InvalidValueError(
                f"folder must hold .txt files with result lines, got none in {folder}"
            )
        rows, rejected = gradebook.collect(where, signing.key(make=False))
    except (OSError, ValueError, signing.SecretError) as error:
        raise InvalidValueError(str(error)) from None
    table = gradebook.to_csv(rows)
    if place is None:
        click.echo(table, nl=False)
    else:
        _write(place, table.encode("utf-8-sig"))  # the mark tells spreadsheets that it is UTF-8
    print_class(rows, rejected, place)
    return FAILED if rejected else 0


def _folder(path: str) -> Path:
    if not Path(path).is_dir():
        raise InvalidValueError(f"folder must be a folder that can be read, got {truncate(path)}")
    return Path(path)


@playground.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def benchmark(arguments: Sequence[str]) -> int:
    """Run a benchmark of the source tree: the same as python -m benchmarks NAME."""
    try:
        from benchmarks.__main__ import main as run
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("benchmarks"):
            raise
        raise click.ClickException(
            "the benchmarks are not installed: run python -m benchmarks in a copy of the source"
        ) from None
    return run(list(arguments))


@playground.command()
@click.argument("folder", required=False)
@click.option("--measures", "only_metrics", is_flag=True, help="List the metrics of checks.")
def lessons(folder: str | None, only_metrics: bool) -> int:
    """Validate and list the lessons in FOLDER, or the program's; exit status 1 on errors."""
    from playground.cli.output import print_lessons, print_metrics
    from playground.lessons.lesson import all_lessons, read_folder

    if only_metrics:
        print_metrics()
        return 0
    library = all_lessons() if folder is None else read_folder(_folder(folder))
    return 0 if print_lessons(library) else FAILED


def main(
    arguments: Sequence[str] | None = None,
    command: click.Command = playground,
    program: str = "python -m playground",
) -> int:
    """Run a command and return its exit status; an error is one line on standard error."""
    try:
        status = command.main(arguments, prog_name=program, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        click.echo(_one_line(error.format_message()), err=True)
        return error.exit_code
    except FetchError as error:
        click.echo(_one_line(error), err=True)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of standard output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the flush at the end would fail
        return FAILED
    return status or 0


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
