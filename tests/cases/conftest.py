"""Installs the scripted strategy for the tests of the cases, as pip would: a folder that names its entry point."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def scripted_strategy(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that programs started by a test put on their PYTHONPATH."""
    folder = tmp_path_factory.mktemp("installed")
    installed = folder / "scripted-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted\nVersion: 0.1\n")
    point = "scripted = tests.cases.scripted:Scripted.from_parameters"
    (installed / "entry_points.txt").write_text(f"[whence.strategies]\n{point}\n")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder
