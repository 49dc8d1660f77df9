"""Two exchanges that play recorded markets, an engine on each, and what both accounts must have in the end.

The engine `here` proposes on Bybit's candles of BTCUSDT, played as XBTUSDT, because no coin is in two recorded books.
The one `away` trades Binance's recorded book of BTCUSDT. The venues are in this process, so that their own books can be
compared with the logs.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.tokens.book import TokenBook
from commands.roles import Role
from domain.book.frame import BookFrame, Row
from domain.errors import InvalidInput, LogUnavailable
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.venue import VenueOptions, venue_of
from infra.store import migrated_store
from tests.adapters.binance.test_recorded_books import read
from tests.adapters.simulated.server.serving import RunningVenue
from tests.adversary.dying_market import AHEAD, AWAY, HERE, INTENT
from tests.event_loop import running_loop
from tests.journeys.program import PATIENCE, environment
from tests.recordings import binance_messages
from tests.torture.venue import Exchange

ROOT = Path(__file__).parents[2]
KEY, SECRET = "mine", "hidden"
OPENING = VenueOptions().balance
KEYS = {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET}
CANDLES, PAST = 400, 60
"""The candles that are played, and those of them that are past at the start."""
REPEATS = 3
"""The recorded book is of five minutes; a machine under load may need more."""
_FRAME_MS = 1_000
_NEAR = (61_500.0, 61_930.0)
"""The levels between these prices are kept: the best ones are from 61,590 to 61,840, and the orders are small."""
_LONGEST = 5 * PATIENCE
"""Seconds that are waited for what a machine under load does late."""
_NOTED = (b"@depth", b'"lastUpdateId"')
"""What the lines of the book have in them; trades and tickers are passed over."""
_LIMITS = """
[trading.risk]
freshness_seconds = 300
cooldown_seconds = 0
[trading.alpha]
minimum_trend = -1
"""
AWAY_SETTINGS = f"""{_LIMITS}
[[signals.sources]]
name = "here"
"""
HERE_SETTINGS = f"""{_LIMITS}
[trading.venues]
equal = ["{HERE}={AWAY}"]
elsewhere = ["{AWAY}=0.0001=XBTUSDT"]
[[routes]]
instruments = ["{AWAY}"]
engine = "%s"
source = "here"
token_file = "%s"
market = "%s"
"""


# -- the recordings


def candles(market_data: Path, folder: Path) -> Path:
    """The first candles of Bybit's recording."""
    made = folder / "XBTUSDT_1m.csv"
    with (market_data / "bybit_klines" / "BTCUSDT_1m.csv").open() as lines:
        made.write_text("".join(islice(lines, CANDLES + 1)))
    return made


def book(market_data: Path, folder: Path) -> Path:
    """Binance's recorded book as Bybit's messages, each with all changes of a second, several times in a row."""
    made = folder / "BTCUSDT.jsonl"
    frames = list(_frames(market_data))
    lasts = frames[-1].ts - frames[0].ts + _FRAME_MS
    repeated = (replace(one, ts=one.ts + lasts * repeat) for repeat in range(REPEATS) for one in frames)
    made.write_bytes(b"\n".join(map(msgspec.json.encode, repeated)))
    return made


class _Data(Struct, frozen=True):
    s: str
    b: Sequence[Row]
    a: Sequence[Row]


class _Message(Struct, frozen=True):
    """A message of Bybit's topic of books."""

    topic: str
    type: str
    ts: int
    data: _Data


def _frames(market_data: Path) -> Iterator[_Message]:
    """A snapshot, and the deltas that follow it."""
    since, at, changed = -1, 0, (dict[str, str](), dict[str, str]())
    lines = (one for one in binance_messages(market_data, "usdm") if any(word in one for word in _NOTED))
    for frame in map(read, lines):
        if not isinstance(frame, BookFrame) or frame.last <= since or (since < 0 and not frame.is_snapshot):
            continue
        if frame.is_snapshot:
            since, at = frame.last, frame.matched_ms
            yield _message("snapshot", at, frame.bids, frame.asks)
            continue
        if frame.matched_ms >= at + _FRAME_MS:
            yield _message("delta", at, *(side.items() for side in changed))
            at, changed = frame.matched_ms, (dict[str, str](), dict[str, str]())
        for side, rows in zip(changed, (frame.bids, frame.asks), strict=True):
            side.update(rows)


def _message(kind: str, at: int, *sides: Iterable[Row]) -> _Message:
    lowest, highest = _NEAR
    bids, asks = ([row for row in side if lowest < float(row[0]) < highest] for side in sides)
    return _Message("orderbook.1000.BTCUSDT", kind, at, _Data("BTCUSDT", bids, asks))


# -- the venues and the engines


