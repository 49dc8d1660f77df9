"""Both ends of the command topic on a real broker, with the real engine behind one of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from threading import Semaphore
from uuid import UUID

import pytest
from confluent_kafka import Consumer, IsolationLevel, Producer, TopicPartition

from adapters.command_topic.consumer import CommandConsumer
from adapters.command_topic.door import KafkaDoor
from adapters.command_topic.largest import LARGEST
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import ASK, SIGNATURE, Record
from adapters.command_topic.wire import answer_bytes, request_bytes
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.record import headers_in
from adapters.kafka.topic_table import ANSWERS, COMMANDS, REFUSED
from adapters.marks.key import Key
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Message, Signer
from commands.door import Answer, Completed, Declined, EventNamed, TimedOut
from commands.request import ChangeSettings, PauseStrategy, Request, Requested, TripKillSwitch
from commands.roles import Role
from domain.errors import InvalidSettings, LogUnavailable
from infra.servers.kafka import KafkaBroker
from tests.adapters.graphql.dealing import EngineDoor
from tests.adversary.waiting import until
from tests.commands.requests.asking import Asking
from tests.domain.history import ACCOUNT
from tests.replacing import replace

_PATIENCE = 20.0


class Scene:
    """A client's door and an engine's consumer, both in this process."""

    def __init__(self, place: CommandTopic) -> None:
        self.place, self.asking = place, Asking()
        self.engine = EngineDoor(self.asking)
        self.door = KafkaDoor(place)
        self.unread: list[tuple[int, bytes, str]] = []
        self.consumer = CommandConsumer(place, self.engine, ACCOUNT, unread=self.keep)

    def keep(self, record: Record, reason: str) -> None:
        self.unread.append((record.offset, record.value or b"", reason))

    def requested(self, request: Request, key: str, **changed: str) -> Requested:
        until = self.asking.desk.at + timedelta(minutes=1)
        return Requested(
            id=key,
            account=changed.get("account", ACCOUNT),
            actor=changed.get("actor", "tess"),
            valid_until=until,
            request=request,
            role=Role.named(changed.get("role", "admin")),
        )

    def ask(self, request: Request, key: str, patience: float = _PATIENCE) -> Answer:
        return self.door.ask(self.requested(request, key), patience)

    def send(self, value: bytes, key: str = ACCOUNT) -> None:
        """Sends a record that is signed with a key of this installation, as a foreign version of the program could."""
        message = Message(self.place.commands, key.encode(), b"", value)
        self.forge(value, [(SIGNATURE, Signer(KeyFolder()).signature(message))], key)

    def forge(self, value: bytes, headers: Sequence[tuple[str, bytes]], key: str = ACCOUNT) -> None:
        """Sends a record with these headers, as a foreign producer could."""
        producer = Producer({"bootstrap.servers": self.place.servers, "message.max.bytes": 4 * LARGEST})
        producer.produce(
            self.place.commands, value, key, headers=list[tuple[str, str | bytes | None]](headers)
        )
        assert producer.flush(_PATIENCE) == 0

    def close(self) -> None:
        self.door.close()
        self.consumer.close()


@pytest.fixture
def scene(kafka_bootstrap_servers: str, kafka_topic: str) -> Iterator[Scene]:
    scene = Scene(CommandTopic(kafka_bootstrap_servers, kafka_topic))
    yield scene
    scene.close()


def test_the_topics_are_created_with_the_required_settings(scene: Scene) -> None:
    clients = Clients(ClientSettings({"bootstrap.servers": scene.place.servers}), _PATIENCE)
    for row in (COMMANDS, ANSWERS, REFUSED):
        found = clients.admin.settings(row.name(scene.place.events))
        assert found is not None
        assert {name: found[name] for name in row.required} == row.required
    assert int(COMMANDS.required["max.message.bytes"]) >= 4 * LARGEST


def test_unreadable_records_are_declined_and_later_requests_are_answered(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    good = request_bytes(scene.requested(TripKillSwitch("why"), "k0", account="other"))
    poison = [
        b"",
        b"\xff\xfe",
        json.dumps({**json.loads(good), "version": 3}).encode(),
        json.dumps({**json.loads(good), "kind": "Transfer"}).encode(),
        good,
        b"[" * (2 * LARGEST),
    ]
    with caplog.at_level(logging.WARNING, "adapters.command_topic"):
        for value in poison:
            scene.send(value)
        answer = scene.ask(PauseStrategy("trend", "news"), "k1")
    assert isinstance(answer, Completed)
    assert [requested.id for requested in scene.engine.received] == ["k1"]
    declined = [record.getMessage() for record in caplog.records if "is declined" in record.getMessage()]
    assert len(declined) == len(poison)
    assert [(at, value) for at, value, _ in scene.unread] == list(enumerate(poison))
    for offset, (line, reason) in enumerate(
        zip(
            declined,
            (
                "not JSON",
                "not JSON",
                "version 3",
                "not a kind",
                f"has the account {ACCOUNT} as key, but the request is for other",
                "bytes long",
            ),
            strict=True,
        )
    ):
        assert f"partition 0 at offset {offset} is declined" in line
        assert reason in line


def _copied(scene: Scene) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The value and the headers of a genuine record, which everybody who reads the topic has."""
    assert isinstance(scene.ask(PauseStrategy("trend", "news"), "k0"), Completed)
    with _consumer(scene.place.commands, scene.place.servers) as consumer:
        record = consumer.consume(1, _PATIENCE)[0]
    return record.value() or b"", headers_in(record)


