"""What people request of the engine, and what the market does, by the names in a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from adapters.log.recorder_log import RecordedLog
from adapters.simulated.steps import to_tick
from commands.door import Answer, Completed, Declined, Door
from commands.request import (
    AmendOrder,
    CancelOrder,
    ClosePosition,
    ManualTerms,
    MoveProtection,
    OutsideSignal,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    ResetKillSwitch,
    TripKillSwitch,
)
from commands.roles import Role
from commands.world import World
from domain.catalogue import known
from domain.direction import Direction, Side
from domain.instrument import Instrument, symbol_of
from domain.order import OrderType
from domain.strategies import Intent
from tests.torture.hands import Hands
from tests.torture.living import Life
from tests.torture.venue import SYMBOLS, Exchange

_SHOWN = 60
"""Characters of a reason by which refusals are counted."""
_WITH_DIGITS = re.compile(r"\S*\d\S*")
_VALID = timedelta(seconds=30)
_A_FILL = 0.3
"""Seconds within which an entry at the market has opened a position."""
_QUANTITY: Mapping[str, Decimal] = {
    "BTCUSDT": Decimal("0.01"),
    "ETHUSDT": Decimal("0.2"),
    "SOLUSDT": Decimal(3),
}
_D = Decimal
_COVER = _D("0.01")
"""The distance of a stop from the price, for a position that has none."""
RULES: Mapping[str, Instrument] = {
    symbol_of(one.instrument.id): one.instrument for one in known() if symbol_of(one.instrument.id) in SYMBOLS
}


class Mirror:
    """The log as another process reads it, while the engine lives and while it does not."""

    def __init__(self, log: RecordedLog) -> None:
        self._log, self.world = log, World()

    def refresh(self) -> World:
        """The world at the log's head."""
        return self.world.fold_all(one.envelope for one in self._log.read(after=self.world.ordinal))


@dataclass(slots=True)
class People:
    """The people and the market of one round. `unanswered` is the last request whose engine ended before its answer,
    `promised` are the ids of the events that answers named.
    """

    account: str
    exchange: Exchange
    open_log: Callable[[], Mirror]
    pool: ThreadPoolExecutor
    answers: dict[str, int]
    requests: int = 0
    unanswered: Requested | None = None
    promised: list[UUID] = field(default_factory=list[UUID])
    hands: Hands = field(init=False)
    _mirror: Mirror | None = None

    def __post_init__(self) -> None:
        self.hands = Hands(self.exchange)

    def does(self, action: str, life: Life, door: Door, chance: Random) -> None:
        """Carries an action of a plan out; one for which the account has nothing does nothing."""
        if action in _MARKET:
            self.market_does(action, chance)
        else:
            _ACTIONS[action](self, life, door, chance)

    def market_does(self, action: str, chance: Random) -> None:
        """Carries out what happens at the exchange alone, with or without an engine."""
        _MARKET[action](self, chance)

    def repeats(self, life: Life, door: Door) -> None:
        """Repeats the request whose answer nobody got, with the same key."""
        if self.unanswered is not None:
            requested, self.unanswered = self.unanswered, None
            self._send(life, door, requested)

    def asks(self, life: Life, door: Door, request: Request) -> Answer | None:
        """The answer to a new request; None where the engine ended before it answered."""
        self.requests += 1
        requested = Requested(
            id=f"r{self.requests}",
            account=self.account,
            actor="eve",
            role=Role.ADMIN,
            valid_until=datetime.now(UTC) + _VALID,
            request=request,
        )
        return self._send(life, door, requested)

    def world(self) -> World:
        """The state of the log now."""
        if self._mirror is None:
            self._mirror = self.open_log()
        return self._mirror.refresh()

    def _send(self, life: Life, door: Door, requested: Requested) -> Answer | None:
        answer = life.asks(self.pool, door, requested)
        if answer is None:
            self.unanswered = requested
        if isinstance(answer, Completed):
            self.promised += [one.event_id for one in answer.events]
        name = "none" if answer is None else type(answer).__name__
        if isinstance(answer, Declined):
            name = f"{answer.code}: {_WITH_DIGITS.sub('…', answer.reason)[:_SHOWN]}"
        self.answers[name] = self.answers.get(name, 0) + 1
        return answer

    def position(self, chance: Random) -> str:
        """The name of an open position of the log; empty where there is none."""
        held = sorted(one.stream for one in self.world().portfolio.positions.values())
        return chance.choice(held) if held else ""


