"""The program in this process: what it says and ends with, as a shell would see it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """The exit code, and what came on stdout and stderr."""

    code: int
    out: str
    err: str


Whence = Callable[..., Said]


@pytest.fixture
def whence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Whence:
    """`whence(*words)` in a folder of its own, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def typed(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["whence", *words])
        capsys.readouterr()
        try:
            main()
            code: object = 0
        except SystemExit as left:
            code = left.code or 0
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        return Said(code, out, err)

    return typed
