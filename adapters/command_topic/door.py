"""The door of an engine in another process: sends requests to the command topic and reads the topic of answers.

An answer ends every attempt of its request that waits, also a later one than the attempt that it was written for. With
an identity for each attempt, an engine that is slower than a caller's patience would never be heard: each of its
answers would arrive after its attempt has timed out, and each further attempt would make the engine slower.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from time import monotonic

from aiokafka.errors import (  # pyright: ignore[reportMissingTypeStubs] - it has no stubs
    KafkaError,
    MessageSizeTooLargeError,
)

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
from adapters.command_topic.wire import read_answer, request_bytes
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Message, Signer
from commands.door import Answer, Declined, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_log = logging.getLogger(__name__)
_SECRET_BYTES = 32
_ASK_BYTES = 16
_AGAIN = "a repeated request with the same key is never carried out twice"
_NOT_KNOWN = f"the request is not known to be durable: it may be lost, or still be carried out; {_AGAIN}"


@dataclass(slots=True, eq=False)
class _Pending:
    """An attempt that waits for its answer. `known` is what a TimedOut reports if no answer arrives in time."""

    requested: Requested
    written: bytes
    answer: Future[Answer] = field(default_factory=Future[Answer])
    known: str = _NOT_KNOWN


class KafkaDoor:
    """A `commands.door.Door`; one thread with an event loop serves all callers."""

    def __init__(self, place: CommandTopic, keys: KeyFolder | None = None) -> None:
        """Creates missing topics. `keys` is the folder of keys, by default this user's; the newest key signs.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._signer = Signer(keys or KeyFolder())
        place.ensure()
        self._place, self._secret = place, token_bytes(_SECRET_BYTES)
        self._waiting: dict[bytes, set[_Pending]] = {}
        self._lock = Lock()
        self._producer: Producer | None = None
        self._thread = LoopThread(f"the door to {place.commands}", self._serve)

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`. Any engine that reads the topic before `valid_until` carries a durable request out."""
        until = monotonic() + patience
        try:
            pending = _Pending(requested, request_bytes(requested))
        except InvalidInput as fault:
            return Declined(requested.id, type(fault).__name__, str(fault))
        ask = self._ask(pending.written)
        with self._waits(ask, pending):
            sending = self._thread.submit(self._send(ask, pending))
            try:
                return pending.answer.result(max(until - monotonic(), 0))
            except NotInTime:
                sending.cancel()
                return TimedOut(requested.id, pending.known)

    def _ask(self, written: bytes) -> bytes:
        """The identity of this request of this door, the same for each of its attempts."""
        return blake2b(written, key=self._secret, digest_size=_ASK_BYTES).hexdigest().encode()

    @contextmanager
    def _waits(self, ask: bytes, pending: _Pending) -> Generator[None]:
        with self._lock:
            self._waiting.setdefault(ask, set()).add(pending)
        try:
            yield
        finally:
            with self._lock:
                attempts = self._waiting[ask]
                attempts.remove(pending)
                if not attempts:
                    del self._waiting[ask]

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

    async def _send(self, ask: bytes, pending: _Pending) -> None:
        assert self._producer is not None
        requested, topic = pending.requested, self._place.commands
        key = requested.account.encode()
        signature = self._signer.signature(Message(topic, key, ask, pending.written))
        try:
            record = await self._producer.send_and_wait(
                topic, pending.written, key=key, headers=[(ASK, ask), (SIGNATURE, signature)]
            )
        except MessageSizeTooLargeError:
            reason = f"the topic does not accept a request of {len(pending.written):,} bytes"
            pending.answer.set_result(Declined(requested.id, InvalidInput.__name__, reason))
        except KafkaError as fault:
            pending.known = f"{_NOT_KNOWN} ({fault})"
        else:
            pending.known = _durable(record, requested)

    def _take(self, record: Record) -> None:
        """Resolves the attempts of an answer's request. Answers for other processes and late answers are ignored."""
        with self._lock:
            attempts = [one for one in self._waiting.get(ask_of(record) or b"", ()) if not one.answer.done()]
        if not attempts:
            return
        where = place_of(record)
        try:
            self._signer.check(message_of(record), signature_of(record))
            answer = read_answer(record.value or b"")
        except (MarkRefused, KeyMissing) as fault:
            _log.error("alert: the answer in %s is refused: %s", where, fault)
        except InvalidInput as fault:
            _log.error("the answer in %s cannot be read: %s", where, fault)
            for one in attempts:
                one.known = (
                    f"an engine has answered in {where}, in a format that this program cannot read; {_AGAIN}"
                )
        else:
            for one in attempts:
                one.answer.set_result(answer)


def _durable(record: Record, requested: Requested) -> str:
    return (
        f"the request is durable in {place_of(record)}, and no engine has answered yet; it may be carried out until "
        f"{requested.valid_until.isoformat()}, never after; {_AGAIN}"
    )
