"""Writes a table in each of the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from adapters.exports.form import Form
from adapters.exports.parquet_form import write_parquet
from adapters.exports.sheet import Sheet
from adapters.exports.text_forms import write_csv, write_jsonl
from adapters.extras import FILES, check_extras
from adapters.whole_file import write_file

_WRITERS: Mapping[Form, Callable[[Sheet, BinaryIO], None]] = {
    Form.CSV: write_csv,
    Form.JSONL: write_jsonl,
    Form.PARQUET: write_parquet,
}


def check_form(form: Form) -> None:
    """Raises MissingParts, with the command that installs it, where the form needs a library that is not installed."""
    if form is Form.PARQUET:
        check_extras("writing Parquet", FILES)


def export(sheet: Sheet, form: Form, place: Path) -> None:
    """Writes the table as a whole file. Raises InvalidInput where the file cannot be written; it is then as it was."""
    write_file(place, lambda file: _WRITERS[form](sheet, file))
