"""The fingerprint of the code that makes states of events."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.snapshots import fingerprint
from infra.run.snapshots import CODE

ROOT = Path(__file__).parents[3]
FOLDS = (
    "commands/world.py",
    "commands/world_snapshot.py",
    "adapters/avro/codec.py",
    "infra/run/live_times.py",
    "infra/run/restoring.py",
)
"""The files from which everything that decides a state is imported."""
KNOWN = {
    "adapters/simulated",  # `Restored.exchange` makes the exchange of the restored world; nothing of it is kept
    "adapters/snapshots",
    "infra/run",
}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of two files in a folder of its own."""
    package = tmp_path / "whence_states"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "state.py").write_text("quantity: int\n")
    (package / "inner" / "state.avsc").write_text("{}")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield package
    for name in [one for one in sys.modules if one.startswith("whence_states")]:
        del sys.modules[name]


def test_the_same_code_has_the_same_fingerprint(code: Path) -> None:
    before = fingerprint(["whence_states"])
    shutil.rmtree(code / "inner" / "__pycache__", ignore_errors=True)
    assert fingerprint(["whence_states"]) == before
    assert len(before) == 32


@pytest.mark.parametrize("name", ["inner/state.py", "inner/state.avsc", "__init__.py", "new.py"])
def test_a_changed_or_new_file_changes_the_fingerprint(code: Path, name: str) -> None:
    before = fingerprint(["whence_states"])
    (code / name).write_text("quantity: str\n")
    assert fingerprint(["whence_states"]) != before


def test_a_module_alone_has_a_fingerprint(code: Path) -> None:
    before = fingerprint(["whence_states.inner.state"])
    (code / "inner" / "state.avsc").write_text("changed")
    assert fingerprint(["whence_states.inner.state"]) == before
    (code / "inner" / "state.py").write_text("changed")
    assert fingerprint(["whence_states.inner.state"]) != before


def test_the_programs_fingerprint_covers_every_module_that_decides_a_state() -> None:
    covered = {path for one in CODE for path in _files(one)}
    needed = {ROOT / name for name in FOLDS}
    waiting = list(needed)
    while waiting:
        for path in _imported(waiting.pop()):
            if path not in needed and not any(path.is_relative_to(ROOT / one) for one in KNOWN):
                needed.add(path)
                waiting.append(path)
    assert len(needed) > 40
    assert sorted(str(path.relative_to(ROOT)) for path in needed - covered) == []


def _files(name: str) -> Iterator[Path]:
    path = ROOT / name.replace(".", "/")
    yield from path.rglob("*") if path.is_dir() else [path.with_suffix(".py")]


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from _existing(node.module, [one.name for one in node.names])


def _existing(module: str, names: list[str]) -> Iterator[Path]:
    place = ROOT / module.replace(".", "/")
    for path in (place.with_suffix(".py"), place / "__init__.py", *(place / f"{name}.py" for name in names)):
        if path.is_file():
            yield path
