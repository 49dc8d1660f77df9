"""The engine's end of the command topic: reads the requests of its account in order and answers each.

A record's offset is committed once the answer is durable. After a crash before that commit the record is read again.
The engine then recognises the command by its id and only repeats its answer.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from adapters.command_topic.largest import LARGEST
from adapters.command_topic.thread import LoopThread, Up
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import (
    ASK,
    SIGNATURE,
    Consumer,
    Producer,
    Record,
    after,
    ask_of,
    consuming,
    message_of,
    place_of,
    producing,
    signature_of,
)
from adapters.command_topic.wire import answer_bytes, id_in, read_request
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Message, Signer
from commands.door import Answer, Declined, Door, TimedOut
from commands.identity import RESERVED_ACTORS
from commands.request import Requested
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 1.0
"""The longest wait for the engine's answer before the request is repeated."""


Unread = Callable[[Record, str], None]


def _nobody(_record: Record, _reason: str) -> None:
    """Takes what cannot be read in a process that keeps no letters."""


class CommandConsumer:
    """Passes the requests of one account to the `Door` of the account's engine, in a separate thread.

    A request that nobody has signed with a key of this installation is refused: it is counted, answered with the
    reason, and kept in the topic of refused requests.
    """

    def __init__(
        self,
        place: CommandTopic,
        door: Door,
        account: str,
        keys: KeyFolder | None = None,
        unread: Unread = _nobody,
    ) -> None:
        """Creates missing topics. `keys` is by default this user's folder. `unread` gets every record that is no
        request, or that nobody has signed, with the reason; it must return at once and raise nothing.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._signer, self._unread = Signer(keys or KeyFolder()), unread
        place.ensure()
        self._place, self._door, self._account = place, door, account
        self._stopped = threading.Event()
        self._thread = LoopThread(f"the commands of {account} from {place.commands}", self._serve)

    def close(self) -> None:
        """Waits for the current request; requests without an answer are read again after the next start."""
        self._stopped.set()
        self._thread.close()

    async def _serve(self, up: Up) -> None:
        topic, group = self._place.commands, f"{self._place.commands}.{self._account}"
        async with producing(self._place) as producer:
            partitions = await producer.partitions_for(topic)
            async with consuming(self._place, topic, partitions, group) as commands:
                up()
                async for record in commands:
                    await self._done(record, producer, commands)

    async def _done(self, record: Record, producer: Producer, commands: Consumer) -> None:
        key = self._account.encode()
        if record.key == key:
            answer = answer_bytes(await self._answer(record, producer))
            ask = ask_of(record) or b""
            signature = self._signer.signature(Message(self._place.answers, key, ask, answer))
            headers = [*([(ASK, ask)] if ask else []), (SIGNATURE, signature)]
            await producer.send_and_wait(self._place.answers, answer, key=key, headers=headers)
        await commands.commit(after(record))

    async def _answer(self, record: Record, producer: Producer) -> Answer:
        try:
            self._signer.check(message_of(record), signature_of(record))
            requested = self._read(record)
        except (MarkRefused, KeyMissing) as fault:
            return await self._refuse(record, producer, fault)
        except InvalidInput as fault:
            _log.warning("the request in %s is declined: %s", place_of(record), fault)
            self._unread(record, str(fault))
            return Declined(id_in(record.value or b""), type(fault).__name__, str(fault))
        return await asyncio.to_thread(self._carried_out, requested)

    async def _refuse(self, record: Record, producer: Producer, fault: MarkRefused | KeyMissing) -> Answer:
        """Keeps the record with the reason and its place in the headers; returns the answer to it."""
        place = place_of(record)
        _log.error("alert: the request in %s is refused: %s", place, fault)
        self._unread(record, str(fault))
        headers = [*record.headers, ("refused", str(fault).encode()), ("place", place.encode())]
        value = (record.value or b"")[:LARGEST]
        await producer.send_and_wait(self._place.refused, value, key=record.key or b"", headers=headers)
        return Declined(id_in(value), type(fault).__name__, str(fault))

    def _read(self, record: Record) -> Requested:
        requested = read_request(record.value or b"")
        if requested.account != self._account:
            raise InvalidInput(
                f"its record has the account {self._account} as key, but the request is for {requested.account}"
            )
        if requested.role is None:
            raise InvalidInput("it does not state the role of its actor")
        if requested.actor.casefold() in RESERVED_ACTORS:
            raise InvalidInput(f"{requested.actor} is a reserved name, and no person's")
        return requested

    def _carried_out(self, requested: Requested) -> Answer:
        """The engine's answer. The request is repeated until it is answered; it is never carried out twice."""
        while True:
            answer = self._door.ask(requested, _PATIENCE_SECONDS)
            if not isinstance(answer, TimedOut):
                return answer
            if self._stopped.wait(_PATIENCE_SECONDS / 10):
                raise asyncio.CancelledError