def _terms(people: People, chance: Random, symbol: str, away: Decimal | None) -> ManualTerms:
    """An entry with stop and target: at the market, or `away` from it by this part of the price."""
    side = chance.choice(tuple(Side))
    rules, sign = RULES[symbol], 1 if side is Side.BUY else -1
    price = people.exchange.price(symbol)
    at = price if away is None else to_tick(price * (1 - sign * away), Side.BUY, rules.tick)
    wide = _D(chance.randint(3, 12)) / 1000
    return ManualTerms(
        instrument=rules.id,
        side=side,
        type=OrderType.MARKET if away is None else OrderType.LIMIT,
        quantity=_QUANTITY[symbol] * chance.randint(1, 3),
        limit_price=None if away is None else at,
        stop=to_tick(at * (1 - sign * wide), Side.BUY, rules.tick),
        target=to_tick(at * (1 + sign * 2 * wide), Side.BUY, rules.tick),
    )


def _free(people: People) -> Sequence[str]:
    """The symbols without position and entry."""
    portfolio = people.world().portfolio
    taken = {symbol_of(one) for one in portfolio.positions}
    taken |= {symbol_of(one.instrument) for one in portfolio.entries.values()}
    return [one for one in SYMBOLS if one not in taken]


def _enters(people: People, life: Life, door: Door, chance: Random) -> None:
    _place(people, life, door, chance, None)


def _rests(people: People, life: Life, door: Door, chance: Random) -> None:
    _place(people, life, door, chance, _D(chance.randint(1, 30)) / 10_000)


def _place(people: People, life: Life, door: Door, chance: Random, away: Decimal | None) -> None:
    """Places an entry where the account is free; closes a position, or cancels an entry, where it is nowhere."""
    if free := _free(people):
        people.asks(life, door, PlaceOrder(_terms(people, chance, chance.choice(free), away)))
    elif people.world().portfolio.positions:
        _closes(people, life, door, chance)
    else:
        _cancels(people, life, door, chance)


def _resting(people: People, chance: Random) -> str:
    found = [one for one in people.exchange.resting() if one]
    return chance.choice(found) if found else ""


def _fills(people: People, chance: Random) -> None:
    people.exchange.fills(_resting(people, chance), chance.choice((_D("0.3"), _D("0.5"), _D(1))))


def _amends(people: People, life: Life, door: Door, chance: Random) -> None:
    link = _resting(people, chance)
    entry = people.world().portfolio.entries.get(link)
    if entry is None or entry.order.terms.limit_price is None:
        return
    tick = RULES[symbol_of(entry.instrument)].tick
    away = _D(chance.choice((-2, -1, 1, 2))) / 1000
    price = to_tick(entry.order.terms.limit_price * (1 + away), Side.BUY, tick)
    people.asks(life, door, AmendOrder(order_id=link, limit_price=price))


def _cancels(people: People, life: Life, door: Door, chance: Random) -> None:
    if link := _resting(people, chance):
        people.asks(life, door, CancelOrder(link, "no longer wanted"))


def _protects(people: People, life: Life, door: Door, chance: Random) -> None:
    name = people.position(chance)
    held = next((one for one in people.world().portfolio.positions.values() if one.stream == name), None)
    if held is None or held.state.stop is None:
        return
    tick = RULES[symbol_of(held.state.instrument)].tick
    part = _D(chance.choice((-2, -1, 1))) / 1000
    stop = to_tick(held.state.stop * (1 + part), Side.BUY, tick)
    people.asks(life, door, MoveProtection(position=name, stop=stop))


