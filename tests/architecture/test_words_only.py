"""Tests of `words_only`, which shows whether a change alters only docstrings, comments and names."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.words_only import main

BEFORE = '''"""Says what it does."""
import b
import a

def told(asked: int) -> str:
    """Tells."""
    return f"asked {asked}" if asked > 1 else "nothing"
'''


Compare = Callable[[str], tuple[int, str]]
"""A function that takes the new text of the file and returns the exit code and the output."""


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Compare:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.py").write_text(BEFORE)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "before"]):
        subprocess.run(["git", *command], check=True)

    def compared(after: str) -> tuple[int, str]:
        (tmp_path / "file.py").write_text(after)
        return main("HEAD", []), capsys.readouterr().out

    return compared


def test_a_change_of_docstrings_names_and_import_order_is_accepted(compare: Compare) -> None:
    after = BEFORE.replace("Says what it does", "The reports").replace("Tells", "The text of a number")
    after = after.replace("import b\nimport a\n", "import a\nimport b\n").replace("told", "text")
    after = after.replace("asked:", "number:").replace("{asked}", "{number}").replace("if asked", "if number")
    assert compare(after) == (0, "")


def test_a_changed_string_is_printed(compare: Compare) -> None:
    code, printed = compare(BEFORE.replace('"nothing"', '"none"'))
    assert (code, printed) == (0, "file.py:7: 'nothing' is 'none' now\n")


def test_a_name_with_two_counterparts_is_printed(compare: Compare) -> None:
    code, printed = compare(BEFORE.replace("{asked}", "{number}"))
    assert (code, printed) == (0, "file.py:7: asked is number here and asked elsewhere\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 1", "> 2"),
        ("> 1", ">= 1"),
        ("asked: int", "asked: int, more: int"),
        ('if asked > 1 else "nothing"', 'or "nothing"'),
    ],
)
def test_a_change_of_behaviour_is_reported_as_a_difference(compare: Compare, old: str, new: str) -> None:
    code, printed = compare(BEFORE.replace(old, new))
    assert (code, "the tree differs" in printed) == (1, True)
