"""What a run calls for the messages of an exchange that could not be understood."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from adapters.dead_letters.changes import Change, failed, understood
from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.letter import DeadLetter, arrival
from adapters.dead_letters.state import LetterSource
from adapters.dead_letters.store import DeadLetters, Wanted
from commands.exchange import AnyReport, Unread
from domain.errors import InvalidInput, KeyRefused, MarkRefused, Refused

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
        """The reports of the message, and no others.

        Raises InvalidInput where it cannot be understood as a whole, ExchangeError where the exchange has to be queried
        for it and does not answer.
        """
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


class DueLetter(NamedTuple):
    """A letter that a person has retried with success, and the text of its message."""

    letter: DeadLetter
    text: str


def due_letters(
    letters: DeadLetters, venue: str, at: datetime, *, without: Collection[str] = ()
) -> Sequence[DueLetter]:
    """The letters of the venue that the engine has to take in, except those whose ids are in `without`.

    One that was changed by somebody without a key counts as retried in vain, at the time `at`. Raises what `letters`
    raises.
    """
    found = list[DueLetter]()
    for letter in letters.letters(_DUE):
        if letter.place != venue or letter.id in without:
            continue
        try:
            found.append(DueLetter(letter, letters.original(letter.id).decode("utf-8", "surrogatepass")))
        except (MarkRefused, KeyRefused) as fault:
            letters.change(failed(letter, at, ENGINE, str(fault)))
    return found


def taken_in(
    exchange: RereadingExchange, due: DueLetter, at: datetime, handle: Callable[[AnyReport], object]
) -> Change:
    """Passes each report of the letter to `handle`, which records it; returns what becomes of the letter.

    It is RESOLVED only after its reports were recorded, so that a crash in between repeats reports and loses none. A
    message that this exchange cannot read after all, or whose report the engine refuses, counts as retried in vain.
    Raises ExchangeError where the exchange has to be queried and does not answer, and what else `handle` raises.
    """
    try:
        reports = exchange.read_again(due.text)
        for report in reports:
            handle(report)
    except (InvalidInput, Refused) as fault:
        return failed(due.letter, at, ENGINE, str(fault))
    return understood(due.letter, at, ENGINE, f"the engine took in {len(reports)} reports")
