"""Checks the imports in the syntax trees of each folder against the imports that the folder may have."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.architecture.test_locks import SHIPPED

ROOT = Path(__file__).parents[2]
STANDARD = sys.stdlib_module_names | {"_typeshed"}  # the type checkers' names for standard types


@dataclass(frozen=True, slots=True)
class AllowedImports:
    """The imports that the modules of one folder may have, besides the standard library and each other.

    `ours` are folders of this project; `theirs` are foreign packages, None for every package that is not in `barred`.
    """

    ours: frozenset[str]
    theirs: frozenset[str] | None
    barred: frozenset[str] = frozenset()

    def allow(self, name: str) -> bool:
        if name in FOLDERS:
            return name in self.ours
        return name not in self.barred if self.theirs is None else name in self.theirs


NOTHING: frozenset[str] = frozenset()

FOLDERS = {
    "domain": AllowedImports(NOTHING, frozenset({"numpy", "msgspec"})),
    "commands": AllowedImports(frozenset({"domain"}), frozenset({"msgspec"})),
    "projections": AllowedImports(frozenset({"domain"}), frozenset({"sqlalchemy"})),
    "schemas": AllowedImports(NOTHING, NOTHING),
    "adapters": AllowedImports(frozenset({"domain", "commands", "projections", "schemas"}), None),
    "infra": AllowedImports(
        frozenset({"domain", "commands", "projections", "schemas", "adapters"}),
        None,
        frozenset({"eventsourcing"}),
    ),
}


def forbidden(root: Path) -> list[str]:
    """`folder/file.py:line imports name`, for every import under `root` that is not allowed."""
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for folder, allowed in FOLDERS.items()
        for path in sorted((root / folder).rglob("*.py"))
        for line, name in imports(path)
        if name not in {folder, *STANDARD} and not allowed.allow(name)
    ]


OUTSIDE = frozenset(
    {"asyncio", "concurrent", "os", "pathlib", "queue", "select", "socket", "subprocess", "threading", "time"}
)
"""Modules of the standard library that read a clock or a file, open a socket or start a thread."""

MEASURES = frozenset({"commands/driver.py imports time"})
"""The driver measures the duration of a unit of work; no recorded value depends on the duration."""


def test_domain_and_commands_read_no_clock_file_socket_or_thread() -> None:
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in ("domain", "commands")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for _line, name in imports(path)
        if name in OUTSIDE
    }
    assert found == MEASURES


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every absolute import, also within functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module.partition(".")[0]
            case _:
                pass


def test_every_import_is_allowed() -> None:
    assert forbidden(ROOT) == []


APART = {"graphql": frozenset({"http", "tokens"}), "tokens": frozenset({"graphql", "http"})}
"""For each folder of the adapters, the folders that it must not import. HTTP may import GraphQL and the tokens."""


def entangled(root: Path) -> list[str]:
    """`adapters/folder/file.py:line imports adapters.other`, for every import that `APART` forbids."""
    return [
        f"{path.relative_to(root)}:{line} imports adapters.{other}"
        for folder, barred in APART.items()
        for path in sorted((root / "adapters" / folder).rglob("*.py"))
        for line, other in rooms(path)
        if other in barred
    ]


def rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Line and folder of every import from another folder of the adapters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(module="adapters", level=0):
                names = [f"adapters.{alias.name}" for alias in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                names = [module]
            case _:
                continue
        yield from ((node.lineno, name.split(".")[1]) for name in names if name.startswith("adapters."))


def test_graphql_and_the_tokens_import_neither_each_other_nor_http() -> None:
    assert entangled(ROOT) == []


@pytest.mark.parametrize(
    ("folder", "line", "other"),
    [
        ("graphql", "from adapters.http.gate import Gate", "http"),
        ("graphql", "import adapters.tokens.book", "tokens"),
        ("tokens", "from adapters import graphql", "graphql"),
        ("tokens", "def late():\n    from adapters.http import app", "http"),
    ],
)
def test_a_forbidden_import_between_adapters_is_found(
    tmp_path: Path, folder: str, line: str, other: str
) -> None:
    culprit = tmp_path / "adapters" / folder / "culprit.py"
    culprit.parent.mkdir(parents=True)
    culprit.write_text(line)
    assert [sentence.partition(" ")[2] for sentence in entangled(tmp_path)] == [f"imports adapters.{other}"]


def test_http_may_import_graphql_and_the_tokens(tmp_path: Path) -> None:
    (tmp_path / "adapters" / "http").mkdir(parents=True)
    (tmp_path / "adapters" / "http" / "app.py").write_text(
        "from adapters.tokens import token\nimport adapters.graphql"
    )
    assert entangled(tmp_path) == []


def test_every_checked_folder_exists() -> None:
    assert [folder for folder in FOLDERS if not (ROOT / folder / "__init__.py").is_file()] == []


def undeclared(root: Path, required: frozenset[str]) -> list[str]:
    """`folder/file.py:line imports name`, for every import that no distribution in `required` provides."""
    installed = packages_distributions()
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for line, name in imports(path)
        if name not in {*FOLDERS, *STANDARD}
        and required.isdisjoint(map(canonicalize_name, installed.get(name, [])))
    ]


def test_every_imported_package_is_a_declared_requirement() -> None:
    assert undeclared(ROOT, SHIPPED) == []


def test_an_import_of_an_undeclared_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "culprit.py").write_text("import pytest\nimport gone\nimport typer\n")
    assert undeclared(tmp_path, SHIPPED) == [
        "infra/culprit.py:1 imports pytest",
        "infra/culprit.py:2 imports gone",
    ]


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("domain", "import commands"),
        ("domain", "from pydantic import BaseModel"),
        ("commands", "from projections.orders import orders"),
        ("commands", "import numpy as np"),
        ("commands", "import adapters.kafka"),
        ("projections", "import commands.order"),
        ("projections", "from eventsourcing.persistence import Recording"),
        ("adapters", "from infra import config"),
        ("schemas", "import domain"),
        ("infra", "import rich, eventsourcing.persistence"),
        ("domain", "def late():\n    import infra.cli"),
        ("domain", "if TYPE_CHECKING:\n    from adapters import sqlite"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, folder: str, line: str) -> None:
    culprit = tmp_path / folder / "deep" / "culprit.py"
    culprit.parent.mkdir(parents=True)
    culprit.write_text(line)
    assert [sentence.split(":")[0] for sentence in forbidden(tmp_path)] == [f"{folder}/deep/culprit.py"]


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("domain", "import domain.order, numpy.typing, decimal"),
        ("commands", "from domain import order"),
        ("projections", "import sqlalchemy"),
        ("adapters", "import eventsourcing, schemas, projections, commands.order, confluent_kafka"),
        ("infra", "import adapters, projections, typer"),
        ("adapters", "from . import sibling"),
    ],
)
def test_an_allowed_import_is_accepted(tmp_path: Path, folder: str, line: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "file.py").write_text(line)
    assert forbidden(tmp_path) == []
