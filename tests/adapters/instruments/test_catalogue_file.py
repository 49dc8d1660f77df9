"""The catalogue file holds imported rules exactly; a damaged one is refused with the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.instruments import read_catalogue, read_response, write_catalogue
from domain.errors import InvalidInput
from tests.adapters.instruments import documents
from tests.adapters.instruments.documents import save


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.json"
    write_catalogue(path, read_response(save(tmp_path, documents.bybit_linear())).listings)
    return path


def test_what_was_written_is_read_again(catalogue: Path, tmp_path: Path) -> None:
    listings = read_response(tmp_path / "saved.json").listings
    assert read_catalogue(catalogue) == {one.instrument.id: one for one in listings}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["catalogue.json", "saved.json"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("format",), "2", "has the format '2'"),
        (("instruments",), [], "is not a file of imported instruments"),
        (("instruments", "BTCUSDT-LINEAR.BYBIT", "tick"), "0", "tick = 0 must be in"),
        (("instruments", "BTCUSDT-LINEAR.BYBIT", "tick"), "NaN", "tick = NaN must be in"),
        (("instruments", "BTCUSDT-LINEAR.BYBIT", "lot"), None, "is not a file of imported instruments"),
        (
            ("instruments", "BTCUSDT-LINEAR.BYBIT", "as_of"),
            "2025-01-01T00:00:00",
            "is not a file of imported",
        ),
        (("instruments", "btc"), {}, "is not a file of imported instruments"),
    ],
)
def test_a_damaged_file_is_refused_with_the_way_out(
    catalogue: Path, path: tuple[str, ...], value: object, words: str
) -> None:
    document: Any = json.loads(catalogue.read_text())
    *parents, last = path
    inner = document
    for name in parents:
        inner = inner[name]
    inner[last] = value
    catalogue.write_text(json.dumps(document))
    with pytest.raises(InvalidInput) as refused:
        read_catalogue(catalogue)
    assert words in str(refused.value)
    assert "whence instruments import FILE" in str(refused.value)


def test_a_file_in_a_folder_that_does_not_exist_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written: No such file or directory"):
        write_catalogue(tmp_path / "absent" / "catalogue.json", ())