def test_a_request_without_a_valid_signature_is_refused_counted_and_kept(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    sent = scene.requested(TripKillSwitch("forged"), "forged", role="admin")
    value, headers = _copied(scene)
    other = Key(bytes(32))
    forged = request_bytes(sent)
    message = Message(scene.place.commands, ACCOUNT.encode(), b"", forged)
    ask = (ASK, b"mine")
    attacks = [
        (forged, [ask]),
        (forged, [ask, (SIGNATURE, b"")]),
        (forged, [ask, (SIGNATURE, bytes(24))]),
        (forged, [ask, *headers]),
        (forged, [ask, (SIGNATURE, other.id + other.code(b"x"))]),
        (value.replace(b'"tess"', b'"root"'), headers),
        (value, [ask, (SIGNATURE, Signer(KeyFolder()).signature(message))]),
    ]
    with caplog.at_level(logging.ERROR, "adapters.command_topic"):
        for attack in attacks:
            scene.forge(*attack)
        assert isinstance(scene.ask(TripKillSwitch("mine"), "k9"), Completed)
    assert [requested.id for requested in scene.engine.received] == ["k0", "k9"]
    assert [value for _, value, _ in scene.unread] == [value for value, _ in attacks]
    assert sum("is refused" in record.getMessage() for record in caplog.records) == len(attacks)
    with _consumer(scene.place.refused, scene.place.servers) as consumer:
        kept = consumer.consume(len(attacks), _PATIENCE)
    assert [record.value() for record in kept] == [value for value, _ in attacks]


def test_an_answer_without_a_valid_signature_is_not_believed(scene: Scene) -> None:
    """The engine's consumer is closed, so only the forged answer could arrive."""
    scene.consumer.close()
    producer = Producer({"bootstrap.servers": scene.place.servers})
    with ThreadPoolExecutor(1) as thread, _consumer(scene.place.commands, scene.place.servers) as commands:
        waiting = thread.submit(scene.ask, TripKillSwitch("why"), "k1", 3.0)
        record = commands.consume(1, _PATIENCE)[0]
        ask = dict(headers_in(record))[ASK]
        answer = answer_bytes(Completed("k1", ()))
        producer.produce(scene.place.answers, answer, ACCOUNT, headers=[(ASK, ask)])
        assert producer.flush(_PATIENCE) == 0
        assert isinstance(waiting.result(_PATIENCE), TimedOut)


@pytest.mark.parametrize(
    ("request_", "changed", "code", "reason"),
    [
        (TripKillSwitch("why"), {"role": "viewer"}, "NotAllowed", "needs the role trader"),
        (
            ChangeSettings({"risk.max_positions": "9"}),
            {"role": "trader"},
            "NotAllowed",
            "needs the role admin",
        ),
        (TripKillSwitch("why"), {"actor": "engine"}, "InvalidInput", "engine is a reserved name"),
        (TripKillSwitch("why"), {"actor": "SYSTEM"}, "InvalidInput", "SYSTEM is a reserved name"),
        (TripKillSwitch("why"), {"actor": "anonymous"}, "InvalidInput", "anonymous is a reserved name"),
    ],
)
def test_a_signed_request_of_too_low_a_role_or_of_a_reserved_name_is_declined(
    scene: Scene, request_: Request, changed: dict[str, str], code: str, reason: str
) -> None:
    answer = scene.door.ask(scene.requested(request_, "k1", **changed), _PATIENCE)
    assert isinstance(answer, Declined)
    assert (answer.code, reason in answer.reason) == (code, True), answer


def test_a_signed_request_without_a_role_is_declined(scene: Scene) -> None:
    requested = replace(scene.requested(TripKillSwitch("why"), "k1"), role=None)
    answer = scene.door.ask(requested, _PATIENCE)
    assert isinstance(answer, Declined)
    assert (answer.code, "does not state the role" in answer.reason) == ("InvalidInput", True)


@contextmanager
def _consumer(topic: str, servers: str) -> Generator[Consumer]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        yield consumer
    finally:
        consumer.close()


def test_a_request_of_another_account_is_left_to_its_engine(scene: Scene) -> None:
    scene.send(request_bytes(scene.requested(TripKillSwitch("why"), "theirs", account="other")), key="other")
    assert isinstance(scene.ask(TripKillSwitch("why"), "ours"), Completed)
    assert [requested.id for requested in scene.engine.received] == ["ours"]
    foreign = scene.door.ask(scene.requested(TripKillSwitch("why"), "k2", account="other"), 0.5)
    assert isinstance(foreign, TimedOut)


def test_a_request_that_is_too_large_is_declined_by_its_sender(scene: Scene) -> None:
    answer = scene.ask(TripKillSwitch("x" * LARGEST), "k1")
    assert isinstance(answer, Declined)
    assert (answer.code, "bytes long" in answer.reason) == ("InvalidInput", True)
    assert scene.engine.received == []


def test_an_expired_request_is_declined_and_not_carried_out(scene: Scene) -> None:
    requested = scene.requested(TripKillSwitch("why"), "k1")
    scene.asking.desk.at += timedelta(hours=1)
    answer = scene.door.ask(requested, _PATIENCE)
    assert isinstance(answer, Declined)
    assert answer.code == "Expired"
    in_time = scene.ask(TripKillSwitch("why"), "k1")
    assert isinstance(in_time, Completed)
    assert not in_time.repeated


def test_each_of_many_callers_gets_its_own_answer(scene: Scene) -> None:
    def ask(n: int) -> tuple[str, Answer]:
        key = f"k{n}"
        return key, scene.ask(ChangeSettings({"risk.cooldown_seconds": str(n + 1)}), key)

    with ThreadPoolExecutor(8) as threads:
        for key, answer in threads.map(ask, range(40)):
            assert isinstance(answer, Completed), answer
            assert answer.command_id == key
            assert not answer.repeated


class OneAtATime:
    """An engine that answers a request for each permission, and has nothing to return before."""

    def __init__(self) -> None:
        self.permitted = Semaphore(0)
        self.events: Sequence[EventNamed] = ()

    def ask(self, requested: Requested, patience: float) -> Answer:
        if self.permitted.acquire(timeout=patience):
            return Completed(requested.id, self.events)
        return TimedOut(requested.id, "no permission yet")


def test_an_answer_to_an_attempt_that_has_timed_out_ends_the_next_attempt_of_the_same_request(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """Otherwise an engine that is always slower than the caller's patience would never be heard."""
    place, engine = CommandTopic(kafka_bootstrap_servers, kafka_topic), OneAtATime()
    with (
        closing(KafkaDoor(place)) as door,
        closing(CommandConsumer(place, engine, ACCOUNT)),
        ThreadPoolExecutor(2) as threads,
    ):
        request = _requested("k1")
        until(
            lambda: "is durable" in _known(door.ask(request, 1)),
            "an attempt that is durable and has timed out",
        )
        before = _written(place)
        again = [threads.submit(door.ask, request, _PATIENCE) for _ in range(2)]
        until(lambda: _written(place) == before + 2, "two more attempts that are durable")
        engine.permitted.release()
        answers = [one.result() for one in again]
        assert all(isinstance(one, Completed) and one.command_id == "k1" for one in answers), answers


def test_what_was_carried_out_after_an_attempt_had_timed_out_is_the_answer_to_its_key_with_a_new_limit(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """A sender of HTTP sets a new limit each time. Here the engine answers the first attempt, and no other one."""
    place, engine = CommandTopic(kafka_bootstrap_servers, kafka_topic), OneAtATime()
    engine.events = [EventNamed(ordinal=7, event_id=UUID(int=7), stream="main", type="StrategyPaused")]
    with closing(KafkaDoor(place)) as door, closing(CommandConsumer(place, engine, ACCOUNT)):
        request = _requested("k1")
        until(
            lambda: "is durable" in _known(door.ask(request, 1)),
            "an attempt that is durable and has timed out",
        )
        engine.permitted.release()
        again = replace(request, valid_until=request.valid_until + timedelta(seconds=8))
        assert door.ask(again, _PATIENCE) == Completed("k1", engine.events, repeated=True)


def _requested(key: str) -> Requested:
    until = datetime.now(UTC) + timedelta(minutes=1)
    pause = PauseStrategy("trend", "news")
    return Requested(id=key, account=ACCOUNT, actor="tess", valid_until=until, request=pause, role=Role.ADMIN)


def _known(answer: Answer) -> str:
    assert isinstance(answer, TimedOut), answer
    return answer.known


def _written(place: CommandTopic) -> int:
    clients = Clients.of_cluster(place.servers, {}, _PATIENCE)
    return clients.end_of(TopicPartition(place.commands, 0), IsolationLevel.READ_COMMITTED)


def test_a_missing_broker_is_reported_as_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.command_topic.topic_names._ANSWER_SECONDS", 0.5)
    with pytest.raises(LogUnavailable):
        KafkaDoor(CommandTopic("127.0.0.1:1", "whence.events"))


def test_an_unsupported_security_setting_is_refused() -> None:
    place = CommandTopic("127.0.0.1:1", "whence.events", {"ssl.keystore.location": "x", "client.rack": "a"})
    with pytest.raises(InvalidSettings, match=r"kafka\.ssl\.keystore\.location is not supported"):
        place.aiokafka()


def test_a_login_is_passed_to_the_client_and_redacted() -> None:
    login = {"security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", "sasl.password": "hunter2"}
    place = CommandTopic("127.0.0.1:1", "whence.events", login)
    assert place.aiokafka() == {
        "bootstrap_servers": "127.0.0.1:1",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_password": "hunter2",
    }
    assert "hunter2" not in repr(place)


def test_a_request_without_a_broker_times_out_and_is_answered_after_the_restart(
    private_broker: KafkaBroker,
) -> None:
    scene = Scene(CommandTopic(private_broker.url, "whence.events"))
    assert isinstance(scene.ask(TripKillSwitch("why"), "k1"), Completed)
    private_broker.stop()
    away = scene.ask(PauseStrategy("trend", "news"), "k2", patience=1)
    assert isinstance(away, TimedOut)
    assert "not known to be durable" in away.known
    private_broker.start()
    back = scene.ask(PauseStrategy("trend", "news"), "k2", patience=30)
    assert isinstance(back, Completed)
    paused = scene.asking.desk.world.portfolio.settings.settings.paused
    assert paused == ("trend",)
    scene.close()
