"""The runbooks: a page for each alert, with commands that the command line accepts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.infra.monitoring.files import rules
from tests.infra.parsed import parsed
from tests.infra.site.blocks import ROOT, blocks_of

RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(one for one in RUNBOOKS.glob("*.md") if one.name != "README.md")
HEADINGS = ["First look", "What to do", "When it is over"]


def commands_of(page: Path) -> list[list[str]]:
    """The words of each command of the page, in blocks and in sentences."""
    lines = [line for block in blocks_of(page) for line in block.text.splitlines()]
    spans = re.findall(r"`(whence [^`]+)`", page.read_text(encoding="utf-8"))
    return [shlex.split(" ".join(line.split())) for line in (*lines, *spans)]


def test_each_alert_names_its_page_and_each_page_is_of_an_alert() -> None:
    named = {rule["alert"]: rule["annotations"]["runbook"] for rule in rules()}
    assert named == {name: f"docs/runbooks/{name}.md" for name in named}
    assert {page.stem for page in PAGES} == set(named)


def test_the_index_lists_every_page() -> None:
    listed = re.findall(
        r"^\| \[(\w+)\]\(\1\.md\) \|", (RUNBOOKS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(listed) == [page.stem for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_sections_and_only_commands_that_the_command_line_accepts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    commands = commands_of(page)
    assert commands
    for program, *words in commands:
        assert program == "whence"
        parsed(words)