def _covers(people: People, life: Life, door: Door, _chance: Random) -> None:
    """Gives a stop to every position that has none: those that were opened by hand."""
    for held in list(people.world().portfolio.positions.values()):
        if held.state.stop is None:
            symbol, sign = (
                symbol_of(held.state.instrument),
                1 if held.state.direction is Direction.LONG else -1,
            )
            price = people.exchange.price(symbol) * (1 - sign * _COVER)
            stop = to_tick(price, Side.BUY, RULES[symbol].tick)
            people.asks(life, door, MoveProtection(position=held.stream, stop=stop))


def _closes(people: People, life: Life, door: Door, chance: Random) -> None:
    life.until(lambda: bool(people.world().portfolio.positions), _A_FILL)
    if name := people.position(chance):
        people.asks(life, door, ClosePosition(name, "enough"))


def _reverses(people: People, life: Life, door: Door, chance: Random) -> None:
    """A scanner's signal against an open position; where there is none, it opens one."""
    life.until(lambda: bool(people.world().portfolio.positions), _A_FILL)
    held = sorted((name, one.state.direction) for name, one in people.world().portfolio.positions.items())
    if held:
        instrument, direction = chance.choice(held)
        people.asks(life, door, _signal(people, chance, symbol_of(instrument), direction.opposite))
    elif free := _free(people):
        people.asks(life, door, _signal(people, chance, chance.choice(free), chance.choice(tuple(Direction))))


def _signal(people: People, chance: Random, symbol: str, direction: Direction) -> RaiseSignal:
    """A signal on a candle that closed just now, sure enough for both committees."""
    rules, sign = RULES[symbol], 1 if direction is Direction.LONG else -1
    price, wide = people.exchange.price(symbol), _D(chance.randint(6, 12)) / 1000
    return RaiseSignal(
        OutsideSignal(
            strategy="scanner",
            instrument=rules.id,
            interval_seconds=60,
            candle_closed_at=datetime.now(UTC),
            direction=direction,
            intent=Intent.ENTER,
            confidence=0.9,
            trend=0.9 * sign,
            price=price,
            stop=to_tick(price * (1 - sign * wide), Side.BUY, rules.tick),
            target=to_tick(price * (1 + sign * 3 * wide), Side.BUY, rules.tick),
            inputs={},
        )
    )


def _moves(people: People, chance: Random) -> None:
    part = _D(chance.choice((-12, -8, -4, 4, 8, 12))) / 1000
    people.exchange.moves(chance.choice(SYMBOLS), part)


def _trips(people: People, life: Life, door: Door, chance: Random) -> None:
    people.asks(life, door, TripKillSwitch("looks wrong"))
    _resets(people, life, door, chance)


def _resets(people: People, life: Life, door: Door, chance: Random) -> None:
    people.asks(life, door, ResetKillSwitch("looked at"))


def _waits(_people: People, life: Life, _door: Door, chance: Random) -> None:
    life.passes(chance.uniform(0.02, 0.2))


_ACTIONS: Mapping[str, Callable[[People, Life, Door, Random], None]] = {
    "enters": _enters,
    "rests": _rests,
    "amends": _amends,
    "cancels": _cancels,
    "protects": _protects,
    "covers": _covers,
    "closes": _closes,
    "reverses": _reverses,
    "trips": _trips,
    "resets": _resets,
    "waits": _waits,
}
_MARKET: Mapping[str, Callable[[People, Random], None]] = {
    "fills": _fills,
    "moves": _moves,
    "places by hand": lambda people, chance: people.hands.places(chance),
    "cancels by hand": lambda people, chance: people.hands.cancels(chance),
    "closes by hand": lambda people, chance: people.hands.closes(chance),
}
"""What needs no engine: the market, and a person in the exchange's own interface."""
