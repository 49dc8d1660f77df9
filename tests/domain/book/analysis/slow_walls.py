"""The slow versions of the figures of walls and of manipulation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from domain.book.depth import Depth, PublicTrade
from tests.domain.book.analysis.slow import History, levels_of, mid_of, volume

Values = dict[str, float | None]
Sample = tuple[int, Depth]


@dataclass
class Stood:
    """A wall: the numbers of the first and last look at which it stood."""

    price: float
    first: int
    last: int


def wall_values(history: History) -> Values:
    samples, usual = looks(history)
    mid = mid_of(history.depths[-1])
    found: Values = {}
    walls = {bids: walls_of(samples, usual[bids], bids=bids) for bids in (True, False)}
    for name, bids in (("support", True), ("resistance", False)):
        standing = [one for one in walls[bids] if one.last == len(samples) - 1]
        steady = [one for one in standing if history.last_ms - samples[one.first][1].matched_ms >= 5_000]
        if steady:
            best = max(
                steady,
                key=lambda one: (
                    strength(one, samples, usual[bids], bids=bids),
                    one.price if bids else -one.price,
                ),
            )
            found[f"{name}_distance"] = abs(best.price / mid - 1) * 1e4
            found[f"{name}_strength"] = strength(best, samples, usual[bids], bids=bids)
            found[f"{name}_age"] = (history.last_ms - samples[best.first][1].matched_ms) / 1000
    for name, bids in (("bid", True), ("ask", False)):
        gone = withdrawals(history, samples, usual[bids], walls[bids], bids=bids)
        found[f"spoofing_{name}"] = spoofing(history.last_ms, gone)
        found[f"layering_{name}"] = layering(history.last_ms, samples, gone, walls[bids], walls[not bids])
    return found


def looks(history: History) -> tuple[list[Sample], dict[bool, list[float]]]:
    """The levels at which walls are looked for, and the usual size of each side that holds then."""
    samples: list[Sample] = []
    usual: dict[bool, list[float]] = {True: [], False: []}
    for place, one in enumerate(history.messages):
        if not isinstance(one, Depth):
            continue
        if samples and one.matched_ms // 100 == samples[-1][1].matched_ms // 100:
            continue
        samples.append((place, one))
        # The usual size of the last levels before the bin began; of the first levels until then.
        before = [book for number, book in history.book_at.items() if number < history.numbers[place]]
        book = before[-1] if before else history.depths[0]
        for bids in (True, False):
            sizes = sorted(size for _, size in levels_of(book, bids=bids))
            usual[bids].append(sizes[int(0.9 * (len(sizes) - 1))])
    return samples, usual


def walls_of(samples: Sequence[Sample], usual: Sequence[float], *, bids: bool) -> list[Stood]:
    """All walls in order of their beginnings: 2.5 usual sizes to begin, half of it to stand on."""
    found: list[Stood] = []
    standing: dict[float, Stood] = {}
    for number, (_, depth) in enumerate(samples):
        sizes = dict(levels_of(depth, bids=bids))
        for price in list(standing):
            if sizes.get(price, 0.0) >= 1.25 * usual[number]:
                standing[price].last = number
            else:
                del standing[price]
        for price, size in sizes.items():
            if size >= 2.5 * usual[number] and price not in standing:
                standing[price] = Stood(price, number, number)
                found.append(standing[price])
    return found


def sizes_of(wall: Stood, samples: Sequence[Sample], *, bids: bool) -> list[float]:
    return [
        dict(levels_of(samples[number][1], bids=bids))[wall.price]
        for number in range(wall.first, wall.last + 1)
    ]


def multiple(wall: Stood, samples: Sequence[Sample], usual: Sequence[float], *, bids: bool) -> float:
    """The largest size in usual sizes of then, among the sizes that were the largest so far."""
    best = largest = 0.0
    for number, size in zip(
        range(wall.first, wall.last + 1), sizes_of(wall, samples, bids=bids), strict=True
    ):
        if size > largest:
            largest, best = size, max(best, size / usual[number])
    return best


def touched(wall: Stood, depth: Depth, *, bids: bool) -> bool:
    return float(depth.bid_prices[0]) <= wall.price if bids else float(depth.ask_prices[0]) >= wall.price


def strength(wall: Stood, samples: Sequence[Sample], usual: Sequence[float], *, bids: bool) -> float:
    at = [touched(wall, samples[number][1], bids=bids) for number in range(wall.first, wall.last + 1)]
    returns = sum(one and not other for one, other in itertools.pairwise(at))
    return multiple(wall, samples, usual, bids=bids) * (1 + returns)


@dataclass
class Gone:
    """A withdrawal that counts: its times, its largest size, its distance, its score, the look of its end."""

    born: int
    at: int
    size: float
    distance: float
    score: float
    look: int


def withdrawals(
    history: History,
    samples: Sequence[Sample],
    usual: Sequence[float],
    walls: Sequence[Stood],
    *,
    bids: bool,
) -> list[Gone]:
    found: list[Gone] = []

    def largest_of(wall: Stood, until: int) -> float:
        return max(sizes_of(Stood(wall.price, wall.first, min(wall.last, until)), samples, bids=bids))

    for wall in walls:
        if wall.last == len(samples) - 1:
            continue
        (begin, first), (end, gone) = samples[wall.first], samples[wall.last + 1]
        seen = [one for _, one in samples[wall.first : wall.last + 2]]
        last = levels_of(gone, bids=bids)[-1][0]
        is_out = wall.price < last if bids else wall.price > last
        life = gone.matched_ms - first.matched_ms
        if any(touched(wall, one, bids=bids) for one in seen) or is_out or life > 5_000:
            continue
        if any(
            one.first == wall.last + 1
            and similar(largest_of(one, wall.last + 1), largest_of(wall, wall.last))
            for one in walls
        ):
            continue  # it was moved
        trades = [one for one in history.messages[begin:end] if isinstance(one, PublicTrade)]
        other = volume([one for one in trades if one.is_buy is bids])
        away = other / volume(trades) if trades else 0.5
        size = min(1.0, multiple(wall, samples, usual, bids=bids) / 5)
        score = size * (1 - life / 5_000) * (1 + away) / 2
        sizes = sizes_of(wall, samples, bids=bids)
        place = abs(wall.price / mid_of(first) - 1) * 1e4
        found.append(Gone(first.matched_ms, gone.matched_ms, max(sizes), place, score, wall.last + 1))
    return sorted(found, key=lambda one: one.at)


def similar(one: float, other: float) -> bool:
    return abs(one - other) <= 0.05 * max(one, other)


def spoofing(now: int, gone: Sequence[Gone]) -> float:
    recent = [one for one in gone if one.at > now - 60_000]
    if not recent:
        return 0.0
    last = recent[-1]
    alike: dict[int, list[float]] = {}
    for one in recent:
        if similar(one.size, last.size) and abs(one.distance - last.distance) <= 0.25 * last.distance:
            alike.setdefault(one.at, []).append(one.score)
    return 1 - prod(1 - max(scores) for scores in alike.values()) if len(alike) >= 3 else 0.0


def layering(
    now: int, samples: Sequence[Sample], gone: Sequence[Gone], own: Sequence[Stood], other: Sequence[Stood]
) -> float:
    scores = [0.0]
    for look in {one.look for one in gone}:
        at = samples[look][1].matched_ms
        last = [one for one in gone if one.look == look][-1]
        layers = [one for one in gone if at - 500 <= one.at <= at and abs(one.born - last.born) <= 500]
        if len(layers) >= 3 and at > now - 60_000:
            here = sum(one.first <= look <= one.last for one in own)
            there = sum(one.first <= look <= one.last for one in other)
            scores.append(min(1.0, len(layers) / 5) * (len(layers) + here) / (len(layers) + here + there))
    return max(scores)
