"""README and docs: links, paths, commands, options and environment variables exist."""

import re
from pathlib import Path

import pytest

from dashboard.state.url import CONTROLS
from dashboard.views.labs.page import LABS
from playground.cli.commands import playground
from playground.datasets import DATASETS
from playground.experiment.url import PAGES as PAGES_OF_THE_DASHBOARD
from playground.lessons.lesson import all_lessons
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")]
PAGES += sorted((ROOT / "docs").glob("*.md"))

SOURCES = [
    path for package in ("playground", "dashboard") for path in (ROOT / package).rglob("*.py")
]


def anchors(text: str) -> set[str]:
    """The addresses of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_images_and_paths_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text()), target
    for path in re.findall(r"`((?:playground|dashboard|tests|benchmarks|docs)/[\w./*-]+)`", text):
        assert list(ROOT.glob(path)) or (ROOT / path).exists(), path
    for path, test in re.findall(r"`(tests/[\w./]+)::(\w+)`", text):
        assert f"def {test}(" in (ROOT / path).read_text(), test
    for path in re.findall(r"pytest (tests/[\w./]+)", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"\bbenchmarks ([a-z_]+)`", text):
        assert (ROOT / "benchmarks" / f"{name}.py").exists(), name


def test_every_item_of_the_sources_has_a_place_on_the_pages_and_a_test() -> None:
    text = (ROOT / "docs" / "sources.md").read_text()
    documents = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [document[:3] for document in documents] == ["000", "001", "002", "003", "004"]
    drawn = "\n".join(path.read_text() for path in SOURCES)
    titles = {page.title for page in PAGES_OF_THE_DASHBOARD.values()} | {"settings"}
    for document in documents:
        items = [line.split(" | ") for line in document.splitlines() if line.startswith("| ")][1:]
        assert items
        for item, where, test in items:
            assert test.startswith("`tests/"), item
            path = re.split(r"[;.] | at epoch| \(", where)[0].split(" → ")
            if path[0].startswith("footer"):
                path = path[1:]
            else:
                assert path.pop(0) in titles, where
            for name in path:
                assert f'"{name}"' in drawn or f"**{name}**" in drawn, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_exist(page: Path) -> None:
    text = page.read_text().replace("\\\n", " ")
    for name, rest in re.findall(r"python -m playground (\w+)([^`\n#]*)", text):
        command = playground.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        known |= {option for parameter in command.params for option in parameter.secondary_opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= known | {"--help"}, rest


def test_the_readme_fits_one_screen_and_links_every_page() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 45
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in text


def test_every_environment_variable_is_documented() -> None:
    used = {
        name for path in SOURCES for name in re.findall(r"PLAYGROUND_[A-Z_]+", path.read_text())
    }
    documented = (ROOT / "docs" / "server.md").read_text()
    assert [name for name in sorted(used) if f"| `{name}` |" not in documented] == []


def test_the_version_is_the_same_everywhere() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    found = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    assert found is not None
    assert f"version: {found[1]}\n" in (ROOT / "CITATION.cff").read_text()


def test_every_control_that_an_address_can_choose_is_documented() -> None:
    text = (ROOT / "docs" / "teaching.md").read_text()
    assert [name for name in CONTROLS if f"`{name}`" not in text] == []


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
           "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen")  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_number_of_choices_that_a_page_names_is_that_of_the_table(page: Path) -> None:
    tables = {
        "activations": ACTIVATIONS, "initializers": INITIALIZERS, "data sets": DATASETS,
        "labs": LABS, "lessons": all_lessons().lessons,
    }  # fmt: skip
    told = re.findall(rf"(\w+) \[?({'|'.join(tables)})\b", page.read_text())
    for count, what in told:
        number = NUMBERS.index(count.lower()) if count.lower() in NUMBERS else count
        if str(number).isdecimal():
            assert int(number) == len(tables[what]), f"{count} {what}"
