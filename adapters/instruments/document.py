"""A saved JSON document: read within bounds, its numbers as text."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeGuard, cast

from adapters.strict_json import named_once, no_constant
from domain.errors import InvalidInput

MOST_BYTES = 100 * 1024 * 1024
Table = Mapping[str, object]


def read_document(path: Path) -> object:
    """The JSON value of the file; a number with a point or an exponent is its text, so that no digit is lost.

    Raises InvalidInput where the file cannot be read, is larger than 100 MiB, or is not JSON in UTF-8.
    """
    content = _read(path)
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_float=str,
            parse_constant=no_constant,
            object_pairs_hook=named_once,
        )
    except (ValueError, RecursionError) as fault:
        why = "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        raise InvalidInput(f"{path} is not JSON: {why}") from None


def is_table(value: object) -> TypeGuard[Table]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def table(value: object) -> Table:
    """The value if it is a JSON object, else an empty one."""
    return value if is_table(value) else {}


def rows(value: object) -> Sequence[Table]:
    """The JSON objects of a JSON array; none where the value is no array."""
    return [one for one in cast("list[object]", value) if is_table(one)] if isinstance(value, list) else ()


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InvalidInput(f"{path} is not a regular file")
        if found.st_size > MOST_BYTES:
            raise InvalidInput(f"{path} has {found.st_size} bytes: at most {MOST_BYTES} are read")
        return path.read_bytes()
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
