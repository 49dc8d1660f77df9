"""The slow versions of the figures of changes, trades, prices and pairs."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median, pstdev

from domain.book.depth import PublicTrade
from tests.domain.book.analysis.slow import (
    LONG,
    MINUTE,
    SHORT,
    History,
    correlation,
    levels_of,
    mid_of,
    ratio,
    signed,
    skewness,
    slope,
    volume,
)
from tests.domain.book.analysis.slow_levels import imbalance

Values = dict[str, float | None]


def flow_values(history: History) -> Values:
    found: Values = {}
    found["age_bid"], found["age_ask"] = median(history.ages(bids=True)), median(history.ages(bids=False))
    found["still"] = still(history)
    short, minute, long = (history.in_window(count) for count in (SHORT, MINUTE, LONG))
    if short is not None:
        books = [history.book_at[number] for number in short]
        mean = fmean(float(one.bid_sizes[0] + one.ask_sizes[0]) / 2 for one in books)
        found["ofi"] = history.ofi_in(short, 1) / mean
        found["ofi_levels"] = history.ofi_in(short, 5) / mean
        last, trades = history.depths[-1], history.trades_in(short)
        sold = volume([one for one in trades if not one.is_buy])
        found["depletion_bid"] = ratio(float(last.bid_sizes[0]), sold / 10)
        found["depletion_ask"] = ratio(float(last.ask_sizes[0]), (volume(trades) - sold) / 10)
        found["iceberg_bid"], found["iceberg_ask"] = iceberg(history, 0), iceberg(history, 1)
    if short is not None and long is not None:
        square = fmean(history.ofi_in([number], 1) ** 2 for number in long)
        found["ofi_excess"] = history.ofi_in(short, 1) / math.sqrt(20 * square)
    if minute is not None:
        found |= of_minute(history, minute)
    return found


def of_minute(history: History, minute: Sequence[int]) -> Values:
    changes = history.changes_in(minute)
    traded = volume(history.trades_in(minute))
    added, cancelled = sum(one.added for one in changes), sum(one.cancelled for one in changes)
    lives = [life for one in changes for life in one.lives]
    levels, moves = _depths(history), _moves(history)
    places = [place for number in minute for place in history.in_bin[number]]
    sides = [history.changes[place] for place in places if place in history.changes]
    return {
        "added": added / 60,
        "cancelled": cancelled / 60,
        "cancelled_to_added": ratio(cancelled, added),
        "cancelled_to_traded": ratio(cancelled, traded),
        "removed": len(lives) / 60,
        "lifetime": fmean(lives) / 1000 if lives else None,
        "fleeting": sum(life <= 1000 for life in lives) / len(lives) if lives else None,
        "updates": sum(place in levels for place in places) / 60,
        "best_changes": sum(place in moves for place in places) / 60,
        "hidden_bid": ratio(sum(bids.hidden for bids, _ in sides), traded),
        "hidden_ask": ratio(sum(asks.hidden for _, asks in sides), traded),
    }


def _depths(history: History) -> set[int]:
    return {place for place, one in enumerate(history.messages) if not isinstance(one, PublicTrade)}


def _moves(history: History) -> set[int]:
    """The places of the levels with another best price than those before."""
    found: set[int] = set()
    before: tuple[float, float] | None = None
    for place, one in enumerate(history.messages):
        if not isinstance(one, PublicTrade):
            best = float(one.bid_prices[0]), float(one.ask_prices[0])
            if before is not None and best != before:
                found.add(place)
            before = best
    return found


def still(history: History) -> float:
    moves = _moves(history)
    since = history.messages[max(moves)] if moves else history.depths[0]
    return (history.last_ms - since.matched_ms) / 1000


def iceberg(history: History, side: int) -> float:
    """The largest hidden / shown size among the prices with three refills that are a minute apart at most."""
    kept: dict[float, list[tuple[int, float, float]]] = defaultdict(list)
    for place, sides in history.changes.items():
        one = history.messages[place]
        if isinstance(one, PublicTrade):
            continue
        shown = dict(levels_of(one, bids=side == 0)[:20])
        for price, size in sides[side].refills.items():
            if kept[price] and one.matched_ms - kept[price][-1][0] >= 60_000:
                kept[price] = []
            kept[price].append((one.matched_ms, size, shown.get(price, 0.0)))
    found = [
        sum(size for _, size, _ in refills) / max(shown for *_, shown in refills)
        for refills in kept.values()
        if len(refills) >= 3 and history.last_ms - refills[-1][0] < 60_000 and max(one[2] for one in refills)
    ]
    return max(found, default=0.0)


def trade_values(history: History, mid: float) -> Values:
    found: Values = {}
    found["cumulative_delta"] = signed(history.trades)
    found["vpin"] = vpin(history.trades)
    found["run"] = run(history.trades)
    found |= profile(history, mid)
    short, minute, long = (history.in_window(count) for count in (SHORT, MINUTE, LONG))
    if minute is not None:
        found |= traded_in_minute(history, minute, mid)
        found["realised_spread"] = realised(history, mid)
    if short is not None and long is not None:
        found["volume_ratio"] = ratio(12 * volume(history.trades_in(short)), volume(history.trades_in(long)))
    returns, deltas = history.returns(), history.deltas()
    if returns is not None and deltas is not None and long is not None:
        found["delta_correlation"] = correlation(returns, deltas)
        found["kyle_lambda"] = slope(returns, deltas)
        values = [sum(one.price * one.size for one in history.trades_in([number])) for number in long]
        shares = [abs(r) / value * 1e6 for r, value in zip(returns, values, strict=True) if value]
        found["amihud"] = fmean(shares) if shares else None
        prices = price_values(history)
        move, noise, relative = prices["move"], prices["noise"], found["volume_ratio"]
        if move is not None and noise is not None and relative is not None:
            found["absorption"] = relative / (1 + abs(move) / noise)
    if len(history.trades) >= 200:
        found |= of_last_trades(history.trades[-200:])
    return found


def traded_in_minute(history: History, minute: Sequence[int], mid: float) -> Values:
    trades = history.trades_in(minute)
    whole = volume(trades)
    paid = 0.0
    for number in minute:
        for place in history.in_bin[number]:
            one = history.messages[place]
            if isinstance(one, PublicTrade):
                book = next(b for b in reversed(history.messages[:place]) if not isinstance(b, PublicTrade))
                paid += 2 * (one.price - mid_of(book)) * signed([one])
    flows = 0.0
    for number in minute:
        inside = history.trades_in([number])
        prices = [one.price for one in inside]
        if inside and max(prices) > min(prices):
            close_place = (2 * prices[-1] - max(prices) - min(prices)) / (max(prices) - min(prices))
            flows += close_place * volume(inside)
    average = sum(one.price * one.size for one in trades) / whole if whole else None
    return {
        "trade_rate": len(trades) / 60,
        "volume_delta": signed(trades) / whole if whole else None,
        "effective_spread": paid / whole / mid * 1e4 if whole else None,
        "vwap_distance": None if average is None else (mid / average - 1) * 1e4,
        "money_flow": flows / whole if whole else None,
    }


def realised(history: History, mid: float) -> float | None:
    window = history.in_window(MINUTE, SHORT)
    if window is None:
        return None
    kept = whole = 0.0
    for number in window:
        later = mid_of(history.book_at[number + SHORT])
        for one in history.trades_in([number]):
            kept += 2 * (one.price - later) * signed([one])
            whole += one.size
    return kept / whole / mid * 1e4 if whole else None


def of_last_trades(trades: Sequence[PublicTrade]) -> Values:
    sizes, prices = [one.size for one in trades], [one.price for one in trades]
    signs = [1.0 if one.is_buy else -1.0 for one in trades]
    waits = [b.matched_ms - a.matched_ms for a, b in itertools.pairwise(trades)]
    moves = [(b - a) / prices[-1] * 1e4 for a, b in itertools.pairwise(prices)]
    after, before = moves[1:], moves[:-1]
    covariance = fmean(x * y for x, y in zip(after, before, strict=True)) - fmean(after) * fmean(before)
    logs = [math.log(size) for size in sizes]
    mean = fmean(signs)
    variance = sum((one - mean) ** 2 for one in signs)
    products = sum((b - mean) * (a - mean) for a, b in itertools.pairwise(signs))
    whole = pstdev(waits) + fmean(waits)
    return {
        "trade_size": fmean(sizes),
        "trade_anomaly": (max(logs) - fmean(logs)) / pstdev(logs) if pstdev(logs) > 1e-9 else None,
        "large_share": sum(sorted(sizes)[-20:]) / sum(sizes),
        "sign_correlation": products / variance if variance else None,
        "burstiness": (pstdev(waits) - fmean(waits)) / whole if whole else None,
        "roll_spread": 2 * math.sqrt(-covariance) if covariance < 0 else None,
    }


def run(trades: Sequence[PublicTrade]) -> float | None:
    if not trades:
        return None
    count = 0
    for one in reversed(trades):
        if one.is_buy is not trades[-1].is_buy:
            break
        count += 1
    return float(count if trades[-1].is_buy else -count)


def vpin(trades: Sequence[PublicTrade]) -> float | None:
    """Each bucket by the place of its volume among all volume traded."""
    early = [
        one
        for place, one in enumerate(trades)
        if place < 50 or one.matched_ms - trades[0].matched_ms < 60_000
    ]
    if len(early) == len(trades):
        return None
    bucket = volume(early) / 50
    ends = [0.0]
    for one in trades:
        ends.append(ends[-1] + one.size)
    full = int(ends[-1] / bucket * (1 + 1e-12))
    if full < 50:
        return None
    found = 0.0
    for number in range(full - 50, full):
        inside = 0.0
        for place, one in enumerate(trades):
            begin, end = max(ends[place], number * bucket), min(ends[place + 1], (number + 1) * bucket)
            inside += max(0.0, end - begin) * (1 if one.is_buy else -1)
        found += abs(inside)
    return found / (50 * bucket)


def profile(history: History, mid: float) -> Values:
    names = ("control_distance", "control_share", "value_place", "value_width")
    since = history.last_ms // 1000 - 300
    trades = [one for one in history.trades if one.matched_ms // 1000 > since]
    if not trades:
        return dict.fromkeys(names)
    volumes: dict[int, float] = defaultdict(float)
    for one in trades:
        volumes[math.floor(math.log(one.price) * 1e4)] += one.size
    most = max(volumes.values())
    control = max(place for place, size in volumes.items() if size > most - 1e-9)
    inside = {control}
    while sum(volumes.get(place, 0.0) for place in inside) < 0.7 * sum(volumes.values()) - 1e-9:
        above, below = max(inside) + 1, min(inside) - 1
        up = volumes.get(above, 0.0) if above <= max(volumes) else -1.0
        down = volumes.get(below, 0.0) if below >= min(volumes) else -1.0
        inside.add(above if up >= down else below)
    low, high = math.exp(min(inside) / 1e4), math.exp((max(inside) + 1) / 1e4)
    return {
        "control_distance": (mid / math.exp((control + 0.5) / 1e4) - 1) * 1e4,
        "control_share": volumes[control] / sum(volumes.values()),
        "value_place": (mid - low) / (high - low),
        "value_width": (high / low - 1) * 1e4,
    }


def price_values(history: History) -> Values:
    found: Values = {}
    mids = history.mids(2 * SHORT + 1)
    if mids is not None:
        move, before = (mids[-1] / mids[SHORT] - 1) * 1e4, (mids[SHORT] / mids[0] - 1) * 1e4
        found["acceleration"] = (move - before) / 100
    if history.in_window(SHORT + 1) is not None:
        now, then = [mid_of(history.book_at[n]) for n in (history.bins[-1], history.bins[-1 - SHORT])]
        found["move"] = (now / then - 1) * 1e4
    returns = history.returns()
    if returns is not None:
        found |= of_returns(returns)
        mids = history.mids(LONG)
        assert mids
        found["range_place"] = ratio(mids[-1] - min(mids), max(mids) - min(mids))
    moved, noise = found.get("move"), found.get("noise")
    if moved is not None and noise is not None:
        found["move_excess"] = moved / (2 * noise)
    return found | imbalances(history)


def of_returns(returns: Sequence[float]) -> Values:
    square = sum(r * r for r in returns)
    pairs = sum(abs(a) * abs(b) for a, b in itertools.pairwise(returns))
    mean = fmean(returns)
    centred = [r - mean for r in returns]
    varies = sum(c * c for c in centred)
    steps = [sum(centred[place : place + 10]) for place in range(len(returns) - 9)]
    return {
        "volatility": math.sqrt(square),
        "bipower": math.sqrt(math.pi / 2 * pairs),
        "jump_share": max(0.0, 1 - math.pi / 2 * pairs / square) if square else None,
        "down_share": sum(r * r for r in returns if r < 0) / square if square else None,
        "return_skew": skewness(returns),
        "return_correlation": sum(a * b for a, b in itertools.pairwise(centred)) / varies,
        "variance_ratio": fmean(one * one for one in steps) / (10 * varies / len(returns)),
        "noise": math.sqrt(20 * square / len(returns)) if square else None,
    }


def imbalances(history: History) -> Values:
    found: Values = {}
    minute = history.in_window(MINUTE)
    if minute is not None:
        values = [imbalance_at(history, number) for number in minute]
        known = [one for one in values if one is not None]
        if len(known) == len(values):
            found |= {
                "imbalance_mean": fmean(known),
                "imbalance_deviation": pstdev(known),
                "imbalance_skew": skewness(known),
            }
        spreads = [spread_at(history, number) for number in minute]
        last = history.depths[-1]
        spread = float(last.ask_prices[0] - last.bid_prices[0]) / mid_of(last) * 1e4
        deviation = pstdev(spreads)
        found["spread_excess"] = (spread - fmean(spreads)) / deviation if deviation > 1e-6 else None
    if history.in_window(SHORT + 1) is not None:
        now, before = (imbalance_at(history, history.bins[-1 - back]) for back in (0, SHORT))
        if now is not None and before is not None:
            found["imbalance_change"] = (now - before) / 10
            if history.in_window(2 * SHORT + 1) is not None:
                first = imbalance_at(history, history.bins[-1 - 2 * SHORT])
                if first is not None:
                    found["imbalance_acceleration"] = (now - 2 * before + first) / 100
    return found


def imbalance_at(history: History, number: int) -> float | None:
    book = history.book_at[number]
    return imbalance(levels_of(book, bids=True), levels_of(book, bids=False), 5)


def spread_at(history: History, number: int) -> float:
    book = history.book_at[number]
    return float(book.ask_prices[0] - book.bid_prices[0]) / mid_of(book) * 1e4


def pair_values(own: History, reference: History, venue: History) -> Values:
    with_reference, with_venue = common(own, reference), common(own, venue)
    found: Values = {}
    if with_reference is not None:
        ours, theirs = with_reference
        found["reference_correlation"] = correlation(ours, theirs)
        found["reference_beta"] = slope(ours, theirs)
        found["reference_lead"] = correlation(ours[1:], theirs[:-1])
    if with_venue is not None:
        ours, theirs = with_venue
        found["venue_correlation"] = correlation(ours, theirs)
        found["venue_lead"] = correlation(ours[1:], theirs[:-1])
    numbers = [number for number in own.bins if number in venue.book_at][-MINUTE:]
    if len(numbers) == MINUTE and together(own, venue):
        basis = [1e4 * math.log(mid_of(own.book_at[n]) / mid_of(venue.book_at[n])) for n in numbers]
        found["venue_basis"] = basis[-1]
        found["venue_basis_excess"] = (
            (basis[-1] - fmean(basis)) / pstdev(basis) if pstdev(basis) > 1e-6 else None
        )
    return found


def common(own: History, other: History) -> tuple[list[float], list[float]] | None:
    numbers = [number for number in own.bins if number in other.book_at][-LONG - 1 :]
    if len(numbers) <= LONG or not together(own, other):
        return None
    found: list[list[float]] = []
    for history in (own, other):
        mids = [mid_of(history.book_at[number]) for number in numbers]
        found.append([1e4 * math.log(b / a) for a, b in itertools.pairwise(mids)])
    return found[0], found[1]


def together(own: History, other: History) -> bool:
    """Whether neither is more than 10 s behind."""
    return abs(own.bins[-1] - other.bins[-1]) <= SHORT
