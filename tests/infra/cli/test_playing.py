"""Which runs on candles write many units together."""

from __future__ import annotations

from contextlib import closing

import pytest

from adapters.avro import AvroCodec
from adapters.log.grouped import GroupedLog
from adapters.log.library import open_memory
from infra.cli.playing import Manner, written_by
from infra.config import WhenceSettings

SQLITE = "sqlite:///run.db"


@pytest.mark.parametrize(
    ("address", "speed", "port", "is_grouped"),
    [
        (SQLITE, None, None, True),
        (SQLITE, 60.0, None, False),
        (SQLITE, None, 8420, False),
        ("memory:", None, None, True),
        ("postgresql://host/db", None, None, False),
        ("kafka://host/topic", None, None, False),
    ],
)
def test_units_are_written_together_on_sqlite_and_in_memory_at_full_speed_without_an_api(
    address: str, speed: float | None, port: int | None, *, is_grouped: bool
) -> None:
    with closing(open_memory(AvroCodec())) as log:
        written = written_by(Manner(speed, port, as_json=False), WhenceSettings(log=address), log)
        assert isinstance(written, GroupedLog) is is_grouped
        assert is_grouped or written is log
