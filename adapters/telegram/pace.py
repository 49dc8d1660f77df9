"""The Bot API's limits of messages: 30 a second, one a second in a chat, 20 a minute in a group.

They are those of the Bot API's FAQ ("How can I avoid hitting limits?"). Edits count like messages.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` within any `seconds`."""

    calls: int
    seconds: float


OF_THE_BOT = Limit(30, 1.0)
OF_A_CHAT = Limit(1, 1.0)
OF_A_GROUP = Limit(20, 60.0)
_APART = 0.05
"""Seconds by which a call is later than the limit allows, because calls may arrive closer together than they begin."""


def is_group(chat: int) -> bool:
    """Whether a chat's id is that of a group, supergroup or channel."""
    return chat < 0


@dataclass
class _Window:
    """The times of the last calls under one limit."""

    limit: Limit
    calls: deque[float] = field(default_factory=deque[float])

    def opens(self) -> float:
        """The time from which one more call is within the limit."""
        return self.calls[0] + self.limit.seconds + _APART if len(self.calls) == self.limit.calls else 0.0

    def took(self, now: float) -> None:
        if len(self.calls) == self.limit.calls:
            self.calls.popleft()
        self.calls.append(now)

    def answered(self, now: float) -> None:
        if self.calls:
            self.calls[-1] = now


class Pace:
    """When the next message may be sent to a chat. Times are seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._bot = _Window(OF_THE_BOT)
        self._chats: defaultdict[int, _Window] = defaultdict(lambda: _Window(OF_A_CHAT))
        self._groups: defaultdict[int, _Window] = defaultdict(lambda: _Window(OF_A_GROUP))
        self._paused: dict[int, float] = {}

    def opens(self, chat: int) -> float:
        """The time from which a message to the chat is within the limits."""
        times = [self._bot.opens(), self._chats[chat].opens(), self._paused.get(chat, 0.0)]
        if is_group(chat):
            times.append(self._groups[chat].opens())
        return max(times)

    def took(self, chat: int, now: float) -> None:
        """A message was sent to the chat, or tried."""
        self._bot.took(now)
        self._chats[chat].took(now)
        if is_group(chat):
            self._groups[chat].took(now)

    def arrived(self, chat: int, now: float) -> None:
        """The call to the chat is answered. Its time counts from here, because Telegram counts when a call arrives."""
        self._chats[chat].answered(now)
        if is_group(chat):
            self._groups[chat].answered(now)

    def pause(self, chat: int, until: float) -> None:
        """No message is sent to the chat until this time."""
        self._paused[chat] = max(until, self._paused.get(chat, 0.0))
