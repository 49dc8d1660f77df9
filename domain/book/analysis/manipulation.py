"""Suspicions of spoofing and layering: large levels that are withdrawn before the price reaches them, again and again.

What is seen are levels, not who placed them: a score is a reason to look, and no proof of an intent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from math import prod

from msgspec import Struct

from domain.book.analysis.walls import Ended, Ending, Walls, Way

SPAN_MS = 60_000
"""Withdrawals of so many milliseconds are judged together; one kind and side is reported once in this time."""
BRIEF_MS = 5_000
"""A wall that stood longer was at risk of a trade, and is not counted."""
ALIKE = 0.05
"""Sizes that differ by this part at most are of one kind: one program places the same size again."""
PLACED = 0.25
"""The same of distances from the mid price."""
REPEATED = 3
LAYERS = 3
TOGETHER_MS = 500
"""Walls that begin, and end, within this time are layers of one ladder."""
_FULL_MULTIPLE, _FULL_LAYERS = 5.0, 5
SPOOFING_LIMIT, LAYERING_LIMIT = 0.85, 0.75


class Kind(StrEnum):
    """SPOOFING: walls of one size, withdrawn repeatedly. LAYERING: several at once on one side."""

    SPOOFING = "SPOOFING"
    LAYERING = "LAYERING"


class Withdrawal(Struct, frozen=True, gc=False, kw_only=True):
    """A wall that was cancelled before the price reached it: the evidence of a suspicion.

    `distance` in basis points from the mid at its start; `away` is the part of the takers' volume, while it stood, that
    traded with the other side of the book (0.5 without a trade); `score` 0..1.
    """

    way: Way
    price: float
    size: float
    multiple: float
    distance: float
    born_ms: int
    at: int
    away: float
    score: float


class Suspicion(Struct, frozen=True, gc=False, kw_only=True):
    """One episode: its kind, the side of the withdrawn walls, the score (0..1), and the walls."""

    kind: Kind
    way: Way
    at: int
    score: float
    evidence: tuple[Withdrawal, ...]


class Watch:
    """Judges the walls that end on one side."""

    __slots__ = ("_last", "_layers", "_way", "_withdrawn")

    def __init__(self, way: Way) -> None:
        self._way = way
        self._withdrawn: deque[Withdrawal] = deque()
        self._layers: deque[tuple[int, float]] = deque()
        self._last: dict[Kind, int] = {}

    def take(self, ended: Sequence[Ended], own: Walls, other: Walls) -> Sequence[Suspicion]:
        """Takes walls of this side that ended at one time, and the walls that stand; returns new suspicions."""
        new = [withdrawal_of(one) for one in ended if is_suspect(one) and not was_moved(one, own)]
        if not new:
            return ()
        self._withdrawn.extend(new)
        at = new[0].at
        self._forget(at)
        found = [self._spoofing(at), self._layering(at, len(own.standing), len(other.standing))]
        return [one for one in found if one is not None]

    def spoofing(self, at: int) -> float:
        """The score of the repeated withdrawals of the last minute: 0..1."""
        self._forget(at)
        return score_of(alike(self._withdrawn))

    def layering(self, at: int) -> float:
        """The highest score of a withdrawn ladder in the last minute: 0..1."""
        self._forget(at)
        return max((score for _, score in self._layers), default=0.0)

    def _forget(self, at: int) -> None:
        while self._withdrawn and self._withdrawn[0].at <= at - SPAN_MS:
            self._withdrawn.popleft()
        while self._layers and self._layers[0][0] <= at - SPAN_MS:
            self._layers.popleft()

    def _spoofing(self, at: int) -> Suspicion | None:
        evidence = alike(self._withdrawn)
        score = score_of(evidence)
        return self._once(Kind.SPOOFING, at, score, evidence) if score >= SPOOFING_LIMIT else None

    def _layering(self, at: int, own: int, other: int) -> Suspicion | None:
        layers = ladder_of(self._withdrawn)
        if len(layers) < LAYERS:
            return None
        score = layering_score(len(layers), own, other)
        self._layers.append((at, score))
        return self._once(Kind.LAYERING, at, score, layers) if score >= LAYERING_LIMIT else None

    def _once(self, kind: Kind, at: int, score: float, evidence: Sequence[Withdrawal]) -> Suspicion | None:
        """The suspicion, unless one of this kind was found in the last minute: they are one episode."""
        last = self._last.get(kind)
        if last is not None and at - last < SPAN_MS:
            return None
        self._last[kind] = at
        return Suspicion(kind=kind, way=self._way, at=at, score=score, evidence=tuple(evidence))


def is_suspect(ended: Ended) -> bool:
    """Whether the wall was withdrawn before a touch, and soon."""
    return ended.ending is Ending.WITHDRAWN and ended.life_ms <= BRIEF_MS


def was_moved(ended: Ended, own: Walls) -> bool:
    """Whether a wall of its size began when it ended: the order follows the price, as those of market makers do."""
    size = ended.wall.size
    return any(one.born_ms == ended.at and is_alike(one.size, size) for one in own.standing.values())


def is_alike(one: float, other: float) -> bool:
    """Whether two sizes are of one kind."""
    return abs(one - other) <= ALIKE * max(one, other)


def withdrawal_of(ended: Ended) -> Withdrawal:
    """The withdrawal with its score: size · brevity · (1 + away) / 2, each factor 0..1."""
    wall = ended.wall
    volume = ended.bought + ended.sold
    with_other = ended.bought if wall.way is Way.BID else ended.sold
    away = with_other / volume if volume > 0.0 else 0.5
    size = min(1.0, wall.multiple / _FULL_MULTIPLE)
    brevity = 1.0 - ended.life_ms / BRIEF_MS
    return Withdrawal(
        way=wall.way,
        price=wall.price,
        size=wall.size,
        multiple=wall.multiple,
        distance=wall.distance,
        born_ms=wall.born_ms,
        at=ended.at,
        away=away,
        score=size * brevity * (1.0 + away) / 2.0,
    )


def alike(withdrawn: Sequence[Withdrawal]) -> Sequence[Withdrawal]:
    """The withdrawals with size and distance of the last one, at different times: those of one ladder count once."""
    if not withdrawn:
        return ()
    last = withdrawn[-1]
    by_time: dict[int, Withdrawal] = {}
    for one in withdrawn:
        if is_alike(one.size, last.size) and abs(one.distance - last.distance) <= PLACED * last.distance:
            known = by_time.get(one.at)
            if known is None or one.score > known.score:
                by_time[one.at] = one
    return tuple(by_time.values())


def score_of(evidence: Sequence[Withdrawal]) -> float:
    """1 - the product of (1 - score); 0 for fewer than three withdrawals."""
    return 1.0 - prod(1.0 - one.score for one in evidence) if len(evidence) >= REPEATED else 0.0


def ladder_of(withdrawn: Sequence[Withdrawal]) -> Sequence[Withdrawal]:
    """The withdrawals that began and ended together with the last one."""
    if not withdrawn:
        return ()
    last = withdrawn[-1]
    return [
        one
        for one in withdrawn
        if last.at - one.at <= TOGETHER_MS and abs(last.born_ms - one.born_ms) <= TOGETHER_MS
    ]


def layering_score(layers: int, own: int, other: int) -> float:
    """min(1, layers / 5) · the part of the walls that stood on this side."""
    return min(1.0, layers / _FULL_LAYERS) * (layers + own) / (layers + own + other)
