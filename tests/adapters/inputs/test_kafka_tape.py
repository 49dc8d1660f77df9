"""The tape of a log on Kafka: in the transactions of the units, with strangers, a second owner, and retention."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from adapters.avro import AvroCodec
from adapters.inputs.batch import NO_SIGNATURE, Batch, TapedInput
from adapters.kafka import Factory
from adapters.log.address import KafkaAddress, parse_address
from adapters.log.kafka import environment_of, owners_rule
from adapters.log.recorder_log import RecorderLog
from commands.input_tape import InputTape, SessionBegun
from commands.inputs import Tick
from domain.errors import InvalidInput, KeyMissing, OwnershipLost
from infra.config import WhenceSettings
from infra.inputs import input_tape, taped_inputs
from infra.logs import keys_of, open_owned, open_reader
from infra.run.replaying import Replay
from tests.infra.run.taped import INSTANTS, TapedRun


@pytest.fixture
def settings(kafka_bootstrap_servers: str, kafka_topic: str) -> WhenceSettings:
    return WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.events")


@contextmanager
def _session(settings: WhenceSettings) -> Generator[tuple[RecorderLog, InputTape]]:
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: INSTANTS[0][0]) as tape:
        yield log, tape


def _trade(settings: WhenceSettings, first: int, upto: int) -> None:
    with _session(settings) as (log, tape):
        TapedRun(log, tape, first).trade(first, upto)


def _replayed(settings: WhenceSettings) -> Replay:
    with closing(open_reader(settings)) as log:
        replay = Replay(log, AvroCodec(), taped_inputs(settings))
        for _ordinal in replay.steps():
            pass
        assert replay.difference is None
        assert replay.ordinal == log.head()
        return replay


@contextmanager
def _other_owner(settings: WhenceSettings) -> Generator[None]:
    """Takes the log over from its owner, as after a suspension."""
    address = parse_address(settings.log)
    assert isinstance(address, KafkaAddress)
    how = {"KAFKA_EXCLUSIVE": "true", "KAFKA_TAKE_OVER": "true"}
    rule = owners_rule(keys_of(settings), AvroCodec())
    factory = Factory(environment_of(address, {}, how, None), rule)
    factory.application_recorder()
    try:
        yield
    finally:
        factory.close()


def _inputs(settings: WhenceSettings) -> Sequence[TapedInput]:
    return list(taped_inputs(settings))


def test_sessions_with_a_stranger_between_them_are_made_again(
    settings: WhenceSettings, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    with pytest.raises(InvalidInput, match=r"no topic test\.[0-9a-f]+\.tape"):
        _inputs(settings)
    _trade(settings, 0, 100)
    stranger = Producer({"bootstrap.servers": kafka_bootstrap_servers})
    for number in range(100):
        stranger.produce(f"{kafka_topic}.tape", b"stranger %d" % number)
    stranger.flush(30)
    _trade(settings, 110, 260)
    assert _replayed(settings).sessions == 2


def test_a_stranger_s_batch_with_an_unknown_key_or_with_bytes_that_are_no_text_is_passed_over(
    settings: WhenceSettings, kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    _trade(settings, 0, 100)
    forged = Batch(1, 1, True, 0, 1, b"print", b"data", NO_SIGNATURE, b"k" * 24).packed
    stranger = Producer({"bootstrap.servers": kafka_bootstrap_servers})
    for value in (forged, forged.replace(b"whence", b"wh\xc2nce")):
        stranger.produce(f"{kafka_topic}.tape", value)
    stranger.flush(30)
    _trade(settings, 110, 260)
    assert _replayed(settings).sessions == 2
    with pytest.raises(KeyMissing, match="copy its file there"):
        _inputs(settings.model_copy(update={"keys": tmp_path / "other keys"}))


def test_an_owner_that_was_replaced_adds_nothing_to_the_tape(settings: WhenceSettings) -> None:
    with _session(settings) as (log, tape):
        run = TapedRun(log, tape, 0)
        before = len(_inputs(settings))
        with _other_owner(settings), pytest.raises(OwnershipLost):
            run.trade(0, 100)
    assert len(_inputs(settings)) == before


def test_a_topic_from_which_the_broker_removes_inputs_by_itself_is_warned_of(
    settings: WhenceSettings, kafka_bootstrap_servers: str, kafka_topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    topic = NewTopic(f"{kafka_topic}.tape", 1, 1, config={"retention.ms": "86400000"})
    made = admin.create_topics([topic])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - as above
    made[f"{kafka_topic}.tape"].result(30)
    _trade(settings, 0, 2)
    assert (
        f"{kafka_topic}.tape: the broker removes old inputs by itself (retention.ms=86400000)" in caplog.text
    )
    assert "--add-config retention.ms=-1,retention.bytes=-1" in caplog.text


def test_inputs_that_lead_to_nothing_are_on_the_tape_when_a_batch_is_full_and_at_the_end(
    settings: WhenceSettings,
) -> None:
    at = INSTANTS[0][0]
    with _session(settings) as (log, tape):
        TapedRun(log, tape, 0)
        for _number in range(1_500):
            tape.take(Tick(at))
        assert 1_000 <= len(_inputs(settings)) < 1_500
    inputs = _inputs(settings)
    assert isinstance(inputs[0].given, SessionBegun)
    assert len(inputs) > 1_500
    assert [one.number for one in inputs] == list(range(1, len(inputs) + 1))
