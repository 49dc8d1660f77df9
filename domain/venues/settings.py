"""The settings of the choice among venues: which instruments are equal, and which of them another engine trades."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import ONE, ZERO
from domain.errors import InvalidSettings
from domain.instrument import is_instrument_id, market_of, symbol_of
from domain.number import number

_SEPARATOR = "="


class _Elsewhere(NamedTuple):
    """One text of `elsewhere`; `symbol` is the one under which its contract is traded here. `lot` and `tick` are empty
    where the text states none, and `rest` is what follows them.
    """

    name: str
    fee: str
    symbol: str
    lot: str
    tick: str
    rest: str


class Steps(NamedTuple):
    """The steps of an instrument: `lot` of quantities in base currency, `tick` of prices in quote currency."""

    lot: Decimal
    tick: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSettings:
    """Each text of `equal` names instruments of which an entry may be made in any, separated by `=`; empty: no choice.

    Example: `BTCUSDT-LINEAR.BYBIT=XBTUSDT-LINEAR.BYBIT`. See `domain/venues/choosing.py`.

    Each text of `elsewhere` names one of these instruments that another engine trades, and its taker fee there, a
    fraction: `BTCUSDT-LINEAR.BINANCE=0.0005`. Its rules are not known here, so they are those of its twin, the
    instrument here with the same symbol. Where the other exchange has another symbol for the same coin and quote
    currency, the text states the one that is traded here: `BTCPERP-LINEAR.BYBIT=0.0005=BTCUSDC`. Where its lot and its
    tick differ from those of its twin, they follow: `BTCUSDT-LINEAR.BINANCE=0.0005=BTCUSDT=0.001=0.1`.
    """

    equal: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The instruments of each text, in its order."""
        return tuple(tuple(name.strip() for name in one.split(_SEPARATOR)) for one in self.equal)

    @property
    def instruments(self) -> frozenset[str]:
        """All instruments that are equal to another one."""
        return frozenset(name for group in self.groups for name in group)

    @property
    def fees_elsewhere(self) -> dict[str, Decimal]:
        """The taker fee, a fraction, by instrument that another engine trades. Raises ValueError for a fee that is no
        number; `faults` names it.
        """
        return {one.name: number(one.fee, Decimal) for one in map(_elsewhere_of, self.elsewhere)}

    def steps_of(self, instrument: str) -> Steps | None:
        """The lot and the tick of an instrument that another engine trades; None where the settings state none. Raises
        ValueError for one that is no number; `faults` names it.
        """
        stated = next((one for one in map(_elsewhere_of, self.elsewhere) if one.name == instrument), None)
        if stated is None or not stated.lot:
            return None
        return Steps(number(stated.lot, Decimal), number(stated.tick, Decimal))

    def is_elsewhere(self, instrument: str) -> bool:
        """Whether another engine trades the instrument."""
        return bool(self.elsewhere) and instrument in self.fees_elsewhere

    def twin_of(self, instrument: str) -> str:
        """The instrument here with the coin and the quote currency of one that another engine trades; empty where the
        settings name none.
        """
        symbols = {one.name: one.symbol for one in map(_elsewhere_of, self.elsewhere)}
        symbol = symbols.get(instrument)
        here = (name for name in self.equal_to(instrument) if name not in symbols)
        return next((name for name in here if symbol_of(name) == symbol), "")

    def equal_to(self, instrument: str) -> tuple[str, ...]:
        """The other instruments of its group, in their order; none where it is in no group."""
        for group in self.groups:
            if instrument in group:
                return tuple(name for name in group if name != instrument)
        return ()


ONE_VENUE = VenueSettings()
"""The default: every entry is made in the instrument that it is proposed for."""


def _elsewhere_of(text: str) -> _Elsewhere:
    name, fee, symbol, lot, tick, *rest = (*map(str.strip, text.split(_SEPARATOR)), *[""] * 4)
    return _Elsewhere(name, fee, symbol or symbol_of(name), lot, tick, _SEPARATOR.join(filter(None, rest)))