@contextmanager
def played(market: Path, symbol: str) -> Generator[Exchange]:
    """A venue in this process that plays the recording from now on."""
    options = VenueOptions(
        files=(market,), symbols=(symbol,), past=PAST, from_now=True, key=KEY, secret=SECRET, limits=False
    )
    made = venue_of(options)
    with running_loop() as loop:
        running = RunningVenue(made.server, loop, made.account)
        try:
            running.wait(made.start())
            yield Exchange(running)
        finally:
            running.wait(made.stop())


@dataclass
class Engine:
    """`whence live` in a folder of its own, over all its lives. `port` is that of its API, which stays the same. Its
    clock is so many seconds `ahead`.
    """

    folder: Path
    venue: str
    symbol: str
    port: int = 0
    ahead: float = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return f"sqlite:///{self.folder / 'log.db'}"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def start(self, step: str = "never") -> None:
        """Starts a life that ends at the step of `dying_market`."""
        words = ["live", "--port", str(self.port), "--address", self.venue, "--log", self.log]
        words += ["--instruments", self.symbol, "--interval", "1m", "--leverage", "5"]
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.adversary.dying_market", step, *words],
                cwd=self.folder,
                env=environment(**KEYS, PYTHONPATH=str(ROOT), **{AHEAD: str(self.ahead)}),
                stdout=subprocess.DEVNULL,
                stderr=output,
            )

    def api(self) -> str:
        """The address of its API, once it serves; the next life has the same."""
        until(lambda: "API on " in self.output.read_text(), self.last_lines)
        found = re.search(r"API on (http://[^/ ]+:(\d+))", self.output.read_text())
        assert found is not None, self.last_lines()
        self.port = int(found[2])
        return found[1]

    def dies(self) -> None:
        """Waits until the step has ended the process."""
        assert self.process is not None
        assert self.process.wait(_LONGEST) == -signal.SIGKILL, self.last_lines()

    def stop(self) -> None:
        """Stops it as `kill` does."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(_LONGEST) == 0, self.last_lines()

    def end(self) -> None:
        """Kills what still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def events(self) -> Sequence[Envelope]:
        """The events of its log; none before it has one."""
        try:
            with closing(open_reader(WhenceSettings(log=self.log))) as log:
                return [one.envelope for one in log.read()]
        except (InvalidInput, LogUnavailable):
            return []

    def awaits(self, holds: Callable[[Sequence[Envelope]], bool]) -> None:
        """Waits until the log is so."""
        until(lambda: holds(self.events()), self.last_lines)

    def last_lines(self) -> str:
        return self.output.read_text()[-3_000:] if self.output.exists() else ""


def until(holds: Callable[[], bool], shown: Callable[[], str]) -> None:
    """Waits until this holds; fails with what is shown where it never does."""
    deadline = time.monotonic() + _LONGEST
    while not holds():
        assert time.monotonic() < deadline, shown()
        time.sleep(0.4)


@dataclass
class Markets:
    """Both exchanges with their engines."""

    folder: Path
    exchange_here: Exchange
    exchange_away: Exchange
    here: Engine
    away: Engine

    def intend(self, intent: str) -> None:
        """What the strategy proposes from now on; see `dying_market`."""
        new = self.here.folder / "new"
        new.write_text(intent)
        new.replace(self.here.folder / INTENT)

    def begin(self, away: str = "never", here: str = "never") -> None:
        """Starts both engines with the steps at which they die."""
        self.away.start(away)
        api = self.away.api()
        with migrated_store(WhenceSettings(log=self.away.log)) as store:
            token = TokenBook(store).issue("here", Role.SOURCE, datetime.now(UTC)).spelled
        (self.here.folder / "token").write_text(token)
        (self.here.folder / "whence.toml").write_text(
            HERE_SETTINGS % (api, self.here.folder / "token", self.away.venue)
        )
        self.here.start(here)


@contextmanager
def two_markets(market_data: Path, folder: Path) -> Generator[Markets]:
    """Both markets, and the engines, which are not started yet and are ended with the block."""
    with ExitStack() as held:
        files = (candles(market_data, folder), book(market_data, folder))
        here, away = (
            held.enter_context(played(file, symbol))
            for file, symbol in zip(files, ("XBTUSDT", "BTCUSDT"), strict=True)
        )
        engines: list[Engine] = []
        for name, venue, symbol in (("here", here, "XBTUSDT"), ("away", away, "BTCUSDT")):
            (folder / name).mkdir()
            engines.append(Engine(folder / name, venue.url, symbol))
            held.callback(engines[-1].end)
        (folder / "away" / "whence.toml").write_text(AWAY_SETTINGS)
        made = Markets(folder, here, away, *engines)
        made.intend("nothing")
        yield made
