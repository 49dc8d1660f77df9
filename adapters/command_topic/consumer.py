"""The engine's end of the command topic: reads the requests of its account in order and answers each.

A record's offset is committed once the answer is durable. After a crash before that commit the record is read again.
The engine then recognises the command by its id and only repeats its answer.
"""

from __future__ import annotations

import asyncio
import logging
import threading

from adapters.command_topic.thread import LoopThread, Up
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import ASK, Consumer, Producer, Record, after, ask_of, consuming, producing
from adapters.command_topic.wire import answer_bytes, id_in, read_request
from commands.door import Answer, Declined, Door, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 1.0
"""The longest wait for the engine's answer before the request is repeated."""


class CommandConsumer:
    """Passes the requests of one account to the `Door` of the account's engine, in a separate thread."""

    def __init__(self, place: CommandTopic, door: Door, account: str) -> None:
        """Creates missing topics. Raises LogUnavailable, InvalidSettings."""
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
            answer = answer_bytes(await self._answer(record))
            ask = ask_of(record)
            headers = [] if ask is None else [(ASK, ask)]
            await producer.send_and_wait(self._place.answers, answer, key=key, headers=headers)
        await commands.commit(after(record))

    async def _answer(self, record: Record) -> Answer:
        try:
            requested = self._read(record)
        except InvalidInput as fault:
            _log.warning(
                "the request in %s partition %d at offset %d is declined: %s",
                record.topic,
                record.partition,
                record.offset,
                fault,
            )
            return Declined(id_in(record.value or b""), type(fault).__name__, str(fault))
        return await asyncio.to_thread(self._carried_out, requested)

    def _read(self, record: Record) -> Requested:
        requested = read_request(record.value or b"")
        if requested.account != self._account:
            raise InvalidInput(
                f"its record has the account {self._account} as key, but the request is for {requested.account}"
            )
        return requested

    def _carried_out(self, requested: Requested) -> Answer:
        """The engine's answer. The request is repeated until it is answered; it is never carried out twice."""
        while True:
            answer = self._door.ask(requested, _PATIENCE_SECONDS)
            if not isinstance(answer, TimedOut):
                return answer
            if self._stopped.wait(_PATIENCE_SECONDS / 10):
                raise asyncio.CancelledError
