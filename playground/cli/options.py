"""Options for the settings of an experiment, in the groups of the page, and their help."""

from collections.abc import Callable, Iterable
from typing import Any

import click
from pydantic import ValidationError

from playground.cli.output import print_entries, terminal_width
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    RENAMED_FIELDS,
    SECTION_OF,
    Experiment,
    format_value,
    help_text,
    label,
    limits,
)
from playground.experiment.url import decode
from playground.nn.format import format_number, truncate

METAVARS: dict[Any, str] = {int: "N", float: "NUMBER", str: "NAME"}
GROUPS = ("Start from", "Data", "Network", "Optimization", "Stopping", "Output")
STOPPING = (
    "epochs", "validation_freq", "early_stopping", "patience", "min_delta", "restore_best",
    "target_metric", "target_value", "time_limit",
)  # fmt: skip
ONE_LINE = 78  # of 80 columns; a narrower terminal gets the help of an option below it
LONGEST_FLAG = 30  # columns; a longer one moves its own text to the right
HelpLine = tuple[str, str, str, str]  # option, sentence, label, default
_GIVEN = "playground.arguments"  # of a command, in the context of click


def experiment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each field of `Experiment`, and --experiment, --link, --csv, --target."""
    for name, field in reversed(FIELDS.items()):
        former = [old for old, new in RENAMED_FIELDS.items() if new == name]
        options = [each.replace("_", "-") for each in (name, *former)]
        if field.annotation is bool:
            switches = [f"--{option}/--no-{option}" for option in options]
            declaration = click.option(*switches, name, default=None)
        else:
            metavar = METAVARS.get(field.annotation, "A,B,…")
            declaration = click.option(
                *[f"--{option}" for option in options], name, metavar=metavar
            )
        command = declaration(command)
    for option in (
        click.option("--list", metavar="SETTING", is_eager=True, expose_value=False,
                     callback=_list, help="Explain a setting, such as optimizers."),
        click.option("--noise", metavar="NUMBER",
                     help="Noise of the inputs, or else of the targets."),
        click.option("--target", metavar="COLUMN", help="The target column of the table."),
        click.option("--csv", metavar="FILE", help="Train on this table, not on --dataset."),
        click.option("--link", "link_text", metavar="TEXT", help="A link or its text."),
        click.option("--experiment", "path", metavar="FILE.json", help="A JSON file."),
    ):  # fmt: skip
        command = option(command)
    return command


def _group(name: str) -> str:
    """The group of an option by the name of its parameter."""
    if name in ("path", "link_text", "resume"):
        return "Start from"
    if name in STOPPING:
        return "Stopping"
    if name in ("csv", "target", "noise"):
        return "Data"
    sections = {"data": "Data", "network": "Network", "training": "Optimization"}
    return sections.get(SECTION_OF.get(name, ""), "Output")


class _Context(click.Context):
    def make_formatter(self) -> click.HelpFormatter:
        formatter = super().make_formatter()
        # By itself it is at least 50 columns wide, also in a narrower terminal.
        formatter.width = min(formatter.width, terminal_width())
        return formatter


class SettingsCommand(click.Command):
    """A command with `experiment_options`: its help has one line an option, in groups.

    The defaults in it are those of the choices that stand beside --help.
    """

    context_class = _Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_GIVEN] = [argument for argument in args if argument not in ("-h", "--help")]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        experiment = self._chosen(ctx)
        values = experiment.to_dict()
        rows: dict[str, list[HelpLine]] = {group: [] for group in GROUPS}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option):
                name = parameter.name or ""
                if name in FIELDS:
                    texts, default = (_short_help(name), label(name)), f" [{_text(values[name])}]"
                else:
                    texts, default = (parameter.help or "",) * 2, ""
                rows[_group(name)].append((_flag(parameter), *texts, default))
        width = max(len(flag) for group in rows.values() for flag, *_ in group)
        for group, lines in rows.items():
            if lines:
                with formatter.section(group):
                    _write(formatter, lines, min(width, LONGEST_FLAG))

    def _chosen(self, ctx: click.Context) -> Experiment:
        """The experiment of the arguments beside --help; the default one if they are invalid."""
        try:
            given, _, _ = self.make_parser(ctx).parse_args(list(ctx.meta.get(_GIVEN, [])))
            base = decode(given["link_text"]).experiment if "link_text" in given else Experiment()
            return base.replace(**{name: given[name] for name in FIELDS.keys() & given.keys()})
        except (click.UsageError, ValidationError):
            return Experiment()


def _flag(option: click.Option) -> str:
    first = option.opts[0] if option.opts[0] != "-h" else "-h, --help"
    if option.secondary_opts:
        return f"--[no-]{first.removeprefix('--')}"
    return f"{first} {option.metavar}" if option.metavar else first


def _write(formatter: click.HelpFormatter, lines: Iterable[HelpLine], width: int) -> None:
    """One line an option: its sentence, or its label where the sentence is too long."""
    if formatter.width < ONE_LINE:
        for flag, text, _, default in lines:
            formatter.write_text(flag)
            with formatter.indentation():
                formatter.write_text(text + default)
        return
    for flag, text, title, default in lines:
        begin = f"{'':{formatter.current_indent}}{flag:<{width}}  "
        room = formatter.width - len(begin) - len(default)
        shown = text if len(text) <= room else truncate(title, room)
        formatter.write(f"{begin}{shown}{default}\n")


def _short_help(name: str) -> str:
    """The first sentence of a field's help."""
    return (FIELDS[name].description or label(name)).partition(". ")[0].rstrip(".")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return str(value)


# ---- --list ------------------------------------------------------------------------------


def _list(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Print what a setting can be, and end."""
    if value is None:
        return
    name = _setting(value)
    low, high = limits(name)
    if name in CHOICES:
        table = CHOICES[name].items()
        rows = [(key, format_value(name, key), _details(entry)) for key, entry in table]
        widths = [max(len(row[column]) for row in rows) + 2 for column in range(3)]
        print_entries([[cell for cell in zip(row, widths, strict=True) if cell[0]] for row in rows])
    else:
        rule = "" if low is None else f" From {format_number(low)} to {format_number(high)}."
        default = _text(FIELDS[name].default)
        click.echo(f"{label(name)}: {help_text(name)}{rule} Default: {default}.")
    ctx.exit()


def _setting(value: str) -> str:
    """The field that a text names: "optimizers", "learning-rate", "initializers"."""
    wanted = value.lower().replace("-", "").replace("_", "")
    for field in CHOICES:
        name = field.replace("_", "")
        if wanted in (name, f"{name}s", f"{name}es") or field.endswith(f"_{wanted}"[:-1]):
            return field
    for field in FIELDS:
        if wanted == field.replace("_", ""):
            return field
    raise click.UsageError(f"list must be a setting, such as optimizers, got {truncate(value)}")


def _details(entry: Any) -> str:
    """What is known of a choice: a description, or the defaults of the settings that it uses."""
    if text := getattr(entry, "description", ""):
        return str(text)
    defaults = getattr(entry, "defaults", {})
    return ", ".join(f"{name} {format_value(name, value)}" for name, value in defaults.items())
