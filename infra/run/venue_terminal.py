"""What `whence venue` prints while it runs: a line for each notice, and at times one for market and account."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from adapters.simulated.server import VenueServer
from adapters.simulated.server.numbers import exact
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.market import Market
from domain.arithmetic import EXACT
from domain.plain_text import counted, is_or_are

MOST_LINES = 30
"""Notices that are printed within a second; those beyond are counted."""

MARKET_EVERY = 10
"""Seconds between two lines of the market."""

_LATE = 2.0
_CENT = Decimal("0.01")

Say = Callable[[str], None]


def _nothing() -> str:
    return ""


class Terminal:
    """Lines are cut to `width` characters, None for any length. The market has its line every ten seconds; where nobody
    `watches`, as in a file, only after something has happened.

    Times are the market's. `progress` returns what is added to the line of the market; empty for nothing.
    """

    def __init__(
        self,
        server: VenueServer,
        account: Account,
        shown: Market,
        say: Say,
        *,
        width: int | None = None,
        watches: bool = True,
        progress: Callable[[], str] = _nothing,
    ) -> None:
        self._server, self._account, self._shown, self._say = server, account, shown, say
        self._width, self._watches, self._progress = width, watches, progress
        self._day = ""
        self._seconds = self._lines = self._left_out = self._requests = 0
        self._ticked = time.monotonic()

    def notice(self, kind: str, text: str) -> None:
        """Prints a notice, or counts it where there were too many within a second."""
        if self._lines >= MOST_LINES:
            self._left_out += 1
            return
        self._lines += 1
        self._print(kind, text)

    def tick(self) -> None:
        """Is called once a second."""
        now = time.monotonic()
        late, self._ticked = now - self._ticked, now
        if self._left_out:
            self._print(
                "more",
                f"{counted(self._left_out, 'line')} of this second {is_or_are(self._left_out)} left out",
            )
        self._lines = self._left_out = 0
        if late > _LATE:
            self._print("slow", f"this second took {late:.1f} s: the machine is busy, or --pace too fast")
        self._seconds += 1
        if self._seconds % MARKET_EVERY == 0:
            self._market()

    def ended(self) -> str:
        """The number of requests and fills since the start, on a line of its own after `^C`."""
        line = "\n" if self._watches else ""
        requests, fills = self._server.rest.requests, self._account.executed
        return f"{line}ended: {_counted(requests, 'request')}, {_counted(fills, 'fill')}"

    def _market(self) -> None:
        market, account = self._shown, self._account
        requests = self._server.rest.requests
        since, self._requests = requests - self._requests, requests
        if not since and not self._watches:
            return
        last = "-" if market.last is None else exact(market.last)
        balance = account.wallet.balance.quantize(_CENT, ROUND_HALF_EVEN, EXACT)
        counts = {"order": len(account.orders), "position": sum(1 for _ in account.held()), "request": since}
        shown = "".join(f", {_counted(count, name)}" for name, count in counts.items() if count)
        played = "".join(f", {text}" for text in (self._progress(),) if text)
        self._print("market", f"{market.symbol} {last}, {balance} {account.currency}{shown}{played}")

    def _print(self, kind: str, text: str) -> None:
        at = datetime.fromtimestamp(self._server.clock.market() / 1000, UTC)
        day = f"{at:%Y-%m-%d}"
        if day != self._day:
            self._day = day
            self._say(f"{day} (market time, UTC)")
        self._say(_cut(f"{at:%H:%M:%S} {kind:<7} {text}", self._width))


def _counted(number: int, name: str) -> str:
    return f"{number} {name if number == 1 else f'{name}s'}"


def _cut(line: str, width: int | None) -> str:
    return line if width is None or len(line) < width else f"{line[: width - 2]}…"
