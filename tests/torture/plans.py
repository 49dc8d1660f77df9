"""What happens in each life, drawn from the seed: how it ends, which faults are in force, and what people do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from adapters.order_way import OrderWay
from adapters.simulated.server.faults import Fault, Kind
from tests.torture.cuts import Cut, CutKind
from tests.torture.steps import REVERSING, USUAL, kind_of

_RANDOM_EVERY = 4
"""Every so many lives one is ended from outside at a random moment, the others at a named step."""
_REVERSED_EVERY = 3
"""In a round with reversals every so many of the lives with a named step end at one of a reversal."""
_REVERSING = 0.5
"""The share of the rounds with reversals."""
_INTERFERED = 0.5
"""The share of the rounds in which a person uses the exchange's own interface."""
_WHILE_DEAD = 0.2
"""The chance of each of the acts that happen between two lives."""
_SPOILED = 0.5
"""The share of the lives with faults."""

_PRELUDES: Mapping[str, Sequence[str]] = {
    "start": (),
    "submit": ("enters",),
    "fill": ("enters",),
    "cancel": ("rests", "cancels"),
    "amend": ("rests", "amends"),
    "close": ("enters", "closes"),
    "reversal-close": ("enters", "reverses"),
    "reversal-entry": ("enters", "reverses"),
}
"""What people do first, so that a step of this kind is reached."""

_ACTIONS: Mapping[str, int] = {
    "enters": 6,
    "rests": 6,
    "fills": 5,
    "amends": 3,
    "cancels": 3,
    "protects": 3,
    "closes": 4,
    "moves": 5,
    "trips": 1,
    "resets": 1,
    "waits": 3,
}
"""What people and the market do, by how often."""
_OF_REVERSALS: Mapping[str, int] = {"reverses": 8}
"""The same, beside it in a round with reversals."""
BY_HAND: Mapping[str, int] = {"places by hand": 4, "cancels by hand": 4, "closes by hand": 3, "covers": 4}
"""The same, beside it in a round in which a person uses the exchange's own interface, too."""

_CUT = 0.5
"""The share of the lives on Kafka whose line to it is cut."""
_SECONDS = (0.3, 1.0, 2.0, 7.0)
"""The lengths of such a cut: the last one ends the engine's session."""

_CREATE, _CANCEL, _AMEND = "/v5/order/create", "/v5/order/cancel", "/v5/order/amend"
_OPERATIONS = ("order.create", "order.cancel", "order.amend")
"""The same three over the socket of orders."""
_LISTS = ("/v5/order/realtime", "/v5/order/history", "/v5/execution/list", "/v5/position/list")


def _faults() -> Sequence[Fault]:
    """Every fault that may be drawn, each for one request or push.

    Few of them leave a query without an answer: five in 30 s open a breaker, and nothing is entered for a minute.
    """
    sent = [
        Fault(where=where, kind=kind, commit=commit, value=value)
        for where in (_CREATE, _CANCEL, _AMEND, *_OPERATIONS)
        for kind, value in ((Kind.DROP, 0), (Kind.STATUS, 502), (Kind.HTML, 0), (Kind.TRUNCATED, 0))
        for commit in (True, False)
    ]
    late = [Fault(where=_CREATE, kind=Kind.DELAY, value=150, commit=commit) for commit in (True, False)]
    refused = [Fault(where=_CREATE, kind=Kind.CODE, value=code) for code in (10006, 10016, 10002)]
    lists = [
        Fault(where=where, kind=kind, value=value)
        for where in _LISTS
        for kind, value in ((Kind.STALE, 0), (Kind.DELAY, 100))
    ]
    unanswered = [
        Fault(where=_LISTS[0], kind=Kind.DROP),
        Fault(where=_LISTS[2], kind=Kind.STATUS, value=502),
    ]
    pushes = [
        Fault(where=topic, kind=kind, value=100 if kind is Kind.DELAY else 0)
        for topic in ("order", "execution")
        for kind in (Kind.MISSING, Kind.DUPLICATE, Kind.REORDERED, Kind.DELAY)
    ]
    return [*sent, *late, *refused, *lists, *unanswered, *pushes]


