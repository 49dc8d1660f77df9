"""Parts of a data set: one Parquet file a month of signals, sealed by a rename, with what it was made from."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from adapters.whole_file import write_file
from domain.errors import InvalidInput
from domain.features.feature_set import FeatureSet
from infra.learning.dataset import LabelSource

SUFFIX = ".parquet"
_KEY = b"whence"
_SUBJECT: Mapping[str, str] = {
    "signal": "string",
    "strategy": "string",
    "instrument": "string",
    "signal_at": "int64",
    "resolved_at": "int64",
    "label": "string",
    "net": "float64",
    "risked": "float64",
    "stopped": "bool",
}
"""The columns before the features, with their types; see `Labelled`."""


class Labelled(NamedTuple):
    """One row: the id of the signal, its times in µs since 1970 (UTC), its label and the values of its features.

    `risked` is the distance from price to stop as a fraction of the price; `net` / `risked` is the result in R.
    """

    signal: str
    strategy: str
    instrument: str
    signal_at: int
    resolved_at: int
    label: LabelSource
    net: float
    risked: float
    stopped: bool
    values: tuple[float | None, ...]


class Part(NamedTuple):
    """A sealed part: its rows, the signals of its month that gave no row by the reason, and the hash of its file."""

    month: str
    rows: int
    left_out: Mapping[str, int]
    sha256: str


class Parts:
    """The parts in one folder of one build, which `build` identifies."""

    def __init__(self, folder: Path, features: FeatureSet, build: str) -> None:
        self._folder, self._features, self._build = folder, features, build

    def place(self, month: str) -> Path:
        """The file of the month, spelled `2025-04`."""
        return self._folder / f"{month}{SUFFIX}"

    def write(self, month: str, rows: Sequence[Labelled], left_out: Mapping[str, int]) -> Part:
        """Writes and seals the part; equal rows give equal bytes. Raises InvalidInput where it cannot be written."""
        arrow, parquet = _arrow()
        reasons = dict(sorted(left_out.items()))
        kept = {"build": self._build, "left_out": reasons, "month": month}
        schema = _schema(arrow, self._features).with_metadata({_KEY: _text(kept).encode()})
        table = arrow.table(_columns(rows, self._features), schema=schema)
        place = self.place(month)
        write_file(place, lambda file: parquet.write_table(table, file, compression="zstd"))
        return Part(month, len(rows), reasons, _hash(place))

    def sealed(self) -> Mapping[str, Part]:
        """The parts that an earlier run of this build has sealed, by month.

        Raises InvalidInput where the folder holds a part of another build.
        """
        found = dict[str, Part]()
        for place in sorted(self._folder.glob(f"*{SUFFIX}")):
            part = self._read(place)
            found[part.month] = part
        return found

    def _read(self, place: Path) -> Part:
        kept, rows = kept_in(place)
        if kept.get("build") != self._build:
            raise InvalidInput(
                f"{place} is of another build (other candles, events, strategies, labels or program): name another "
                "folder with --out, or remove this one"
            )
        return Part(str(kept["month"]), rows, kept["left_out"], _hash(place))


def kept_in(place: Path) -> tuple[Mapping[str, Any], int]:
    """What a part was made from, and the number of its rows. Raises InvalidInput for a file that is no part."""
    arrow, parquet = _arrow()
    try:
        found: Any = parquet.read_metadata(place)
        kept: Mapping[str, Any] = json.loads(found.metadata[_KEY])
    except (OSError, arrow.ArrowException, KeyError, TypeError, ValueError):
        raise InvalidInput(
            f"{place} is no part of a data set of features; name a folder that `whence features build` made, or an "
            "empty one for a new build"
        ) from None
    return kept, found.num_rows


def read_table(places: Iterable[Path], features: FeatureSet) -> Any:
    """The rows of the parts as one Arrow table. Raises InvalidInput for a file with other columns."""
    arrow, parquet = _arrow()
    schema = _schema(arrow, features)
    tables: list[Any] = []
    for place in places:
        try:
            table = parquet.read_table(place)
        except (OSError, arrow.ArrowException) as fault:
            raise InvalidInput(f"{place} cannot be read: {fault}") from None
        if not table.schema.equals(schema, check_metadata=False):
            raise InvalidInput(
                f"{place} does not have the columns of {features.id}: build it again with `whence features build`"
            )
        tables.append(table.replace_schema_metadata(None))
    return arrow.concat_tables(tables) if tables else schema.empty_table()


def counted(parts: Iterable[Part]) -> Counter[str]:
    """The signals that gave no row, by the reason."""
    found = Counter[str]()
    for part in parts:
        found.update(part.left_out)
    return found


def _arrow() -> tuple[Any, Any]:
    # Not in every installation: the commands check it before they come here.
    return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")


def _schema(arrow: Any, features: FeatureSet) -> Any:
    subject = [
        arrow.field(name, arrow.type_for_alias(kind), nullable=False) for name, kind in _SUBJECT.items()
    ]
    return arrow.schema([*subject, *(arrow.field(name, arrow.float64()) for name in features.names)])


def _columns(rows: Sequence[Labelled], features: FeatureSet) -> Mapping[str, Sequence[object]]:
    named = {name: [getattr(row, name) for row in rows] for name in _SUBJECT}
    return named | {name: [row.values[at] for row in rows] for at, name in enumerate(features.names)}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _hash(place: Path) -> str:
    with place.open("rb") as file:
        found = sha256()
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