def faults(settings: VenueSettings) -> Iterator[str]:
    """The faults of the settings, each as a sentence that begins with the setting's dotted name."""
    seen: set[str] = set()
    elsewhere = {one.name for one in map(_elsewhere_of, settings.elsewhere)}
    for index, group in enumerate(settings.groups):
        where = f"venues.equal.{index}"
        for name in group:
            if not is_instrument_id(name):
                yield (
                    f"{where}: {name!r} is not an instrument; write the equal ones like "
                    "BTCUSDT-LINEAR.BYBIT=XBTUSDT-LINEAR.BYBIT"
                )
            elif name in seen:
                yield f"{where}: {name} is named twice; an instrument is in one group, once"
            seen.add(name)
        if len(group) < 2:
            yield f"{where}: only {', '.join(group)!r} is named; a choice needs two instruments or more"
        here = [name for name in group if name not in elsewhere]
        if len({market_of(name) for name in group}) > 1:
            yield f"{where}: {' and '.join(group)} are of several markets; equal instruments are of one market"
        elif len({name.partition("-")[2] for name in here}) > 1:
            yield (
                f"{where}: {' and '.join(here)} are of several exchanges, and an engine has one account; name those "
                "that another engine trades in venues.elsewhere, as BTCUSDT-LINEAR.BINANCE=0.0005 with its taker fee"
            )
        if not here:
            yield f"{where}: another engine trades all of {', '.join(group)}; one of them has to be traded here"
    yield from _faults_of_elsewhere(settings, seen)


def _faults_of_elsewhere(settings: VenueSettings, equal: set[str]) -> Iterator[str]:
    named: set[str] = set()
    for index, one in enumerate(map(_elsewhere_of, settings.elsewhere)):
        where, name = f"venues.elsewhere.{index}", one.name
        if name not in equal:
            yield f"{where}: {name!r} is in no text of venues.equal: write there to what it is equal"
        elif name in named:
            yield f"{where}: {name} is named twice"
        elif not settings.twin_of(name):
            yield (
                f"{where}: no instrument equal to {name} is traded here as {one.symbol}: equal instruments are units "
                "of the same coin, settled in the same currency. Where the other exchange has another symbol for them, "
                "state the one here, as in BTCPERP-LINEAR.BYBIT=0.0005=BTCUSDC"
            )
        named.add(name)
        if not _is_number(one.fee, lambda fee: ZERO <= fee < ONE):
            yield (
                f"{where}: the taker fee of {name} is {one.fee!r}; write a fraction from 0 to below 1, as in "
                "BTCUSDT-LINEAR.BINANCE=0.0005"
            )
        yield from _faults_of_steps(one, where)


def _faults_of_steps(one: _Elsewhere, where: str) -> Iterator[str]:
    example = "BTCUSDT-LINEAR.BINANCE=0.0005=BTCUSDT=0.001=0.1"
    if one.rest:
        yield f"{where}: {one.rest!r} follows the tick of {one.name}; nothing does, as in {example}"
    if not (one.lot or one.tick):
        return
    for word, text in (("lot", one.lot), ("tick", one.tick)):
        if not _is_number(text, lambda step: step > ZERO):
            yield f"{where}: the {word} of {one.name} is {text!r}; write both steps, above 0, as in {example}"


def _is_number(text: str, is_in_range: Callable[[Decimal], bool]) -> bool:
    try:
        return is_in_range(number(text, Decimal))
    except ValueError:
        return False


def check_unrouted(venues: VenueSettings) -> None:
    """Raises InvalidSettings where another engine trades an instrument: only a live run has other engines."""
    if venues.elsewhere:
        raise InvalidSettings(
            f"trading.venues.elsewhere: {', '.join(venues.elsewhere)}: only `whence live` routes entries to other "
            "engines; leave it out here, and these instruments out of trading.venues.equal"
        )
