"""The picture of the folders and of what imports what, drawn from the imports in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.site.drawing import Arrow, Box, picture

_ROOT = Path(__file__).parents[2]
BOXES: Mapping[str, Box] = {
    name: Box(name, x, y, 220, 48, note=verb)
    for name, x, y, verb in (
        ("infra", 250, 10, "runs: command line, settings, modes"),
        ("adapters", 250, 100, "connects: Kafka, SQL, exchanges"),
        ("commands", 10, 200, "decides: commands, the engine"),
        ("projections", 490, 200, "projects: read models, questions"),
        ("schemas", 720, 200, "promises: a schema of each event"),
        ("domain", 250, 300, "is true: events, states, rules"),
    )
}
"""Each folder with its verb."""


def layers() -> str:
    """The picture as HTML. An arrow means: imports."""
    arrows = [_arrow(BOXES[one], BOXES[other]) for one, other in sorted(imported()) if _is_drawn(one, other)]
    return picture("The folders, and what imports what", 950, 360, [*arrows, *BOXES.values()])


def imported() -> set[tuple[str, str]]:
    """Each pair of folders of which the first one imports the second one."""
    return {
        (folder, name)
        for folder in BOXES
        for path in (_ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
        for name in _imports(path)
        if name in BOXES and name != folder
    }


def _imports(path: Path) -> Iterator[str]:
    """The folders of imported modules, and of files that are read as resources."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Name(id="files"), args=[ast.Constant(value=str(package))]):
                yield package
            case _:
                pass


def _is_drawn(one: str, other: str) -> bool:
    """An arrow to the next row; `infra` and `adapters` import what is further below as well."""
    return one != "infra" or other == "adapters"


def _arrow(one: Box, other: Box) -> Arrow:
    return Arrow(f"M{one.middle:g} {one.bottom:g}L{other.middle:g} {other.y:g}")
