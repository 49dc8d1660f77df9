"""A table to be written: its columns with their kinds, and its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from adapters.avro import iso
from projections.columns import Kind
from projections.projection import Row


class Sheet(NamedTuple):
    """`columns` are in order; a row may have further values, which are not written. Rows are read once."""

    columns: Mapping[str, Kind]
    rows: Iterable[Row]


def plain(value: Any) -> Any:
    """An amount as text with every digit, a time in ISO 8601 with Z; other values as they are."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return iso(value) if isinstance(value, datetime) else value


def cell(value: Any) -> Any:
    """The same for forms whose cells hold no objects: an object is its JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else plain(value)
