"""Bytes from outside are read, or refused with an error that their reader names; nothing else is raised."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.avro import to_json
from adapters.avro.codec import AvroCodec
from adapters.command_topic.wire import answer_bytes, id_in, read_answer, read_request, request_bytes
from adapters.tapes import read_tape
from domain.errors import InvalidInput, LogCorrupt, UnknownSchema
from tests.adapters.command_topic.test_wire import ANSWERS, REQUESTS, requested
from tests.adapters.tapes.sheets import HEADER, NOW, row, sheet, write
from tests.adversary.mutated import mutated
from tests.old_logs.logs import FOLDER, LOGS, stored

_CODEC = AvroCodec()
_RECORDS = [data for name in LOGS for data in stored(FOLDER / name / "log.db")]
_ROWS = [row(index) for index in range(8)]
_COLUMNS = HEADER.split(",")
_AS_JSON = json.dumps([dict(zip(_COLUMNS, cells, strict=True)) for cells in _ROWS]).encode()
_AS_LINES = b"\n".join(json.dumps(dict(zip(_COLUMNS, cells, strict=True))).encode() for cells in _ROWS)
_CANDLE_FILES = {
    "BTCUSDT_5m.csv": sheet(_ROWS).encode(),
    "BTCUSDT_5m.tsv": sheet(_ROWS).replace(",", "\t").encode(),
    "BTCUSDT_5m.json": _AS_JSON,
    "BTCUSDT_5m.jsonl": _AS_LINES,
    "BTCUSDT_5m.csv.gz": gzip.compress(sheet(_ROWS).encode(), mtime=0),
}


def test_a_mutated_record_is_an_event_or_a_corrupt_one() -> None:
    for seed, data in mutated(_RECORDS):
        with suppress(LogCorrupt, UnknownSchema):
            assert isinstance(to_json(_CODEC.decode(data).event), dict), seed


def test_a_mutated_request_on_the_command_topic_is_a_request_or_invalid() -> None:
    for seed, data in mutated([request_bytes(requested(request)) for request in REQUESTS]):
        assert isinstance(id_in(data), str), seed
        with suppress(InvalidInput):
            read = read_request(data)
            assert read_request(request_bytes(read)) == read, seed


def test_a_mutated_answer_on_the_command_topic_is_an_answer_or_invalid() -> None:
    for _, data in mutated([answer_bytes(answer) for answer in ANSWERS]):
        with suppress(InvalidInput):
            read_answer(data)


@pytest.mark.parametrize("name", _CANDLE_FILES)
def test_a_mutated_candle_file_is_a_tape_or_invalid(name: str, tmp_path: Path) -> None:
    for seed, data in mutated([_CANDLE_FILES[name]]):
        with suppress(InvalidInput):
            tape = read_tape(write(tmp_path, data, name), now=NOW)
            opened = [candle.open_time for candle in tape.candles]
            assert opened == sorted(set(opened)), seed
