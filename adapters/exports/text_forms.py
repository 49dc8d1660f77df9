"""CSV (RFC 4180) and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, BinaryIO

from adapters.exports.sheet import Sheet, cell, plain
from projections.columns import TEXT, optional

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would run as a formula (OWASP, CSV Injection)."""
_GUARD = "'"
_TEXTS = frozenset({TEXT.name, optional(TEXT).name})


def write_csv(sheet: Sheet, file: BinaryIO) -> None:
    """Writes UTF-8 with a row of heads. An absent value is an empty cell.

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Amounts, times and counts are written
    as they are.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(sheet.columns)
    guarded = [kind.name in _TEXTS for kind in sheet.columns.values()]
    for row in sheet.rows:
        cells = (cell(row[name]) for name in sheet.columns)
        writer.writerow(
            [_guarded(one) if is_text else one for one, is_text in zip(cells, guarded, strict=True)]
        )
    text.detach()


def write_jsonl(sheet: Sheet, file: BinaryIO) -> None:
    """Writes one object a line, in UTF-8: amounts as text, times in ISO 8601, an absent value as null."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    objects = ({name: plain(row[name]) for name in sheet.columns} for row in sheet.rows)
    file.writelines(encode(one).encode() + b"\n" for one in objects)


def _guarded(value: Any) -> Any:
    return f"{_GUARD}{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
