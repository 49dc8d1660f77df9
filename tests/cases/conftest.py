"""Fixtures for the cases: the scripted strategy is installed, and a tape is written from rows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cases.scripted import install


@pytest.fixture(autouse=True)
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs the strategy `scripted` for one test."""
    install(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
