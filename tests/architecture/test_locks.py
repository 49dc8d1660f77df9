"""The locks hold every requirement in `pyproject.toml`, no superfluous pin and no address of a package source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

_HEAD = re.compile(r"([a-z0-9-]+)==([^\s;]+)(?: ; .+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_COMMENT = re.compile(r"    # +(?:via ?)?(.*)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package: its name, its version, its number of hashes, and the packages that require it."""

    name: str
    version: str
    hashes: int
    required_by: frozenset[str]


def pins(lock: str) -> list[Pin]:
    """The packages of requirements/<lock>.lock. A line that is not part of a pin fails the test."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return [_pin(block) for block in re.split(r"\n(?=\S)", text.strip())]


def _pin(block: str) -> Pin:
    first, *others = block.splitlines()
    head = _HEAD.fullmatch(first)
    assert head, f"not a pin: {first}"
    hashes = [line for line in others if _HASH.fullmatch(line)]
    comments = [comment[1] for line in others if (comment := _COMMENT.fullmatch(line))]
    assert len(hashes) + len(comments) == len(others), f"{head[1]}: a line that is neither hash nor origin"
    return Pin(head[1], head[2], len(hashes), frozenset(comments))


def _required(groups: list[str], extras: list[str]) -> dict[str, Requirement]:
    project: dict[str, Any] = PYPROJECT["project"]
    lines: list[str] = [*project["dependencies"], *(line for group in groups for line in _group(group))]
    lines += [line for extra in extras for line in project["optional-dependencies"][extra]]
    return {line: Requirement(line) for line in lines}


def _group(name: str) -> Iterator[str]:
    for entry in PYPROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _group(entry["include-group"])


EXTRAS: tuple[str, ...] = tuple(PYPROJECT["project"]["optional-dependencies"])
REQUIRED = {
    "runtime": _required(["build"], ["bybit", "optimise"]),
    "docs": _required(["build", "docs"], []),
    "graphiql": _required(["build", "graphiql"], []),
    "servers": _required(["build"], ["dev-servers"]),
    "image": _required(["build"], ["registry", "bybit", "tracing", "vault"]),
    "release": _required(["build", "release"], []),
    "torch": _required(["build"], ["ml", "torch"]),
    "dev": _required(["dev"], [extra for extra in EXTRAS if extra != "torch"]),
}
SHIPPED = frozenset(
    canonicalize_name(requirement.name) for requirement in _required([], list(EXTRAS)).values()
)
LOCKS = pytest.mark.parametrize("lock", list(REQUIRED))


@LOCKS
def test_every_requirement_is_pinned_to_an_allowed_version(lock: str) -> None:
    versions: dict[str, list[str]] = {}
    for pin in pins(lock):
        versions.setdefault(pin.name, []).append(pin.version)
    stale = [
        line
        for line, requirement in REQUIRED[lock].items()
        if not (found := versions.get(canonicalize_name(requirement.name), []))
        or not all(version in requirement.specifier for version in found)
    ]
    assert stale == [], f"requirements/{lock}.lock is older than pyproject.toml: run `make lock`"


@LOCKS
def test_exactly_the_requirements_of_the_project_are_pinned_for_it(lock: str) -> None:
    required = {canonicalize_name(requirement.name) for requirement in REQUIRED[lock].values()}
    ours = {pin.name for pin in pins(lock) if any(by.startswith("whence ") for by in pin.required_by)}
    assert ours == required, f"requirements/{lock}.lock is older than pyproject.toml: run `make lock`"


@LOCKS
def test_every_pin_is_required_by_a_pin_or_by_the_project(lock: str) -> None:
    locked = {pin.name for pin in pins(lock)}
    origins = {by for pin in pins(lock) for by in pin.required_by if by}
    assert [
        by for by in origins if by not in locked and not by.startswith(("whence ", "-c requirements/"))
    ] == []


@LOCKS
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize("lock", ["runtime", "docs", "graphiql", "image", "release"])
def test_the_installed_versions_are_the_tested_ones(lock: str) -> None:
    tested = {(pin.name, pin.version) for pin in pins("dev")}
    assert [pin.name for pin in pins(lock) if (pin.name, pin.version) not in tested] == []


def test_a_package_that_pytorch_shares_with_the_tests_has_their_version() -> None:
    tested = {(pin.name, pin.version) for pin in pins("dev")}
    shared = {name for name, _ in tested}
    assert [
        pin.name for pin in pins("torch") if pin.name in shared and (pin.name, pin.version) not in tested
    ] == []


def test_only_the_lock_of_pytorch_holds_pytorch_and_cuda() -> None:
    heavy = re.compile(r"torch|triton|nvidia-.+|cuda-.+")
    found = {lock for lock in REQUIRED if any(heavy.fullmatch(pin.name) for pin in pins(lock))}
    assert found == {"torch"}


@LOCKS
def test_a_lock_names_no_source_of_packages(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", text) == []
