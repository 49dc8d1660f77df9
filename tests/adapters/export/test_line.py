"""Every event that was ever released can be exported, and is the same bytes after an import."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.export.line import FIRST, line_of, read, row_of, written
from domain.errors import LogCorrupt
from tests.schemas.golden import FOLDER

_GOLDEN = sorted(FOLDER.glob("*.bin"))


@pytest.mark.parametrize("path", _GOLDEN, ids=lambda one: one.stem)
def test_a_released_event_has_the_same_bytes_after_its_line(path: Path) -> None:
    data = path.read_bytes()
    meta = AvroCodec().decode(data).meta
    row = (7, meta.stream, meta.version, data)
    line, text, digest = line_of(row, FIRST)
    assert (text, digest) == written(line)
    assert text.endswith(f'"sha256":"{digest}"}}\n'.encode())
    assert row_of(read(text)) == row


def test_an_event_of_which_a_byte_was_changed_is_not_exported_as_another() -> None:
    data = _GOLDEN[0].read_bytes()
    with pytest.raises(LogCorrupt):
        line_of((1, "s", 1, data[:10] + b"\xff" * 30), FIRST)
