"""A stranger changes the log of the running program, or writes to it: the program trades on nothing of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer

from adapters.avro import AvroCodec, headers_of
from adapters.kafka.record import headers_of as record_headers
from domain.account import BalanceChanged, BalanceReason
from domain.errors import LogCorrupt
from domain.events import schema_version
from domain.log import Envelope, Recorded, event_id
from domain.opening import LogOpened
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import events_at
from tests.journeys.test_stop_and_go_on import EAGER
from tests.replacing import replace

TAPE = ("paper", "--bars", "400", "--seed", "4", "--json")
_CODEC = AvroCodec()


def balances(events: Sequence[Recorded]) -> Sequence[Recorded]:
    return [one for one in events if type(one.envelope.event) is BalanceChanged]


def richer(recorded: Recorded, amount: int) -> Envelope:
    """The same event with more money."""
    event = recorded.envelope.event
    assert type(event) is BalanceChanged
    more = replace(event, balance=event.balance + amount, amount=event.amount + amount)
    return Envelope(recorded.envelope.meta, more)


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path) -> None:
    """Every signal is traded, so that a short tape has fills."""
    (tmp_path / "whence.toml").write_text(EAGER)


def test_money_that_was_written_into_the_last_balance_of_a_file_is_not_traded_on(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'whence.db'}"
    assert whence(tmp_path, *TAPE).returncode == 0
    last = balances(events_at(address))[-1]
    with closing(sqlite3.connect(tmp_path / "whence.db")) as file, file:
        state = _CODEC.encode(richer(last, 500))
        file.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (state, last.ordinal))
    for words in (TAPE, ("projections", "run")):
        done = whence(tmp_path, *words)
        assert done.returncode == 4, words
        assert f"ordinal {last.ordinal}: its mark was not made with key" in done.stderr
        assert "Traceback" not in done.stderr
    with pytest.raises(LogCorrupt):
        events_at(address)


def test_the_secret_key_is_in_no_file_and_no_output_of_the_program(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    done = whence(tmp_path, *TAPE, WHENCE_KEYS=str(keys))
    assert done.returncode == 0
    [key] = [file.read_text().strip() for file in keys.iterdir()]
    assert key not in done.stdout + done.stderr
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.parent != keys:
            assert key.encode() not in file.read_bytes()
            assert bytes.fromhex(key) not in file.read_bytes()


class Stranger:
    """Writes to a log's topic as everybody who may write to it can."""

    def __init__(self, servers: str, topic: str) -> None:
        self._producer, self._topic = Producer({"bootstrap.servers": servers}), topic

    def forge(self, envelope: Envelope) -> None:
        """Writes an event with all headers of the program, but without its mark."""
        given = headers_of(envelope)
        headers = record_headers(dict(given)["ce_type"].decode(), envelope.meta.version, given)
        self.write(_CODEC.encode(envelope), envelope.meta.stream, headers)

    def write(self, value: bytes, key: str, headers: Sequence[tuple[str, bytes]]) -> None:
        wide = list[tuple[str, str | bytes | None]](headers)
        self._producer.produce(self._topic, value, key, 0, headers=wide)
        assert self._producer.flush(20) == 0


def opening_of(events: Sequence[Recorded]) -> UUID:
    """The id of the log."""
    event = events[0].envelope.event
    assert type(event) is LogOpened
    return event.log_id


def gift(log_id: UUID, version: int, event: UUID | None, like: Recorded) -> Envelope:
    """A million for the account as the next event of its stream, with the id of its place or with `event`."""
    stream = "account-paper"
    meta = replace(
        like.envelope.meta,
        stream=stream,
        version=version,
        event_id=event or event_id(log_id, stream, version),
        schema_version=schema_version(BalanceChanged),
    )
    amount, balance = Decimal(1_000_000), Decimal(1_010_000)
    return Envelope(meta, BalanceChanged(amount=amount, balance=balance, reason=BalanceReason.FUNDING))


def test_records_of_a_stranger_in_the_topic_of_a_running_engine_change_nothing(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    address = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    stranger = Stranger(kafka_bootstrap_servers, kafka_topic)
    garbage = [("ce_type", b"whence.order.OrderPlaced"), ("ce_sequence", b"1")]
    with running(tmp_path, *TAPE, "--pace", "20000x", "--log", address) as engine:
        wait_for(address, 3)
        for _ in range(2):
            events = events_at(address)
            log_id = opening_of(events)
            version = 1 + max(
                one.envelope.meta.version for one in events if one.envelope.meta.stream == "account-paper"
            )
            stranger.write(b"garbage", f"order-paper-{uuid4().hex}", garbage)
            stranger.forge(gift(log_id, version, uuid4(), events[0]))
            stranger.forge(gift(log_id, version, None, events[0]))
            stranger.forge(events[1].envelope)
        code, out, err = engine.ended()
    assert code == 0, err
    again = whence(tmp_path, *TAPE, "--log", address)
    assert again.returncode == 0, again.stderr
    assert whence(tmp_path, *TAPE, "--log", "sqlite:///undisturbed.db").returncode == 0
    undisturbed = events_at(f"sqlite:///{tmp_path / 'undisturbed.db'}")
    assert [(one.ordinal, one.data) for one in events_at(address)] == [
        (one.ordinal, one.data) for one in undisturbed
    ]
    assert json.loads(out)["balance"] == json.loads(again.stdout)["balance"]
    refused = whence(tmp_path, "log", "refused", "--log", address)
    assert refused.stderr.strip().endswith("8 records are refused")
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        assert len(reader.refused()) == 8
    listed = whence(tmp_path, "dead-letters", "list", "--source", "record", "--json", "--log", address)
    letters = json.loads(listed.stdout)
    assert len({letter["place"] for letter in letters}) == len(letters) == 8
    assert sorted(letter["bytes"] for letter in letters)[:2] == [len(b"garbage")] * 2
