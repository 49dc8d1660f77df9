"""What waits to be sent, and what is sent next: a decision without I/O, at a time that the caller gives.

A chat has one call in flight. Its order is: HIGH alerts and the chat's screen in turn, then MEDIUM, then LOW; within a
level the order of arrival. From `BACKLOG` waiting alerts of MEDIUM or LOW on, a digest carries them, apart from those
that are sent alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from adapters.telegram.alert import Alert, Digest
from adapters.telegram.content import Content
from adapters.telegram.level import Level
from adapters.telegram.pace import Pace

BACKLOG = 4
"""From this number on, waiting alerts of one level below HIGH share a message."""
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds until the next attempt after each lost answer; the last one applies to all later attempts."""


@dataclass(frozen=True, slots=True)
class ScreenUpdate:
    """The chat's screen. `message` is edited; with None a new message is sent. `replaces` is removed then.

    `number` grows from screen to screen, and its receipt has it: what a later screen shows has not arrived with it.
    """

    content: Content
    message: int | None
    replaces: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Sending:
    """One call: a screen, or a message of one or several alerts of a level."""

    chat: int
    content: Content
    alerts: tuple[Alert, ...] = ()
    screen: ScreenUpdate | None = None


@dataclass
class _Chat:
    alerts: Mapping[Level, deque[Alert]] = field(
        default_factory=lambda: {one: deque[Alert]() for one in Level}
    )
    screen: ScreenUpdate | None = None
    in_flight: Sending | None = None
    lost: int = 0
    doubtful: set[str] = field(default_factory=set[str])
    was_high: bool = False

    def urgency(self) -> int | None:
        """How urgent its next call is; None where nothing waits."""
        if self.in_flight is not None:
            return None
        if self.alerts[Level.HIGH] or self.screen is not None:
            return Level.HIGH
        return next((level for level in (Level.MEDIUM, Level.LOW) if self.alerts[level]), None)


class Outbox:
    """The queues of all chats."""

    def __init__(self, pace: Pace, digest: Digest) -> None:
        self._pace, self._digest = pace, digest
        self._chats: dict[int, _Chat] = {}

    @property
    def waiting(self) -> int:
        """How many alerts wait, those in flight included."""
        return sum(
            sum(map(len, chat.alerts.values())) + (len(chat.in_flight.alerts) if chat.in_flight else 0)
            for chat in self._chats.values()
        )

    def add(self, chat: int, alert: Alert) -> None:
        """An alert for the chat."""
        self._chat(chat).alerts[alert.level].append(alert)

    def show(self, chat: int, screen: ScreenUpdate) -> None:
        """The chat's screen; one that still waits is never sent, because it is old."""
        self._chat(chat).screen = screen

    def next(self, now: float) -> Sending | None:
        """The most urgent call that is within the limits now; it is in flight from now on."""
        open_ = [
            (-urgency, self._pace.opens(name), name)
            for name, chat in self._chats.items()
            if (urgency := chat.urgency()) is not None and self._pace.opens(name) <= now
        ]
        if not open_:
            return None
        name = min(open_)[2]
        chat = self._chats[name]
        chat.in_flight = self._taken(name, chat)
        self._pace.took(name, now)
        return chat.in_flight

    def opens(self) -> float | None:
        """The time from which `next` returns a call; None while nothing waits."""
        waits = (self._pace.opens(name) for name, chat in self._chats.items() if chat.urgency() is not None)
        return min(waits, default=None)

    def done(self, sending: Sending, now: float) -> None:
        """The call is over: it arrived, or never will."""
        chat = self._chats[sending.chat]
        self._pace.arrived(sending.chat, now)
        chat.in_flight, chat.lost = None, 0
        chat.doubtful.difference_update(alert.id for alert in sending.alerts)

    def again(self, sending: Sending, now: float, *, seconds: float | None = None) -> None:
        """The call is made again, before what came later. `seconds` is when Telegram accepts it; None where the answer
        was lost, which is marked and waits longer each time."""
        chat = self._chats[sending.chat]
        if seconds is None:
            seconds = _WAITS[min(chat.lost, len(_WAITS) - 1)]
            chat.lost += 1
            chat.doubtful.update(alert.id for alert in sending.alerts)
        self._pace.arrived(sending.chat, now)
        self._pace.pause(sending.chat, now + seconds)
        chat.in_flight = None
        self._put_back(chat, sending)

    def move(self, old: int, new: int) -> None:
        """The chat has another id. What waits under the new one already comes after what waited under the old one."""
        chat = self._chats.pop(old)
        if chat.in_flight is not None:
            self._put_back(chat, chat.in_flight)
            chat.in_flight = None
        known = self._chats.setdefault(new, chat)
        if known is chat:
            return
        for level, waiting in chat.alerts.items():
            known.alerts[level].extendleft(reversed(waiting))
        known.doubtful |= chat.doubtful
        known.screen = known.screen or chat.screen

    def drop(self, chat: int) -> Sequence[Alert]:
        """Removes and returns what waits for a chat that accepts nothing."""
        gone = self._chats.pop(chat)
        flying: Iterable[Alert] = gone.in_flight.alerts if gone.in_flight else ()
        return [*flying, *(alert for level in reversed(Level) for alert in gone.alerts[level])]

    def _chat(self, name: int) -> _Chat:
        return self._chats.setdefault(name, _Chat())

    def _taken(self, name: int, chat: _Chat) -> Sending:
        screen, high = chat.screen, chat.alerts[Level.HIGH]
        if screen is not None and (chat.was_high or not high):
            chat.screen, chat.was_high = None, False
            return Sending(name, screen.content, screen=screen)
        chat.was_high = bool(high)
        queue = next(chat.alerts[level] for level in reversed(Level) if chat.alerts[level])
        together = tuple(takewhile(lambda one: not one.alone, queue))
        if high or len(together) < BACKLOG:
            alert = queue.popleft()
            return Sending(name, alert.shown(alert.id in chat.doubtful), (alert,))
        content, count = self._digest(name, together, chat.doubtful)
        return Sending(name, content, tuple(queue.popleft() for _ in range(count)))

    @staticmethod
    def _put_back(chat: _Chat, sending: Sending) -> None:
        for alert in reversed(sending.alerts):
            chat.alerts[alert.level].appendleft(alert)
        if sending.screen is not None and chat.screen is None:
            chat.screen = sending.screen
