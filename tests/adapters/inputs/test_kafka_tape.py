"""The tape of a log on Kafka: in the transactions of the units, with strangers, a second owner, and retention."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from adapters.avro import AvroCodec
from adapters.inputs.batch import NO_SIGNATURE, Batch, TapedInput
from adapters.inputs.kafka import read_kafka
from adapters.kafka import Factory
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.log.address import KafkaAddress, parse_address
from adapters.log.kafka import environment_of, owners_rule
from adapters.log.recorder_log import RecorderLog
from commands.input_tape import InputTape, SessionBegun
from commands.inputs import Tick
from domain.errors import InvalidInput, KeyMissing, LogCorrupt, OwnershipLost
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


def test_copies_of_batches_in_the_topic_are_named_and_passed_over_by_the_next_session_and_by_a_replay(
    settings: WhenceSettings, kafka_bootstrap_servers: str, kafka_topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Before, the next session went on after the copy, so that no replay could follow it any more."""
    tape = f"{kafka_topic}.tape"
    other = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.other.events"
    _trade(settings, 0, 40)
    _trade(settings.model_copy(update={"log": other}), 0, 60)
    batches = records(kafka_bootstrap_servers, tape)
    foreign = records(kafka_bootstrap_servers, f"{kafka_topic}.other.tape")
    copied = [batches[2], batches[-1], batches[0], batches[3], foreign[0], foreign[-1]]
    add(kafka_bootstrap_servers, tape, copied)
    _trade(settings, 50, 90)
    add(kafka_bootstrap_servers, tape, batches[1:3])
    caplog.clear()
    assert _replayed(settings).sessions == 2
    numbers = [one.number for one in _inputs(settings)]
    assert numbers == list(range(1, len(numbers) + 1))
    named = [one for one in caplog.messages if "is passed over: a batch of the inputs" in one]
    assert len(named) == 2 * (len(copied) + 2), "both readings name each"
    assert f"{tape}: records of others that were passed over, because the tape goes on without them: 8" in (
        caplog.messages
    )


def test_a_batch_that_is_missing_in_the_topic_is_refused_by_the_inputs_after_it(
    settings: WhenceSettings, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    _trade(settings, 0, 40)
    batches = records(kafka_bootstrap_servers, f"{kafka_topic}.tape")
    cut = f"{kafka_topic}.cut"
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    made = admin.create_topics([NewTopic(f"{cut}.tape", 1, 1)])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - the stubs leave it untyped
    made[f"{cut}.tape"].result(30)
    add(kafka_bootstrap_servers, f"{cut}.tape", [*batches[:4], *batches[5:]])
    address = parse_address(f"kafka://{kafka_bootstrap_servers}/{cut}.events")
    assert isinstance(address, KafkaAddress)
    with pytest.raises(LogCorrupt, match=r"the inputs [0-9]+ to [0-9]+ do not follow on input [0-9]+"):
        list(read_kafka(address, {}, keys_of(settings)))


def records(servers: str, topic: str) -> list[bytes]:
    """The values of the committed records of a topic."""
    clients = Clients(ClientSettings({"bootstrap.servers": servers}), 30)
    partition = TopicPartition(topic, 0)
    with PartitionConsumer(clients, partition, BULK) as consumer:
        consumer.go_to(0)
        batches = consumer.until(clients.end_of(partition, IsolationLevel.READ_COMMITTED))
        return [message.value() or b"" for messages, _ in batches for message in messages]


def add(servers: str, topic: str, values: Sequence[bytes]) -> None:
    """Writes records as a stranger does."""
    stranger = Producer({"bootstrap.servers": servers})
    for value in values:
        stranger.produce(topic, value)
    stranger.flush(30)


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
