"""Reads feather (Arrow IPC) and parquet into a sheet, with pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from adapters.extras import install_line
from adapters.tapes.arrow_bounds import unpacked_size
from adapters.tapes.headers import meaning_of
from adapters.tapes.packed import MOST_BYTES
from adapters.tapes.sheet import Sheet
from domain.errors import InvalidTape

_MOST_ROWS = 10_000_000
_BATCH_ROWS = 65_536
_UNZONED = "times carry no zone: read as UTC"


def read_arrow_sheet(file: str, data: bytes, *, parquet: bool) -> Sheet:
    """The sheet of a file; floats are written with the fewest digits that give the same float.

    Raises InvalidTape where pyarrow is not installed, or the file is damaged, too large or without rows.
    """
    form = "parquet" if parquet else "feather"
    arrow = _pyarrow(file, form)
    try:
        batches = (_parquet if parquet else _feather)(file, arrow, data)
        names, columns, unzoned = _gathered(file, arrow, batches)
    except (arrow.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        fault = str(error).partition("\n")[0][:200]
        raise InvalidTape(file, None, f"is not valid {form}: {fault}") from None
    if not columns or not columns[0]:
        raise InvalidTape(file, None, f"is {form} without candles")
    return Sheet(
        file=file,
        form=form,
        header=names,
        columns=columns,
        skipped=tuple(batches.skipped),
        notes=(_UNZONED,) if unzoned else (),
    )


class _Batches:
    """The record batches of a file, with the columns whose names are known; `skipped` are the names of the others."""

    def __init__(self, names: Sequence[str], read: Callable[[Sequence[int]], Iterator[Any]]) -> None:
        places = [place for place, name in enumerate(names) if meaning_of(name)]
        self.names = [names[place] for place in places]
        self.skipped = [name for name in names if not meaning_of(name)]
        self.read = read(places)


def _pyarrow(file: str, form: str) -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        fault = f"is {form}, which needs pyarrow: {install_line('files')}, or write the file as CSV"
        raise InvalidTape(file, None, fault) from None


def _parquet(file: str, arrow: Any, data: bytes) -> _Batches:
    opened = importlib.import_module("pyarrow.parquet").ParquetFile(arrow.BufferReader(data))
    names = cast("list[str]", opened.schema_arrow.names)
    # The metadata of single columns are not used: where they are damaged, pyarrow ends the process.
    groups = range(opened.metadata.num_row_groups)
    size = sum(opened.metadata.row_group(group).total_byte_size for group in groups)
    if opened.metadata.num_rows > _MOST_ROWS or size > MOST_BYTES:
        raise _too_large(file)
    return _Batches(
        names, lambda places: opened.iter_batches(_BATCH_ROWS, columns=[names[place] for place in places])
    )


def _feather(file: str, arrow: Any, data: bytes) -> _Batches:
    ipc = importlib.import_module("pyarrow.ipc")
    if unpacked_size(ipc, arrow, data) > MOST_BYTES:
        raise _too_large(file)
    schema = ipc.open_file(arrow.BufferReader(data)).schema

    def read(places: Sequence[int]) -> Iterator[Any]:
        options = ipc.IpcReadOptions(included_fields=places)
        opened = ipc.open_file(arrow.BufferReader(data), options=options)
        return (opened.get_batch(number) for number in range(opened.num_record_batches))

    return _Batches(cast("list[str]", schema.names), read)


def _gathered(file: str, arrow: Any, batches: _Batches) -> tuple[Sequence[str], list[list[str]], bool]:
    columns: list[list[str]] = [[] for _ in batches.names]
    unzoned = False
    for batch in batches.read:
        for name, texts, cells in zip(batches.names, columns, batch.columns, strict=True):
            texts.extend(_texts(file, name, arrow, cells))
            unzoned |= arrow.types.is_timestamp(cells.type) and cells.type.tz is None
        if columns and len(columns[0]) > _MOST_ROWS:
            raise _too_large(file)
    return batches.names, columns, unzoned


def _texts(file: str, name: str, arrow: Any, cells: Any) -> list[str]:
    kinds = arrow.types
    if kinds.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if kinds.is_timestamp(cells.type):
        # A count since 1970, whose number of digits shows its unit.
        cells = cells.cast(arrow.int64())
    if kinds.is_floating(cells.type) and cells.type.bit_width < 64:
        # A 32-bit float keeps its own fewest digits; as a 64-bit float it would have others.
        values = cells.to_numpy(zero_copy_only=False)
        return ["" if missing else str(value) for value, missing in zip(values, _nulls(cells), strict=True)]
    if not _is_plain(kinds, cells.type):
        raise InvalidTape(file, None, f"column {name} has type {cells.type}: expected numbers, times or text")
    return [_WORDS.get(str(value), str(value)) for value in cells.to_pylist()]


_WORDS: Mapping[str, str] = {"None": "", "True": "true", "False": "false"}


def _is_plain(kinds: Any, kind: Any) -> bool:
    checks = (
        "is_floating",
        "is_integer",
        "is_decimal",
        "is_string",
        "is_large_string",
        "is_boolean",
        "is_date",
        "is_null",
    )
    return any(getattr(kinds, check)(kind) for check in checks)


def _nulls(cells: Any) -> Sequence[bool]:
    return cast("Sequence[bool]", cells.is_null().to_pylist())


def _too_large(file: str) -> InvalidTape:
    bound = f"{_MOST_ROWS:,} rows or {MOST_BYTES >> 20} MiB unpacked"
    return InvalidTape(file, None, f"has more than {bound}: split it by time")
