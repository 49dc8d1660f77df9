"""Follows a bot's updates by long polling (`getUpdates`), and confirms those that were taken up."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from adapters.telegram.bot import BotApi
from adapters.telegram.faults import BotFault, CallRefused, MustWait, OtherPoller, WrongToken
from adapters.telegram.update import Update

_log = logging.getLogger(__name__)

POLL_SECONDS: Final = 25
"""How long a call waits for the first update."""
_GAP_SECONDS: Final = POLL_SECONDS + 15.0
"""Updates after a longer time without an answer were sent while the bot could not be reached."""
_REMEMBERED: Final = 1_000
"""So many ids of updates are remembered, because an update may arrive twice."""
_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class NotTakenUp(Exception):
    """The update has to arrive again: what it demands could not be done yet."""


Take = Callable[[Update, bool], Awaitable[None]]
"""Takes an update up. True: it was sent while the bot could not be reached. Raises NotTakenUp."""


class Intake:
    """Passes each update on once, in the order of their ids; safe against updates that arrive twice."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._taken: deque[int] = deque(maxlen=_REMEMBERED)

    async def take(self, updates: Iterable[Update], *, are_late: bool) -> int | None:
        """Takes the updates up; returns the id up to which all are; None where the first one is not."""
        confirmed: int | None = None
        is_whole = True
        for update in sorted(updates, key=lambda one: one.id):
            is_whole = await self._is_taken(update, is_late=are_late) and is_whole
            confirmed = update.id if is_whole else confirmed
        return confirmed

    async def _is_taken(self, update: Update, *, is_late: bool) -> bool:
        if update.id in self._taken:
            return True
        try:
            await self._take(update, is_late)
        except NotTakenUp as fault:
            _log.warning("update %d is taken up later: %s", update.id, fault)
            return False
        self._taken.append(update.id)
        return True


async def poll(
    api: BotApi, intake: Intake, seconds: int = POLL_SECONDS, *, only_waiting: bool = False
) -> None:
    """Follows the updates until it is cancelled, or with `only_waiting` until none waits. Raises WrongToken and
    CallRefused.

    What waits at its start was sent before, and is late.
    """
    loop = asyncio.get_running_loop()
    after, failed, heard, is_behind = None, 0, loop.time(), True
    while is_behind or not only_waiting:
        try:
            updates = await api.updates(after, 0 if is_behind else seconds)
        except (WrongToken, CallRefused):
            raise
        except BotFault as fault:
            await asyncio.sleep(_pause(fault, failed))
            failed += 1
            continue
        failed, now = 0, loop.time()
        are_late = is_behind or now - heard > _GAP_SECONDS
        is_behind, heard = is_behind and bool(updates), now
        confirmed = await intake.take(updates, are_late=are_late)
        after = after if confirmed is None else confirmed
        if updates and confirmed != max(one.id for one in updates):
            await asyncio.sleep(_WAITS[0])


def _pause(fault: BotFault, failed: int) -> float:
    level = logging.ERROR if isinstance(fault, OtherPoller) else logging.WARNING
    _log.log(level, "updates wait: %s", fault)
    return fault.seconds if isinstance(fault, MustWait) else _WAITS[min(failed, len(_WAITS) - 1)]
