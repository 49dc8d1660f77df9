"""Compares the Python files of a commit with the working tree and ignores changed words.

`python -m tests.architecture.words_only BASE [PATH…]` ignores docstrings, comments and the imports of a module, and
maps names within each file. It prints each changed string, each name with two counterparts, and each file whose syntax
trees differ otherwise; the exit code is 1 if there is such a file.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, cast

_NOT_COMPARED = frozenset({"ctx", "type_comment", "type_ignores"})


class Token(NamedTuple):
    """One part of a syntax tree: its kind, its text and its line."""

    kind: str
    text: str
    line: int


def main(base: str, paths: Sequence[str]) -> int:
    """Prints the differences; returns the number of files that differ in more than words."""
    differing = 0
    for old, new in _renamed(base, paths):
        source = _git("show", f"{base}:{old}")
        faults = list(_compared(list(_tokens(source)), list(_tokens(Path(new).read_text(encoding="utf-8")))))
        for line in faults:
            print(f"{new}:{line}")  # noqa: T201
        differing += any("differs" in line for line in faults)
    return differing


def _renamed(base: str, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The old and the new path of each changed Python file that both sides have."""
    for line in _git("diff", "--name-status", "-M", base, "--", *paths).splitlines():
        status, *names = line.split("\t")
        if status[0] in "MR" and names[-1].endswith(".py"):
            yield names[0], names[-1]


def _compared(old: Sequence[Token], new: Sequence[Token]) -> Iterator[str]:
    names: dict[str, str] = {}
    for before, after in zip_longest(old, new, fillvalue=Token("end", "", 0)):
        if before.kind != after.kind or (before.kind == "node" and before.text != after.text):
            yield f"{after.line}: the tree differs: {before} is {after} now"
            return
        if before.kind == "string" and before.text != after.text:
            yield f"{after.line}: {before.text!r} is {after.text!r} now"
        if before.kind == "name" and names.setdefault(before.text, after.text) != after.text:
            yield f"{after.line}: {before.text} is {after.text} here and {names[before.text]} elsewhere"


def _tokens(source: str) -> Iterator[Token]:
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    yield from _of_node(tree)


def _of_node(node: ast.AST) -> Iterator[Token]:
    line = getattr(node, "lineno", 0)
    yield Token("node", type(node).__name__, line)
    for field, value in ast.iter_fields(node):
        if field not in _NOT_COMPARED:
            yield from _of_value(value, line)


def _of_value(value: object, line: int) -> Iterator[Token]:
    match value:
        case list():
            items = cast("list[object]", value)
            kept = [one for one in items if not _is_docstring(one)]
            yield Token("node", f"{len(kept)} of a list", line)
            for one in kept:
                yield from _of_value(one, line)
        case ast.Constant(value=str(text)):
            yield Token("string", text, value.lineno)
        case ast.AST():
            yield from _of_node(value)
        case str():
            yield Token("name", value, line)
        case _:
            yield Token("node", repr(value), line)


def _is_docstring(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2:]) else 0)
