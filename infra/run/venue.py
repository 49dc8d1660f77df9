"""Runs a venue: makes its market and its account, serves it, and prints what happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from errno import EADDRINUSE
from pathlib import Path

from adapters.simulated.server import Clock, VenueServer, WallClock
from adapters.simulated.server.admin import Admin
from adapters.simulated.server.clock import PacedClock
from adapters.simulated.server.limits import AddressLimit, RateLimits
from adapters.simulated.server.numbers import exact
from adapters.simulated.server.recordings import Recording, recording
from adapters.simulated.server.server import MoveMarket
from adapters.simulated.server.state_file import StateFile
from adapters.simulated.venue import Venue, contract_of, pair_of, pairs
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR, SERVED, SPOT
from adapters.simulated.venue.fees import LEVELS, NO_LEVEL
from adapters.simulated.venue.journal import Journal
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.played import PlayedMarket
from adapters.simulated.venue.state import VenueState, restore, saved
from adapters.simulated.venue.synthetic import market_of
from domain.catalogue import known
from domain.errors import InvalidInput
from domain.instrument import symbol_of
from infra.recording.market import RecordedMarket, of_folder
from infra.recording.played import played, shifted
from infra.run.venue_terminal import Say, Terminal

PRICES = {
    "BTCUSDT": Decimal(60_000),
    "ETHUSDT": Decimal(2_500),
    "SOLUSDT": Decimal(150),
    "XRPUSDT": Decimal("2.5"),
}
"""The symbols of the synthetic market, and where their prices begin. Spot has those of them that are pairs."""

MOST_REQUESTS = 600
"""Requests in five seconds from one address, beyond which Bybit refuses it."""

_LOTS = 10
"""The example order, in least quantities."""

_AFTERWARDS: Mapping[str, str] = {LINEAR: "get_positions", SPOT: "get_order_history"}
"""What shows the effect of the example order."""

_MINUTE_MS = 60_000
_KEPT_EVERY = 60.0
"""Seconds after which a changed state is written anew."""


@dataclass(frozen=True, slots=True)
class VenueOptions:
    """`files` are recordings of the `category`, none for the synthetic market, which has both. `pace` multiplies the
    market's speed; None leaves a synthetic market at the machine's time and plays recordings at their own speed.
    `files` may be one folder that `whence record` wrote, of which `symbols` choose instruments. With `from_now`
    the times of recordings are moved so that they begin now. `state` is the file in which the venue is kept from one
    run to the next; None where it is not kept.
    """

    files: Sequence[Path] = ()
    symbols: Sequence[str] = ()
    category: str = LINEAR
    past: int = 200
    pace: float | None = None
    from_now: bool = False
    seed: int = 7
    balance: Decimal = Decimal(10_000)
    level: str = NO_LEVEL
    key: str = ""
    secret: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    admin_port: int = 0
    limits: bool = True
    state: Path | None = None


@dataclass(slots=True)
class RunningVenue:
    """A server with its admin port and its only account."""

    server: VenueServer
    admin: Admin
    account: Account
    shown: Market
    state: StateFile | None
    recordings: Sequence[Recording] = ()
    _written: int = -1
    _written_at: float = 0.0
    _journal: Journal | None = None
    restored: bool = False
    _has_ended: bool = False

    async def start(self) -> None:
        """Raises InvalidInput where a port cannot be listened at."""
        await _listening("--port", self.server.port, self.server.start())
        await _listening("--admin-port", self.admin.port, self.admin.start())

    async def stop(self) -> None:
        try:
            self.keep()
        finally:
            await self.admin.stop()
            await self.server.stop()
            if self.state is not None:
                self.state.close()

    def keep(self) -> None:
        """Writes the state anew where it has changed, and from then on each change before it is answered.

        Raises InvalidInput where the file cannot be written.
        """
        changes = self.account.changes
        if self.state is None or changes == self._written:
            return
        self.state.check()
        venue = self.server.venue
        self.state.replace(saved(venue, self.server.clock.market()))
        self._written, self._journal, self._written_at = changes, Journal(venue), time.monotonic()
        self.server.hub.keep = self._append

    def keep_short(self) -> None:
        """Writes the state anew where its file has grown long, and once a minute while that takes a moment only.
        Candles are kept by this alone.
        """
        if self.state is not None:
            self.state.check()
            is_due = self.state.is_short and time.monotonic() - self._written_at > _KEPT_EVERY
            if self.state.is_long or is_due:
                self.keep()

    def _append(self, changes: Sequence[Changes]) -> None:
        assert self.state is not None
        assert self._journal is not None
        line = self._journal.record(changes, self.server.clock.market())
        if line is not None:
            self.state.append(line)

    def greeting(self) -> str:
        """What a person needs to trade here: addresses, key, and six lines of pybit."""
        parameters = f'category="{self.shown.category}", symbol="{self.shown.symbol}"'
        order = ", ".join(f'"{name}": "{value}"' for name, value in self._example().items())
        return (
            f"REST       {self.server.url}\n"
            f"WebSocket  {self.server.socket_url}/v5/public/linear, /v5/public/spot, /v5/private, /v5/trade\n"
            f"admin      {self.admin.url}/faults, /actions\n"
            f"API key    {self.account.key}\n"
            f"secret     {self.account.secret}\n"
            f"{self._kept()}{self._played()}\n"
            "from pybit.unified_trading import HTTP\n"
            f'session = HTTP(api_key="{self.account.key}", api_secret="{self.account.secret}")\n'
            f'session.endpoint = "{self.server.url}"\n'
            f"print(session.get_tickers({parameters}))\n"
            f"order = {{{order}}}\n"
            "print(session.place_order(**order))\n"
            f"print(session.{_AFTERWARDS[self.shown.category]}({parameters}))\n"
        )

    def _played(self) -> str:
        return "".join(f"market     {_described(one)}\n" for one in self.recordings)

    def watch_end(self) -> None:
        """Notices once that every recording has been played."""
        now = self.server.clock.market()
        if self.recordings and not self._has_ended and all(one.ends < now for one in self.recordings):
            self._has_ended = True
            self.server.notices.add("market", "the recording has ended: prices stand still from now on")

    def progress(self) -> str:
        """How much of the recordings has been played, as `34 % of the recording`; empty for a synthetic market."""
        if not self.recordings or self._has_ended:
            return ""
        starts, ends = (min(one.starts for one in self.recordings), max(one.ends for one in self.recordings))
        part = (self.server.clock.market() - starts) / max(1, ends - starts)
        return f"{min(100, int(part * 100))} % of the recording"

    def left(self) -> str:
        """What is left of the venue when it ends."""
        return "nothing is kept (no --state)" if self.state is None else f"the state is in {self.state.path}"

    def _kept(self) -> str:
        """The file in which the venue is kept, and whose account is used where it has been there before."""
        if self.state is None:
            return ""
        taken = ", whose account is used: --balance and --level are not" if self.restored else ""
        return f"state      {self.state.path}{taken}\n"

    def _example(self) -> dict[str, str]:
        """A market order of a quantity that every market admits; a spot buyer names an amount."""
        rules, category = self.shown.contract.instrument, self.shown.category
        qty = rules.min_notional if category == SPOT else rules.min_quantity
        named = {"category": category, "symbol": self.shown.symbol, "side": "Buy", "orderType": "Market"}
        return {**named, "qty": exact(qty * _LOTS)}


def venue_of(options: VenueOptions) -> RunningVenue:
    """Makes the venue. Raises InvalidInput where a file is no recording, and for an unknown level or symbol."""
    _check(options)
    file = None if options.state is None else StateFile(options.state)
    state = None if file is None else file.read()
    read = _read(options)
    clock, venue, move = _played(options, state, read) if read else _synthetic(options, state)
    move(clock.market())
    account = _account(venue, options) if state is None else _restored(venue, state, options, clock.market())
    server = VenueServer(
        venue,
        clock,
        move,
        RateLimits(1.0 if options.limits else 0.0),
        AddressLimit(MOST_REQUESTS if options.limits else 0),
        options.host,
        options.port,
    )
    server.step()
    return RunningVenue(
        server,
        Admin(server, options.host, options.admin_port),
        account,
        next(venue.every_market()),
        file,
        read,
        restored=state is not None,
    )


def _account(venue: Venue, options: VenueOptions) -> Account:
    key = options.key or secrets.token_hex(9)
    secret = options.secret or secrets.token_hex(18)
    return venue.open_account(key, secret, options.balance, level=options.level)


def _restored(venue: Venue, state: VenueState, options: VenueOptions, now: int) -> Account:
    """The account of the state; it has its own money and level. Raises InvalidInput where another key is demanded."""
    kept = state.accounts[0]
    if (options.key or kept.key, options.secret or kept.secret) != (kept.key, kept.secret):
        raise InvalidInput(f"the state has the key {kept.key} and its secret: leave out --key and --secret")
    restore(venue, state, now)
    return next(iter(venue.accounts.values()))


def _check(options: VenueOptions) -> None:
    if options.level not in LEVELS:
        raise InvalidInput(f"no level {options.level!r}: there are {', '.join(LEVELS)}")
    if options.port and options.port == options.admin_port:
        raise InvalidInput(f"--port and --admin-port must differ: both are {options.port}")
    if options.category not in SERVED:
        raise InvalidInput(f"no category {options.category!r}: there are {', '.join(SERVED)}")
    if options.from_now and (options.pace is not None or options.state is not None or not options.files):
        raise InvalidInput(
            "--from-now is for recordings that begin now, at the clock's pace: leave out --pace and --state, and name "
            "a recording with --market"
        )
    unknown = set(options.symbols) - set(PRICES)
    if unknown and not options.files:
        raise InvalidInput(f"the synthetic market has {', '.join(PRICES)}, not {', '.join(sorted(unknown))}")
    if len(options.symbols) > len(options.files) > 0 and _folder(options) is None:
        raise InvalidInput("there are more symbols than files: give one for each file, in order")


async def serve(
    options: VenueOptions, say: Say, *, narrates: bool = True, width: int | None = None, watches: bool = True
) -> None:
    """Serves until it is cancelled; `narrates`: says what happens, as `Terminal` does."""
    running = venue_of(options)
    running.keep()
    terminal = Terminal(
        running.server,
        running.account,
        running.shown,
        say,
        width=width,
        watches=watches,
        progress=running.progress,
    )
    try:
        await running.start()
        say(running.greeting())
        await _watch(running, terminal, narrates=narrates)
    finally:
        await running.stop()
        if running.server.was_started:
            say(f"{terminal.ended()}; {running.left()}")


async def _watch(running: RunningVenue, terminal: Terminal, *, narrates: bool) -> None:
    if narrates:
        running.server.notices.listeners.append(terminal.notice)
    while True:
        await running.server.watch(1)
        running.keep_short()
        running.watch_end()
        if narrates:
            terminal.tick()


async def _listening(option: str, port: int, start: Awaitable[None]) -> None:
    """Raises InvalidInput, which names the port and its option, where it cannot be listened at."""
    try:
        await start
    except OSError as error:
        reason = "is in use, perhaps by another whence venue" if error.errno == EADDRINUSE else error.strerror
        raise InvalidInput(f"port {port} {reason}: choose another {option}, or 0 for any free one") from error


def _synthetic(options: VenueOptions, state: VenueState | None) -> tuple[Clock, Venue, MoveMarket]:
    now = time.time_ns() // 1_000_000
    clock = WallClock() if options.pace is None else PacedClock(now, options.pace)
    chosen = options.symbols or tuple(PRICES)
    listed = {symbol_of(one.instrument.id): one.instrument for one in known()}
    contracts = [contract_of(listed[symbol], number) for number, symbol in enumerate(chosen, 1)]
    spot = [one for one in pairs() if one.symbol in chosen]
    venue = Venue([*contracts, *spot], now, options.seed)
    begins = {one: _first_prices(venue.listed(one), state, one) for one in SERVED}
    return clock, venue, market_of(venue, begins, options.seed, now)


def _first_prices(
    listed: Mapping[str, Market], state: VenueState | None, category: str
) -> Mapping[str, Decimal]:
    """Those of the state, else of the table."""
    kept = {} if state is None else state.last_prices(category)
    return {symbol: kept.get(symbol, PRICES[symbol]) for symbol in listed}


def _folder(options: VenueOptions) -> Path | None:
    """The folder of `whence record` that is played. Raises InvalidInput for a folder beside other files."""
    folders = [one for one in options.files if one.is_dir()]
    if folders and len(options.files) > 1:
        raise InvalidInput(f"{folders[0]} is a recording with all its instruments: leave out the other files")
    return folders[0] if folders else None


def _read(options: VenueOptions) -> Sequence[Recording]:
    """The recordings, from now on where that is wanted: whole minutes later, so that candles open with minutes."""
    read = _recorded(options)
    if not options.from_now:
        return read
    late = time.time_ns() // 1_000_000 - min(one.starts for one in read)
    return [shifted(one, late - late % _MINUTE_MS) for one in read]


def _recorded(options: VenueOptions) -> Sequence[Recording]:
    folder = _folder(options)
    if folder is not None:
        return played(RecordedMarket(of_folder(folder), options.symbols), options.category)
    names = [*options.symbols, *[None] * len(options.files)]
    now = datetime.now(UTC)
    return [
        recording(file, name, options.past, now, options.category)
        for file, name in zip(options.files, names, strict=False)
    ]


def _played(
    options: VenueOptions, state: VenueState | None, read: Sequence[Recording]
) -> tuple[Clock, Venue, MoveMarket]:
    starts = min(one.starts for one in read)
    make = pair_of if options.category == SPOT else contract_of
    contracts = [make(one.instrument, number) for number, one in enumerate(read, 1)]
    venue = Venue(contracts, starts, options.seed)
    markets = [_market(venue, one, options.category) for one in read]

    def move(until: int) -> None:
        for market in markets:
            market.move(until)

    if options.from_now:
        return WallClock(), venue, move
    return PacedClock(starts if state is None else state.at, options.pace or 1.0), venue, move


def _market(venue: Venue, read: Recording, category: str) -> PlayedMarket:
    market = venue.listed(category)[symbol_of(read.instrument.id)]
    market.candles.prepend(read.past)
    return PlayedMarket(venue, market, read.events)


def _described(read: Recording) -> str:
    first, last = (datetime.fromtimestamp(at / 1000, UTC) for at in (read.starts, read.ends))
    rules = "guessed from the file" if read.guessed else "known"
    symbol = symbol_of(read.instrument.id)
    return f"{symbol} from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC; its rules are {rules}"
