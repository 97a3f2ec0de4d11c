"""README and docs: links, paths, commands, options and environment variables exist."""

import re
from pathlib import Path

import pytest

from playground.cli.commands import playground

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
    for path in re.findall(r"pytest (tests/[\w./]+)", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"\bbenchmarks ([a-z_]+)`", text):
        assert (ROOT / "benchmarks" / f"{name}.py").exists(), name


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
