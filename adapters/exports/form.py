"""The names of the forms in which a table can be written."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """The form of a file, which is also the ending of its name."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
