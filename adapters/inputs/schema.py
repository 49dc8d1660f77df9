"""The schemas of the tape: which classes an input consists of, and the fields of each, in order.

A schema is a file `schemas/tape/<number>.json`, reviewed by hand. The program writes the one with the largest number,
and reads all. A class is named by the last part of its module and its own name. `tests/adapters/inputs/test_schema.py`
compares the newest file with the classes; `python -m adapters.inputs.schema` prints what the classes demand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple, cast, get_args, get_type_hints

from adapters.avro.shape import is_record, names_of
from commands.input_tape import Taped
from commands.roles import Role
from domain.errors import UnknownSchema

Fields = Mapping[str, Sequence[str]]
"""The fields of each class, by the class's name; an enum has none."""

_ONLY_FOR_CHECKERS = {"Role": Role}
"""Names that a module imports for its type hints only."""


class Schema(NamedTuple):
    """One schema. `fingerprint` is the first 8 bytes of the SHA-256 of its canonical JSON (sorted, no spaces)."""

    number: int
    fingerprint: bytes
    fields: Fields

    def __str__(self) -> str:
        return f"tape schema {self.number} ({self.fingerprint.hex()})"


def classes() -> Mapping[str, type]:
    """Every class that an input can hold, by name, in the order of names."""
    found: dict[str, type] = {}
    _walk(Taped, found)
    return dict(sorted(found.items()))


def demanded() -> Fields:
    """The fields of the classes as they are now."""
    return {name: list(names_of(kind)) if is_record(kind) else [] for name, kind in classes().items()}


@cache
def schemas() -> Mapping[int, Schema]:
    """Every schema of `schemas/tape`, by number."""
    texts = {
        int(file.name.removesuffix(".json")): file.read_text(encoding="utf-8")
        for file in (files("schemas") / "tape").iterdir()
        if file.name.endswith(".json")
    }
    return {number: _schema(number, texts[number]) for number in sorted(texts)}


def newest() -> Schema:
    """The schema that this program writes."""
    found = schemas()
    return found[max(found)]


def schema_of(number: int, fingerprint: bytes) -> Schema:
    """The schema of a batch. Raises UnknownSchema, which names it, where this program does not have it."""
    found = schemas().get(number)
    if found is None or found.fingerprint != fingerprint:
        wanted = Schema(number, fingerprint, {})
        raise UnknownSchema(
            f"the inputs were written with {wanted}, which is not in schemas/tape: read them with the version of the "
            "program that wrote them, or a later one"
        )
    return found


def text_of(fields: Fields) -> str:
    """A schema as its file has it: one line a class."""
    lines = (f"  {json.dumps(name)}: {json.dumps(list(names))}" for name, names in fields.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _schema(number: int, text: str) -> Schema:
    fields = cast("Fields", json.loads(text))
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return Schema(number, sha256(canonical.encode()).digest()[:8], fields)


def _walk(hint: Any, found: dict[str, type]) -> None:
    """Adds the classes of a type hint, and those of their fields. Raises TypeError for two classes of one name."""
    for argument in get_args(hint):
        _walk(argument, found)
    if not (is_record(hint) or _is_enum(hint)):
        return
    name = _name(hint)
    if name not in found:
        found[name] = hint
        for inner in _hints(hint):
            _walk(inner, found)
    if found[name] is not hint:
        raise TypeError(f"{hint} and {found[name]} have the same name on a tape: rename one")


def _hints(kind: type) -> Iterator[Any]:
    if is_record(kind):
        hints = get_type_hints(kind, localns=_ONLY_FOR_CHECKERS)
        yield from (hints[name] for name in names_of(kind))


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _name(kind: type) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


if __name__ == "__main__":
    sys.stdout.write(text_of(demanded()))
