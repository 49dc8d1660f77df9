"""What a run calls for the messages of an exchange that could not be understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from adapters.dead_letters.changes import failed, understood
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.letter import DeadLetter, arrival
from adapters.dead_letters.state import LetterSource
from adapters.dead_letters.store import DeadLetters, Wanted
from commands.exchange import AnyReport, Unread
from domain.errors import InvalidInput, KeyRefused, MarkRefused

ENGINE = "engine"
"""Who changed a letter, where the engine did."""
_DUE = Wanted(source=LetterSource.EXCHANGE, is_due=True)


class UnreadMessages(Protocol):
    """The part of an exchange or a market feed that names what it could not understand."""

    def unread(self) -> Sequence[Unread]:
        """See `commands.exchange.ReportStream.unread`."""
        ...


class UnreadReports(UnreadMessages, Protocol):
    """The part of an exchange that names what it could not understand of our account's messages."""

    @property
    def venue(self) -> str:
        """See `commands.exchange.OrderEntry.venue`."""
        ...


@runtime_checkable
class RereadingExchange(Protocol):
    """An exchange that can read a message again, as one that arrives now."""

    @property
    def venue(self) -> str: ...

    def read_again(self, content: str) -> Sequence[AnyReport]:
        """The reports of the message. Raises InvalidInput where it cannot be understood as a whole."""
        ...


def keep_unread(exchange: UnreadReports, letters: LetterKeeper, at: datetime) -> int:
    """Keeps every message that the exchange could not understand since the last call; returns their number.

    `at` is now, in UTC. Returns at once and raises nothing.
    """
    return _keep(LetterSource.EXCHANGE, exchange.venue, exchange.unread(), letters, at)


def keep_unread_market(feed: UnreadMessages, venue: str, letters: LetterKeeper, at: datetime) -> int:
    """Keeps every message of market data that could not be understood, as `keep_unread` does."""
    return _keep(LetterSource.MARKET, venue, feed.unread(), letters, at)


def _keep(
    source: LetterSource, venue: str, messages: Sequence[Unread], letters: LetterKeeper, at: datetime
) -> int:
    letters.keep(
        [
            arrival(
                source,
                venue,
                at,
                one.reason,
                one.content.encode("utf-8", "surrogatepass"),
                key=f"{at.isoformat()} {number}",
            )
            for number, one in enumerate(messages)
        ]
    )
    return len(messages)


def take_retried(
    exchange: RereadingExchange, letters: DeadLetters, at: datetime, handle: Callable[[AnyReport], object]
) -> int:
    """Takes in the messages that a person has retried with success; returns the number of their reports.

    Each report is passed to `handle`, which records it; a letter is RESOLVED only after that, so that a crash in
    between repeats reports and loses none. A message that this exchange cannot read after all counts as retried in
    vain, and so does one whose letter was changed by somebody without a key. Raises what `letters` and `handle` raise.
    """
    taken = 0
    for letter in letters.letters(_DUE):
        if letter.place != exchange.venue:
            continue
        try:
            reports = exchange.read_again(_text(letters, letter))
        except (InvalidInput, MarkRefused, KeyRefused) as fault:
            letters.change(failed(letter, at, ENGINE, str(fault)))
            continue
        for report in reports:
            handle(report)
        taken += len(reports)
        letters.change(understood(letter, at, ENGINE, f"the engine took in {len(reports)} reports"))
    return taken


def _text(letters: DeadLetters, letter: DeadLetter) -> str:
    return letters.original(letter.id).decode("utf-8", "surrogatepass")
