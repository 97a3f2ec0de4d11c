"""The one entry of all benchmarks.

    python -m benchmarks NAME [--quick] [--json]
    python -m benchmarks classroom --viewers 30 --seconds 60 --json

Prints a table of medians, or one JSON object a line.
"""

import importlib
import logging
import sys
from collections.abc import Iterator, Sequence

import click

from benchmarks.rows import Row, threads_text
from playground.history.environment import quiet_start, versions_text

BENCHMARKS = {
    "engine": "Epochs of the engine beside Keras, scikit-learn, PyTorch, JAX and nn.ts.",
    "optimizers": "A race of eight optimizers beside the same runs one after another.",
    "views": "Server time to open each view, and to move it to another epoch.",
    "race_page": "Server time of one update of the largest race.",
    "saved_runs": "The list of 10,000 saved runs: opened, sorted, searched, written.",
    "classroom": "Many viewers, each with a run: updates, training, turns, memory.",
    "first-visit": "A new browser until Train can be pressed, a reload, the first point.",
    "labs": "Time a person waits in each lab, in a real Chromium (needs Playwright).",
}
LIST = "\b\n" + "\n".join(f"{name:<12}{text}" for name, text in BENCHMARKS.items())


@click.command(epilog=LIST, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", type=click.Choice(list(BENCHMARKS)), metavar="NAME")
@click.option("--quick", is_flag=True, help="Fewer rounds and smaller data.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--viewers", type=click.IntRange(1, 200), help="Of classroom: 30 by default.")
@click.option("--seconds", type=click.FloatRange(5), help="Of classroom: 60 by default.")
def benchmarks(
    name: str, quick: bool, as_json: bool, viewers: int | None, seconds: float | None
) -> None:
    """Measure NAME on this machine: each comparison in one run, the sides taking turns."""
    logging.disable(logging.WARNING)  # Streamlit's, of pages that run without a browser
    with quiet_start():
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    options = {"viewers": viewers, "seconds": seconds}
    given = {option: value for option, value in options.items() if value is not None}
    if given and name != "classroom":
        raise click.UsageError(f"--{next(iter(given))} is an option of classroom, not of {name}")
    rows: Iterator[Row] = module.measure(quick, **given)
    machine = f"{versions_text()} · {threads_text()}"
    if not as_json:
        click.echo(machine)
    for row in rows:
        click.echo(row.json if as_json else row)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark; returns the exit status."""
    try:
        benchmarks.main(arguments, prog_name="python -m benchmarks", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        click.echo(" ".join(error.format_message().split()), err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
