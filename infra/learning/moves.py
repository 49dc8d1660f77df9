"""The moves of a market that features are built from: candles of files, or those on the tape of a live run's inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from adapters.inputs.batch import TapedInput
from adapters.tapes import Tape, merge, tape_identity
from commands.input_tape import SessionBegun
from commands.inputs import MarketMoved, Warmed
from domain.candle import Candle
from domain.candle_hash import candle_bytes
from domain.errors import InvalidInput
from domain.features.barriers import Prices
from domain.log import LogReader
from domain.market import BookReading
from infra.run.origin import of_this_log
from infra.search.sources import candles_hash


class Move(NamedTuple):
    """Candles and readings of order books that became known at `at` (UTC). With `begins` an engine started: its reader
    had read nothing.
    """

    at: datetime
    candles: Sequence[Candle]
    begins: bool = False
    readings: Sequence[BookReading] = ()


class Moves(Protocol):
    """The candles of a market in the order in which they became known."""

    @property
    def prices(self) -> Mapping[str, Prices]:
        """All candles of each instrument, also those after a signal: for labels alone."""
        ...

    @property
    def has_all(self) -> bool:
        """Whether an instrument without candles here is a mistake."""
        ...

    @property
    def identity(self) -> Mapping[str, str]:
        """Hashes of the candles, by the name of the hash."""
        ...

    def __iter__(self) -> Iterator[Move]:
        """The moves, from the first on; called for each build once."""
        ...


class FileMoves:
    """The candles of files."""

    has_all = True

    def __init__(self, tapes: Sequence[Tape]) -> None:
        """Raises InvalidInput where two tapes have one instrument."""
        self.tapes = tapes
        self.count = sum(len(one.candles) for one in tapes)
        self.prices: Mapping[str, Prices] = {one.instrument: Prices(one.candles) for one in tapes}
        self.identity: Mapping[str, str] = {"candles": candles_hash(tapes), "tape": tape_identity(tapes)}

    def __iter__(self) -> Iterator[Move]:
        return (Move(at, candles) for at, candles in merge(self.tapes))


class TapedMoves:
    """The candles on a tape of inputs. Each session begins a reader of its own, as each start of the engine did.

    A source of signals may trade instruments that have no candles on the tape.
    """

    has_all = False

    def __init__(
        self, log: LogReader, tape: Callable[[], Iterable[TapedInput]], until: datetime | None = None
    ) -> None:
        """`tape` reads the inputs from the first on, at each call; those later than `until` are left out.

        Raises InvalidInput where they hold no candle, and what reading the tape raises.
        """
        self._log, self._tape, self._until = log, tape, until
        found, hashed = dict[str, dict[datetime, Candle]](), sha256()
        for move in self:
            for candle in move.candles:
                hashed.update(candle_bytes(candle))
                found.setdefault(candle.instrument, {})[candle.open_time] = candle
        if not found:
            raise InvalidInput("the tape of inputs holds no candle: give the candle files with --candles")
        self.prices: Mapping[str, Prices] = {
            name: Prices([candles[at] for at in sorted(candles)]) for name, candles in found.items()
        }
        self.identity: Mapping[str, str] = {"candles": hashed.hexdigest()}

    def __iter__(self) -> Iterator[Move]:
        for taped in of_this_log(self._tape(), self._log):
            if self._until is not None and taped.given.at > self._until:
                return
            match taped.given:
                case SessionBegun():
                    yield Move(taped.received_at, (), begins=True)
                case MarketMoved(at=at, events=events):
                    yield Move(
                        at,
                        [one for one in events if isinstance(one, Candle)],
                        readings=[one for one in events if isinstance(one, BookReading)],
                    )
                case Warmed(at=at, candles=candles):
                    yield Move(at, candles)
                case _:
                    pass
