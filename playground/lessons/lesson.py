"""A lesson: a tutorial whose steps are passed by the learner's own runs. One TOML file each.

The file name is the lesson's slug: `xor.toml` is opened by `?lesson=xor`.

    title = "XOR needs a hidden layer"
    order = 10                        # optional: smaller numbers come first in the list
    minutes = 6                       # 1 to 60
    goal = "Afterwards you can say why …"

    [start]                           # fields of the initial experiment; others have defaults
    dataset = "xor"
    hidden = []

    [[steps]]                         # 1 to 12
    title = "Without a hidden layer"
    text = "What to do."              # plain Markdown with $formulas$: no HTML, images or links
    page = "train"                    # optional: the page to work on, a name in PAGES
    lab = "activations"               # optional, for page = "labs": which lab
    set = { hidden = [4] }            # optional: what "Apply settings" changes
    after = "What to remember."       # optional: shown when the step is passed

    [steps.predict]                   # optional: asked before, resolved when the step is passed
    question = "How many will it get right?"
    options = ["About half", "Nearly all"]
    right = 1                         # or measure and bounds: see playground/lessons/question.py
    because = "A line cannot …"

    [[steps.check]]                   # up to 6 that must hold at once: playground/lessons/check.py
    measure = "epochs_done"           # a name in playground/lessons/metrics.py, or setting = …
    at_least = 50

    [steps.answer]                    # optional: like predict, but asked when the checks hold;
    question = "…"                    # the step is passed by the correct answer

Every step has at least one check or an answer. In TOML's "…" each backslash of a formula is
written twice. `python -m playground lessons FOLDER` validates files, `… --measures` lists the
metrics.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from playground.experiment.fields import Value, broken_rule, fail
from playground.experiment.model import FIELDS, NOISE, Experiment, current_name, explain
from playground.experiment.url import PAGES, page_named
from playground.lessons.check import Check
from playground.lessons.question import Line, Question, Text
from playground.nn.format import truncate

MAX_STEPS, MAX_CHECKS, MAX_FIELDS, MAX_LESSONS = 12, 6, 20, 200
MAX_BYTES = 64_000  # of a file
FOLDER = "PLAYGROUND_LESSONS"  # environment variable: a folder with more lessons

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LAB = re.compile(r"[a-z_]{1,40}")

Settings = dict[str, Any]


def _known_fields(settings: Settings) -> Settings:
    if len(settings) > MAX_FIELDS:
        raise fail(f"at most {MAX_FIELDS} fields", len(settings))
    for name in settings:
        if current_name(name) not in FIELDS:
            raise fail("fields of an experiment", truncate(name))
    return {name if name == NOISE else current_name(name): settings[name] for name in settings}


class LessonStep(Value):
    """Instructions, and what must hold for the step to be passed."""

    title: Line
    text: Text
    page: str = ""
    lab: str = ""
    set: Settings = Field(default_factory=dict)
    predict: Question | None = None
    check: Annotated[tuple[Check, ...], Field(max_length=MAX_CHECKS)] = ()
    answer: Question | None = None
    after: Text | None = None

    _known_set = field_validator("set")(_known_fields)

    @field_validator("page")
    @classmethod
    def _known_page(cls, page: str) -> str:
        known = page_named(page)
        if page and known is None:
            raise fail("one of " + ", ".join(PAGES), page)
        return known.name if known else page

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.check and self.answer is None:
            raise fail("at least one check, or an answer", "nothing", "check")
        if self.lab and (self.page != "labs" or not _LAB.fullmatch(self.lab)):
            raise fail('the name of a lab, beside page = "labs"', self.lab, "lab")
        return self


class Lesson(Value):
    """A tutorial: its learning goal, its initial experiment and its steps."""

    title: Line
    order: Annotated[int, Field(ge=0, le=9_999)] = 1_000
    minutes: Annotated[int, Field(ge=1, le=60)]
    goal: Line
    start: Settings = Field(default_factory=dict)
    steps: Annotated[tuple[LessonStep, ...], Field(min_length=1, max_length=MAX_STEPS)]

    _known_start = field_validator("start")(_known_fields)

    @model_validator(mode="after")
    def _valid_settings(self) -> Self:
        """The settings must stay a valid experiment from step to step."""
        experiment, where = Experiment(), "start"
        try:
            experiment = experiment.replace(**self.start)
            for i, step in enumerate(self.steps, 1):
                where = f"steps {i}: set"
                experiment = experiment.replace(**step.set)
        except ValidationError as error:
            raise fail("a possible experiment", "; ".join(explain(error)), where) from None
        return self

    @property
    def experiment(self) -> Experiment:
        """The initial experiment."""
        return Experiment().replace(**self.start)


@dataclass(frozen=True)
class LessonLibrary:
    """The valid lessons by slug, in order, and a sentence for each error in other files."""

    lessons: Mapping[str, Lesson]
    problems: tuple[str, ...] = ()


class LessonError(ValueError):
    """A file is not a lesson; one sentence for each error: the file, the field, the rule."""

    def __init__(self, name: str, sentences: Iterable[str]) -> None:
        self.sentences = tuple(f"{name}: {sentence}" for sentence in sentences)
        super().__init__("; ".join(self.sentences))


def parse(name: str, content: bytes) -> Lesson:
    """The lesson in a file called `name`; LessonError if it is not valid."""
    slug = name.removesuffix(".toml")
    if not _SLUG.fullmatch(slug):
        rule = "the name must be at most 40 small letters, digits and -, and end in .toml"
        raise LessonError(truncate(name), [f"{rule}, got {truncate(slug)}"])
    if len(content) > MAX_BYTES:
        raise LessonError(name, [f"must be at most {MAX_BYTES:,} bytes, got {len(content):,}"])
    try:
        return Lesson.model_validate(tomllib.loads(content.decode()))
    except UnicodeDecodeError as error:
        raise LessonError(name, [f"must be UTF-8 text (byte {error.start})"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LessonError(name, [f"must be TOML: {error}"]) from None
    except ValidationError as error:
        sentences = dict.fromkeys(_sentence(e) for e in error.errors(include_url=False))
        raise LessonError(name, list(sentences)[:12]) from None


def all_lessons() -> LessonLibrary:
    """The bundled lessons, and those of the folder in PLAYGROUND_LESSONS."""
    bundled = read_folder(Path(str(files("playground.lessons") / "bundled")))
    folder = os.environ.get(FOLDER, "")
    if not folder:
        return bundled
    added = read_folder(Path(folder))
    problems, lessons = [*bundled.problems, *added.problems], dict(bundled.lessons)
    for slug, lesson in added.lessons.items():
        if slug in lessons:
            problems.append(f"{slug}.toml: the name must be new, but the program has such a lesson")
        else:
            lessons[slug] = lesson
    return LessonLibrary(_ordered(lessons), tuple(problems))


def read_folder(folder: Path) -> LessonLibrary:
    """The lessons in a folder; cached until a file changes."""
    try:
        stats = [(path, path.stat()) for path in folder.iterdir() if path.suffix == ".toml"]
    except OSError as error:
        reason = f"lessons must be in a readable folder, got {folder} ({error.strerror})"
        return LessonLibrary({}, (reason,))
    return _read(folder, tuple(sorted((path, s.st_mtime_ns, s.st_size) for path, s in stats)))


@lru_cache(maxsize=8)
def _read(folder: Path, stamps: tuple[tuple[Path, int, int], ...]) -> LessonLibrary:
    lessons, problems = {}, []
    if len(stamps) > MAX_LESSONS:
        problems.append(f"{folder} must hold at most {MAX_LESSONS} lessons, got {len(stamps)}")
    for path, *_ in stamps[:MAX_LESSONS]:
        try:
            with path.open("rb") as file:
                lessons[path.stem] = parse(path.name, file.read(MAX_BYTES + 1))
        except OSError as error:
            problems.append(f"{path.name}: must be a readable file ({error.strerror})")
        except LessonError as error:
            problems += error.sentences
    return LessonLibrary(_ordered(lessons), tuple(problems))


def _ordered(lessons: Mapping[str, Lesson]) -> dict[str, Lesson]:
    return dict(sorted(lessons.items(), key=lambda item: (item[1].order, item[0])))


def _sentence(e: Any) -> str:
    """ "steps 2: predict: right must be between 1 and 3, got 4"."""
    path = _path(e["loc"])
    if e["type"] == "missing":
        return f"{path} must be given"
    if e["type"] == "extra_forbidden":
        return f"{path} is not a field of a lesson, got {truncate(e['input'])}"
    if e["type"] == "rule":
        path = ": ".join(filter(None, (path, e["ctx"]["field"])))
    rule, received = broken_rule(e)
    return f"{path or 'the lesson'} must be {rule}, got {received}"


def _path(location: Iterable[int | str]) -> str:
    """("steps", 1, "predict", "right") → "steps 2: predict: right"."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(truncate(part))
    return ": ".join(parts)
