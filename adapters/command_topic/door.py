"""The door of an engine in another process: sends requests to the command topic and reads the topic of answers.

Where the engine is slower than a caller's patience, each of its answers arrives after its attempt has timed out, and
each further attempt makes the engine slower. So an answer also ends later attempts of its request (`attempts.py`).
"""

from __future__ import annotations

import logging
from concurrent.futures import TimeoutError as NotInTime
from time import monotonic

from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs] - it has no stubs
    KafkaError,
    MessageSizeTooLargeError,
)

from adapters.command_topic.attempts import Attempt, Attempts
from adapters.command_topic.thread import LoopThread, Up
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import (
    ASK,
    SIGNATURE,
    Producer,
    Record,
    ask_of,
    consuming,
    message_of,
    place_of,
    producing,
    signature_of,
)
from adapters.command_topic.wire import read_answer
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Message, Signer
from commands.door import Answer, Declined, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_log = logging.getLogger(__name__)
_AGAIN = "a repeated request with the same key is never carried out twice"
_NOT_KNOWN = f"the request is not known to be durable: it may be lost, or still be carried out; {_AGAIN}"


class KafkaDoor:
    """A `commands.door.Door`; one thread with an event loop serves all callers."""

    def __init__(self, place: CommandTopic, keys: KeyFolder | None = None) -> None:
        """Creates missing topics. `keys` is the folder of keys, by default this user's; the newest key signs.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._signer = Signer(keys or KeyFolder())
        place.ensure()
        self._place, self._attempts = place, Attempts()
        self._producer: Producer | None = None
        self._thread = LoopThread(f"the door to {place.commands}", self._serve)

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`. Any engine that reads the topic before `valid_until` carries a durable request out."""
        until = monotonic() + patience
        try:
            attempt = self._attempts.attempt(requested, _NOT_KNOWN)
        except InvalidInput as fault:
            return Declined(requested.id, type(fault).__name__, str(fault))
        with self._attempts.waits(attempt):
            if attempt.answer.done():
                return attempt.answer.result()
            sending = self._thread.submit(self._send(attempt))
            try:
                return attempt.answer.result(max(until - monotonic(), 0))
            except NotInTime:
                sending.cancel()
                return TimedOut(requested.id, attempt.known)

    def close(self) -> None:
        """Ends the thread. Each waiting caller gets a TimedOut when its `patience` ends. Idempotent."""
        self._thread.close()

    async def _serve(self, up: Up) -> None:
        topic = self._place.answers
        async with producing(self._place) as self._producer:
            partitions = await self._producer.partitions_for(topic)
            async with consuming(self._place, topic, partitions) as answers:
                up()
                async for record in answers:
                    self._take(record)

    async def _send(self, attempt: Attempt) -> None:
        assert self._producer is not None
        requested, topic, written = attempt.requested, self._place.commands, attempt.written
        key = requested.account.encode()
        signature = self._signer.signature(Message(topic, key, attempt.ask, written))
        try:
            record = await self._producer.send_and_wait(
                topic, written, key=key, headers=[(ASK, attempt.ask), (SIGNATURE, signature)]
            )
        except MessageSizeTooLargeError:
            reason = f"the topic does not accept a request of {len(written):,} bytes"
            self._attempts.take(attempt.ask, Declined(requested.id, InvalidInput.__name__, reason))
        except KafkaError as fault:
            attempt.known = f"{_NOT_KNOWN} ({fault})"
        else:
            attempt.known = _durable(record, requested)

    def _take(self, record: Record) -> None:
        """Takes an answer to a request of this door; those to other processes are passed over."""
        ask = ask_of(record) or b""
        if not self._attempts.is_known(ask):
            return
        where = place_of(record)
        try:
            self._signer.check(message_of(record), signature_of(record))
            answer = read_answer(record.value or b"")
        except (MarkRefused, KeyMissing) as fault:
            _log.error("alert: the answer in %s is refused: %s", where, fault)
        except InvalidInput as fault:
            _log.error("the answer in %s cannot be read: %s", where, fault)
            self._attempts.unread(
                ask, f"an engine has answered in {where}, in a format that this program cannot read; {_AGAIN}"
            )
        else:
            self._attempts.take(ask, answer)


def _durable(record: Record, requested: Requested) -> str:
    return (
        f"the request is durable in {place_of(record)}, and no engine has answered yet; it may be carried out until "
        f"{requested.valid_until.isoformat()}, never after; {_AGAIN}"
    )
