"""A run on Kafka keeps what strangers write to its topics as dead letters, and a retry says what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import count
from threading import Event
from time import monotonic

import pytest
from confluent_kafka import Producer

from adapters.command_topic.topic_names import CommandTopic
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.mailbox import Mailbox
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.logs import open_owned
from infra.run.commanding import commands_served
from infra.run.letters import letters_kept
from infra.run.retrying import retried
from tests.adapters.dead_letters.lettering import NOON, ODD
from tests.adapters.log.days import day, opened

_PATIENCE = 60.0


class Run:
    """The parts of a run that meet strangers: the log, the command topic, the keeper of letters."""

    def __init__(self, servers: str, topic: str, held: ExitStack) -> None:
        self.servers, self.topic = servers, topic
        self.settings = WhenceSettings(log=f"kafka://{servers}/{topic}", account="main")
        self.log = held.enter_context(closing(open_owned(self.settings)))
        self.log.append([opened()])
        self.days = count(1)
        self.letters = held.enter_context(closing(open_letters(self.settings)))

    def produce(self, topic: str, value: bytes, key: str, *headers: tuple[str, bytes]) -> None:
        producer = Producer({"bootstrap.servers": self.servers})
        producer.produce(topic, value, key, 0, headers=list[tuple[str, str | bytes | None]](headers))
        assert producer.flush(20) == 0

    def trade(self) -> None:
        """Appends an event, as an engine does, which then sees what strangers wrote before it."""
        self.log.append([day("account-main", next(self.days))])

    def awaited(self, number: int) -> Sequence[DeadLetter]:
        """The letters, once there are so many."""
        pause, until = Event(), monotonic() + _PATIENCE
        while len(found := self.letters.letters()) < number and monotonic() < until:
            pause.wait(0.05)
        return found


@pytest.fixture
def run(kafka_bootstrap_servers: str, kafka_topic: str) -> Iterator[Run]:
    with ExitStack() as held:
        yield Run(kafka_bootstrap_servers, kafka_topic, held)


def test_records_and_requests_of_strangers_are_letters_with_their_bytes_also_while_nothing_is_recorded(
    run: Run,
) -> None:
    commands = CommandTopic(run.servers, run.topic).commands
    with letters_kept(run.settings, run.log) as keeper, commands_served(run.settings, Mailbox(), keeper):
        run.produce(run.topic, ODD, "account-main", ("ce_sequence", b"7"), ("ce_type", b"x"))
        run.produce(commands, b"not signed", "main")
        found = run.awaited(2)
    by_source = {one.source: one for one in found}
    record, request = by_source[LetterSource.RECORD], by_source[LetterSource.COMMAND]
    assert (run.letters.original(record.id), run.letters.original(request.id)) == (ODD, b"not signed")
    assert record.place.startswith(f"{run.topic}[0]@")
    assert (request.place, "not signed" in request.reason) == (f"{commands}[0]@0", True)


def test_a_later_run_keeps_no_record_twice(run: Run) -> None:
    run.produce(run.topic, ODD, "account-main")
    run.trade()
    for _ in range(2):
        with letters_kept(run.settings, run.log):
            assert len(run.awaited(1)) == 1


def test_a_retry_of_a_stranger_s_record_or_request_is_in_vain_and_ends_after_three(run: Run) -> None:
    commands = CommandTopic(run.servers, run.topic).commands
    with letters_kept(run.settings, run.log) as keeper, commands_served(run.settings, Mailbox(), keeper):
        run.produce(run.topic, ODD, "account-main")
        run.produce(commands, b"{}", "main")
        run.trade()
        found = run.awaited(2)
    for letter in found:
        after = [retried(run.settings, run.letters, letter.id, NOON, "tess") for _ in range(3)]
        assert [one.state for one in after] == [LetterState.RETRIED] * 2 + [LetterState.PERMANENT]
        assert all(one.note for one in after)
        with pytest.raises(Refused, match="is PERMANENT"):
            retried(run.settings, run.letters, letter.id, NOON, "tess")