FAULTS = _faults()
_ON_SOCKETS: Sequence[tuple[str, Mapping[str, int]]] = (("cut", {}), ("restart", {}), ("refuse", {"ms": 200}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What holds for all lives of one round: how the engine sends orders, whether it reverses positions, and whether a
    person trades on the account `by_hand`, too, in the exchange's own interface.
    """

    way: OrderWay
    reverses: bool
    by_hand: bool

    @property
    def actions(self) -> Mapping[str, int]:
        """What people and the market do, by how often."""
        return {
            **_ACTIONS,
            **(_OF_REVERSALS if self.reverses else {}),
            **(BY_HAND if self.by_hand else {}),
        }

    @property
    def while_dead(self) -> Sequence[str]:
        """The part of it that also happens while no engine runs."""
        return ("moves", "fills", *(one for one in BY_HAND if self.by_hand and one != "covers"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One life. It ends at the `nth` time of `step`, or at the latest after its actions; without a step at `moment`
    (a share of the longest time after its fork). `faults` are in force from its fork on; the exchange does `on_sockets`
    while it trades. `cut` is made while it trades, where its log is on a Kafka whose line can be cut.
    """

    number: int
    step: str = ""
    nth: int = 1
    moment: float = 0.0
    faults: Sequence[Fault] = ()
    on_sockets: tuple[str, Mapping[str, int]] | None = None
    actions: Sequence[str] = ()
    while_dead: Sequence[str] = ()
    cut: Cut | None = None


def course(seed: int, first: int) -> Course:
    """The course of the round that begins with this life."""
    chance = Random(f"{seed}/{first}/course")
    return Course(
        way=chance.choice(tuple(OrderWay)),
        reverses=chance.random() < _REVERSING,
        by_hand=chance.random() < _INTERFERED,
    )


def plan(seed: int, number: int, of_round: Course) -> Plan:
    """The plan of the life with this number, from 0, in a round of this course."""
    chance = Random(f"{seed}/{number}")
    step = "" if number % _RANDOM_EVERY == _RANDOM_EVERY - 1 else _step(seed, number, of_round)
    kind = kind_of(step) if step else chance.choice(_kinds(of_round))
    is_spoiled = chance.random() < _SPOILED
    return Plan(
        number=number,
        step=step,
        nth=chance.choice((1, 1, 1, 1, 2)),
        moment=chance.uniform(0.02, 1.0),
        faults=chance.sample(FAULTS, chance.randint(1, 4)) if is_spoiled else (),
        on_sockets=chance.choice(_ON_SOCKETS) if chance.random() < 0.15 else None,
        actions=(*_PRELUDES[kind], *_drawn(chance, of_round.actions, 4)),
        while_dead=[one for one in of_round.while_dead if chance.random() < _WHILE_DEAD],
        cut=_cut(chance) if chance.random() < _CUT else None,
    )


def _cut(chance: Random) -> Cut:
    kind, seconds = chance.choice(tuple(CutKind)), chance.choice(_SECONDS)
    return Cut(kind, seconds, is_outlasted=chance.random() < 0.5)


def _kinds(of_round: Course) -> Sequence[str]:
    return [one for one in _PRELUDES if of_round.reverses or not one.startswith("reversal")]


def _step(seed: int, number: int, of_round: Course) -> str:
    """Steps come in a shuffled order, and are shuffled again when all have come."""
    place = number - number // _RANDOM_EVERY
    if of_round.reverses and place % _REVERSED_EVERY == 0:
        return _shuffled(seed, place // _REVERSED_EVERY, tuple(REVERSING))
    return _shuffled(seed, place, tuple(USUAL))


def _shuffled(seed: int, place: int, names: Sequence[str]) -> str:
    mixed = list(names)
    Random(f"{seed}/steps/{place // len(mixed)}").shuffle(mixed)
    return mixed[place % len(mixed)]


def _drawn(chance: Random, actions: Mapping[str, int], most: int) -> Sequence[str]:
    return chance.choices(list(actions), list(actions.values()), k=chance.randint(1, most))
