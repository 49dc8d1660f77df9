"""The door of an engine in another process: requests go into the command topic, answers come back by the other."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    KafkaError,
    MessageSizeTooLargeError,
)

from adapters.command_topic.thread import LoopThread, Up
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import ASK, Producer, Record, ask_of, consuming, producing
from adapters.command_topic.wire import read_answer, request_bytes
from commands.door import Answer, Declined, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput

_log = logging.getLogger(__name__)
_AGAIN = "asking again with the same key never does it twice"
_NOT_KNOWN = f"the request is not known to be durable: it may be lost, or be carried out yet; {_AGAIN}"


@dataclass(slots=True)
class _Pending:
    """One asking: its answer, and what is known of the request until then."""

    requested: Requested
    written: bytes
    answer: Future[Answer] = field(default_factory=Future[Answer])
    known: str = _NOT_KNOWN


class KafkaDoor:
    """A `commands.door.Door`; one thread with an event loop serves all who ask."""

    def __init__(self, place: CommandTopic) -> None:
        """Makes the topics where they are missing. Raises LogUnavailable, InvalidSettings."""
        place.ensure()
        self._place = place
        self._waiting: dict[bytes, _Pending] = {}
        self._producer: Producer | None = None
        self._thread = LoopThread(f"the door to {place.commands}", self._serve)

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`. What is durable in the topic is carried out until `valid_until`, by whichever engine comes."""
        until = monotonic() + patience
        try:
            asked = _Pending(requested, request_bytes(requested))
        except InvalidInput as fault:
            return Declined(requested.id, type(fault).__name__, str(fault))
        ask = uuid4().hex.encode()
        self._waiting[ask] = asked
        sending = self._thread.submit(self._send(ask, asked))
        try:
            return asked.answer.result(max(until - monotonic(), 0))
        except NotInTime:
            sending.cancel()
            return TimedOut(requested.id, asked.known)
        finally:
            del self._waiting[ask]

    def close(self) -> None:
        """Ends the thread; whoever waits still waits for their time. Idempotent."""
        self._thread.close()

    async def _serve(self, up: Up) -> None:
        topic = self._place.answers
        async with producing(self._place) as self._producer:
            partitions = await self._producer.partitions_for(topic)
            async with consuming(self._place, topic, partitions) as answers:
                up()
                async for record in answers:
                    self._take(record)

    async def _send(self, ask: bytes, asked: _Pending) -> None:
        assert self._producer is not None
        requested = asked.requested
        try:
            record = await self._producer.send_and_wait(
                self._place.commands, asked.written, key=requested.account.encode(), headers=[(ASK, ask)]
            )
        except MessageSizeTooLargeError:
            told = f"the topic takes no request of {len(asked.written):,} bytes"
            asked.answer.set_result(Declined(requested.id, InvalidInput.__name__, told))
        except KafkaError as fault:
            asked.known = f"{_NOT_KNOWN} ({fault})"
        else:
            asked.known = _durable(record, requested)

    def _take(self, record: Record) -> None:
        """Everybody's answers come here; those that nobody waits for here are somebody else's, or late."""
        asked = self._waiting.get(ask_of(record) or b"")
        if asked is None or asked.answer.done():
            return
        try:
            asked.answer.set_result(read_answer(record.value or b""))
        except InvalidInput as fault:
            where = f"{record.topic} partition {record.partition} at offset {record.offset}"
            _log.error("the answer in %s cannot be read: %s", where, fault)
            asked.known = (
                f"an engine has answered in {where}, in a form that this program does not know; {_AGAIN}"
            )


def _durable(record: Record, requested: Requested) -> str:
    return (
        f"the request is durable in {record.topic} partition {record.partition} at offset {record.offset}, and no "
        f"engine has answered yet; it may be carried out until {requested.valid_until.isoformat()}, never after; "
        f"{_AGAIN}"
    )
