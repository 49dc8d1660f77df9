"""The program run in this process, with its output and exit code as a shell sees them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.cli import main
from tests.old_logs.logs import copy_of, sealed


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished command: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


Whence = Callable[..., Completed]


@pytest.fixture(scope="session")
def sealed_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 159 events, which is copied: two symbols, funding, and requests of a person."""
    return sealed(copy_of("tape", tmp_path_factory.mktemp("sealed")))


@pytest.fixture
def whence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Whence:
    """Runs `whence(*words)` in an empty folder, with 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: str) -> Completed:
        monkeypatch.setattr(sys, "argv", ["whence", *words])
        capsys.readouterr()
        try:
            main()
            code: object = 0
        except SystemExit as left:
            code = left.code or 0
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        return Completed(code, out, err)

    return run
