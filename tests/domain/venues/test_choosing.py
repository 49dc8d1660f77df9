"""Which of equal instruments an entry is made in: the cheapest to sweep after fees, or the proposed one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book.book_read import BookRead, read_of
from domain.committees.plan import plan
from domain.committees.view import View
from domain.direction import Direction, entry_side
from domain.entry import entry_of
from domain.grid import Grid, GridLevel
from domain.instrument import Instrument, round_down
from domain.market import Level
from domain.portfolio import Portfolio
from domain.reconciliation import DiscrepancyFound, ReconciliationBegun
from domain.settings import RiskSettings, Settings
from domain.signal import SignalDetected
from domain.strategies import Intent
from domain.streams import reconciliation_stream
from domain.venues.choosing import Choosing, Outcome, choose, exposed_in
from domain.venues.settings import VenueSettings
from tests.domain.history import (
    ACCOUNT,
    BTC,
    ETH,
    NOW,
    D,
    History,
    a_decision,
    a_signal,
    an_instrument,
    an_open_day,
    an_opening,
    an_order,
)
from tests.replacing import replace

OTHER = "XBTUSDT-LINEAR.BYBIT"
STALE = timedelta(seconds=10)
SIGNAL = a_signal()
"""A long of 50 at 100, stop 98, target 106."""
TEN = timedelta(seconds=10)


def book(bid: str, ask: str, size: str = "90", age: float = 0) -> BookRead:
    at = NOW - timedelta(seconds=age)
    return BookRead(at=at, update_id=7, bids=(Level(D(bid), D(size)),), asks=(Level(D(ask), D(size)),))


BOOKS = {BTC: book("99.9", "100.1"), OTHER: book("200.1", "200.2")}
"""The spread is 20 basis points in the proposed instrument, and 5 in the other."""
CHEAP = an_instrument(OTHER, base="BTC")


def a_day(other: Instrument = CHEAP, **risk: Any) -> History:
    return an_open_day(Settings(risk=RiskSettings(**risk))).listed(other)


def chosen(
    signal: SignalDetected = SIGNAL, history: History | None = None, **books: BookRead
) -> Outcome | None:
    portfolio = (history or a_day()).portfolio()
    read = {**BOOKS, **({OTHER: books["other"]} if "other" in books else {})}
    read |= {BTC: books["own"]} if "own" in books else {}
    given_ = Choosing(portfolio=portfolio, now=NOW, read=read.__getitem__, stale_after=TEN)
    return choose(signal, (OTHER,), given_)


def outcome(signal: SignalDetected = SIGNAL, history: History | None = None, **books: BookRead) -> Outcome:
    found = chosen(signal, history, **books)
    assert found is not None
    return found


def test_an_entry_is_made_where_sweeping_its_quantity_costs_least_after_fees() -> None:
    found = outcome()
    own, other = found.choice.candidates
    assert (own.instrument, own.quantity, own.vwap, own.middle) == (BTC, D(50), D("100.1"), D(100))
    # 50 at 100.1 are 5 beyond the middle of 5,000, fees are 0.00055 of 5,005 and of 5,000
    assert own.cost_bps == (D(5) + D("0.00055") * D(10_005)) / D(5_000) * 10_000 == D("21.0055")
    # 50 at 200.2 are 2.5 beyond the middle of 10,007.5
    assert other.cost_bps == D("13.4995")
    assert found.place is not None
    assert (found.place.instrument, found.place.book) == (OTHER, BOOKS[OTHER])


def test_stop_and_target_are_as_far_from_the_price_as_proposed_and_on_the_others_tick() -> None:
    place = outcome().place
    assert place is not None
    assert place.prices.price == D("200.2")
    # 200.2 x 0.98 = 196.196 and 200.2 x 1.06 = 212.212, both down for a long
    assert (place.prices.stop, place.prices.target) == (D("196.1"), D("212.2"))


def test_a_short_takes_the_bids_and_its_levels_are_rounded_up() -> None:
    short = a_signal(direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)
    found = outcome(short)
    place = found.place
    assert place is not None
    assert found.choice.candidates[1].vwap == place.prices.price == D("200.1")
    assert (place.prices.stop, place.prices.target) == (D("204.2"), D("188.1"))


def test_a_fee_that_outweighs_the_spread_keeps_the_entry_where_it_is_proposed() -> None:
    place = outcome(history=a_day(an_instrument(OTHER, base="BTC", taker_fee=D("0.0015")))).place
    assert place is not None
    assert (place.instrument, place.prices.price) == (BTC, SIGNAL.price)


def test_equal_costs_keep_the_entry_where_it_is_proposed() -> None:
    found = outcome(other=BOOKS[BTC])
    assert len({one.cost_bps for one in found.choice.candidates}) == 1
    assert found.place is not None
    assert found.place.instrument == BTC


@pytest.mark.parametrize(
    ("history", "other", "why"),
    [
        (an_open_day(), BOOKS[OTHER], "INSTRUMENT_NOT_LISTED"),
        (a_day(an_instrument(OTHER, base="BTC", quote="USDC")), BOOKS[OTHER], "TERMS_DIFFER"),
        (a_day(replace(CHEAP, base="ETH")), BOOKS[OTHER], "TERMS_DIFFER"),
        (a_day(allowed=(BTC,)), BOOKS[OTHER], "INSTRUMENT_NOT_ALLOWED"),
        (
            a_day().signal(a_signal(), a_decision()).order("abc-e1", an_order(instrument=OTHER)),
            BOOKS[OTHER],
            "ENGAGED",
        ),
        (a_day(), read_of(None, NOW), "BOOK_UNKNOWN"),
        (a_day(), replace(BOOKS[OTHER], bids=()), "BOOK_UNKNOWN"),
        (a_day(), book("200.1", "200.2", age=10.001), "BOOK_STALE"),
        (a_day(an_instrument(OTHER, base="BTC", min_quantity=D(80))), BOOKS[OTHER], "NO_QUANTITY"),
        (a_day(), book("200.1", "200.2", "24"), "BOOK_TOO_THIN"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_instrument_that_is_no_candidate_has_its_reason_and_the_entry_stays(
    history: History, other: BookRead, why: str
) -> None:
    found = outcome(history=history, other=other)
    assert found.choice.candidates[1].why == why
    assert found.choice.candidates[0].why == ""
    assert found.place is not None
    assert found.place.instrument == BTC


def test_an_entry_whose_own_book_is_not_fresh_stays_because_nothing_can_be_compared() -> None:
    found = outcome(own=book("99.9", "100.1", age=11))
    assert [one.why for one in found.choice.candidates] == ["BOOK_STALE", ""]
    assert found.place is None


_GRID = Grid(levels=(GridLevel(D(99), D(100)),), rounds=1, lifetime_seconds=60)


@pytest.mark.parametrize(
    ("signal", "history"),
    [
        (a_signal(intent=Intent.EXIT), a_day()),
        (a_signal(grid=_GRID), a_day()),
        (SIGNAL, a_day().signal(a_signal(), a_decision()).position(an_opening())),
        (SIGNAL, a_day().signal(a_signal(), a_decision()).order("abc-e1", an_order())),
        (SIGNAL, a_day().record(reconciliation_stream(ACCOUNT), ReconciliationBegun("start"))),
        (SIGNAL, History()),
    ],
    ids=["exit", "grid", "held", "waiting", "reconciling", "no account"],
)
def test_there_is_no_choice_for(signal: SignalDetected, history: History) -> None:
    assert chosen(signal, history) is None


def test_there_is_no_choice_while_a_discrepancy_is_unresolved() -> None:
    history = a_day().record(
        reconciliation_stream(ACCOUNT), DiscrepancyFound("difference:x", "USDT", "a balance")
    )
    assert chosen(history=history) is None


@pytest.mark.parametrize(
    ("instrument", "owner", "proposed", "found"),
    [
        (OTHER, "trend", BTC, OTHER),
        (BTC, "trend", BTC, BTC),
        (OTHER, "scalping", BTC, BTC),
        (ETH, "trend", BTC, BTC),
    ],
)
def test_a_proposal_has_its_effect_where_its_strategy_is_exposed(
    instrument: str, owner: str, proposed: str, found: str
) -> None:
    history = a_day().signal(a_signal(strategy=owner), a_decision())
    history.position(an_opening(instrument=instrument), instrument=instrument)
    assert exposed_in("trend", proposed, (OTHER,), history.portfolio()) == found


def test_a_proposal_has_its_effect_where_the_entry_of_its_strategy_waits() -> None:
    history = a_day().signal(a_signal(), a_decision()).order("abc-e1", an_order(instrument=OTHER))
    assert exposed_in("trend", BTC, (OTHER,), history.portfolio()) == OTHER


_PRICES = st.integers(900, 1_100).map(lambda tenths: D(tenths) / 10)
_LEVEL = st.tuples(st.integers(1, 3), st.sampled_from([D("0.5"), D(10), D(40), D(90)]))


@st.composite
def books_of(draw: st.DrawFn) -> BookRead:
    """A book of one to four levels a side, known or not, up to 20 s old."""
    if draw(st.integers(0, 9)) == 0:
        return BookRead(at=NOW, update_id=-1, why="a delta is missing")
    bid, sides = draw(_PRICES), list[tuple[Level, ...]]()
    for sign, best in ((-1, bid), (1, bid + draw(st.integers(1, 5)) * D("0.1"))):
        price, levels = best, list[Level]()
        for steps, size in draw(st.lists(_LEVEL, min_size=1, max_size=4)):
            levels.append(Level(price, size))
            price += sign * steps * D("0.1")
        sides.append(tuple(levels))
    age = timedelta(milliseconds=draw(st.integers(0, 20_000)))
    return BookRead(at=NOW - age, update_id=7, bids=sides[0], asks=sides[1])


_DAYS = {
    fee: a_day(an_instrument(OTHER, base="BTC", taker_fee=D(fee))).portfolio()
    for fee in ("0.0002", "0.00055", "0.001")
}


@given(books_of(), books_of(), st.sampled_from(sorted(_DAYS)), st.sampled_from(Direction))
def test_an_entry_is_moved_only_to_a_fresh_book_that_is_cheaper_by_its_own_sum(
    own: BookRead, other: BookRead, fee: str, direction: Direction
) -> None:
    portfolio, signal = _DAYS[fee], SIGNAL
    if direction is Direction.SHORT:
        signal = a_signal(direction=direction, stop=D(102), target=D(94), trend=-0.5)
    read = {BTC: own, OTHER: other}
    found = choose(
        signal, (OTHER,), Choosing(portfolio=portfolio, now=NOW, read=read.__getitem__, stale_after=TEN)
    )
    assert found is not None
    if found.place is None:
        assert _slow_cost(signal, BTC, own, portfolio) is None
        return
    costs = {name: _slow_cost(signal, name, read[name], portfolio) for name in read}
    own_cost = costs[BTC]
    assert own_cost is not None
    place = found.place
    assert NOW - place.book.at <= TEN
    assert place.book == read[place.instrument]
    cost = costs[place.instrument]
    assert cost is not None
    assert cost == min(one for one in costs.values() if one is not None)
    if place.instrument == BTC:
        assert place.prices.price == signal.price
    else:
        assert cost < own_cost


def _slow_cost(signal: SignalDetected, name: str, read: BookRead, portfolio: Portfolio) -> Decimal | None:
    """What a round trip costs, unit by lot, to 0.0001 basis points; None where the entry cannot be made."""
    if read.why or NOW - read.at > TEN:
        return None
    rules, side = portfolio.instruments[name], entry_side(signal.direction)
    levels = read.taken_by(side)
    price = signal.price if name == signal.instrument else levels[0].price
    up = D(0) if signal.direction is Direction.LONG else D("0.0999999")
    stop = round_down(signal.stop * price / signal.price + up, rules.tick)
    entry = replace(entry_of(signal), instrument=name, price=price, stop=stop)
    view = View(now=NOW, settings=portfolio.settings, instrument=rules, portfolio=portfolio)
    left = quantity = plan(entry, view).sized.quantity
    paid = D(0)
    for level in levels:
        taken = min(left, level.size)
        paid, left = paid + taken * level.price, left - taken
    if left or not quantity:
        return None
    middle = (read.bids[0].price + read.asks[0].price) / 2 * quantity
    cost = abs(paid - middle) + rules.taker_fee * paid + rules.taker_fee * middle
    return (cost / middle * 10_000).quantize(D("0.0001"))


def test_an_instrument_elsewhere_whose_twin_here_is_of_another_coin_is_no_candidate() -> None:
    away = {"ETHUSDT-LINEAR.BINANCE": "TERMS_DIFFER", "BTCUSDT-LINEAR.BINANCE": ""}
    venues = VenueSettings(
        equal=("=".join((BTC, ETH, *away)),), elsewhere=tuple(f"{name}=0.0005" for name in away)
    )
    portfolio = an_open_day(Settings(venues=venues)).listed(an_instrument(ETH, base="ETH")).portfolio()
    given_ = Choosing(portfolio=portfolio, now=NOW, read=lambda _: BOOKS[BTC], stale_after=TEN)
    found = choose(SIGNAL, tuple(away), given_)
    assert found is not None
    assert {one.instrument: one.why for one in found.choice.candidates if one.instrument in away} == away


AWAY = "BTCUSDT-LINEAR.BINANCE"


def routed(*elsewhere: str, proposed: str = BTC) -> Outcome:
    """The choice between an instrument here and one of another engine, whose settings are these."""
    venues = VenueSettings(equal=(f"{BTC}={OTHER}={AWAY}",), elsewhere=elsewhere)
    own = an_instrument(OTHER, base="BTC", lot=D("0.7"), tick=D("0.5"))
    portfolio = an_open_day(Settings(venues=venues)).listed(own).portfolio()
    read = {BTC: BOOKS[BTC], OTHER: BOOKS[BTC], AWAY: book("200.1", "200.2")}
    given_ = Choosing(portfolio=portfolio, now=NOW, read=read.__getitem__, stale_after=TEN)
    found = choose(a_signal(instrument=proposed), (AWAY,), given_)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lot", "tick", "quantity", "stop", "target"),
    [
        # 200.2 x 0.98 = 196.196 and 200.2 x 1.06 = 212.212; 100 at risk over 4.1 and 4.2 each are 24.39… and 23.8…
        ("0.001", "0.1", "24.390", "196.1", "212.2"),
        ("7", "0.25", "21", "196.00", "212.00"),
    ],
)
def test_an_entry_elsewhere_is_sized_by_the_lot_there_and_priced_on_the_tick_there(
    lot: str, tick: str, quantity: str, stop: str, target: str
) -> None:
    found = routed(f"{AWAY}=0.0001=BTCUSDT={lot}={tick}")
    place, candidate = found.place, found.choice.candidates[1]
    assert place is not None
    assert (place.instrument, place.prices.stop, place.prices.target) == (AWAY, D(stop), D(target))
    assert candidate.quantity == D(quantity)


@pytest.mark.parametrize("proposed", [BTC, OTHER])
def test_the_steps_of_an_instrument_elsewhere_are_those_of_its_twin_whichever_is_proposed(
    proposed: str,
) -> None:
    place = routed(f"{AWAY}=0.0001", proposed=proposed).place
    assert place is not None
    assert (place.instrument, place.prices.stop, place.prices.target) == (AWAY, D("196.1"), D("212.2"))


def test_an_instrument_elsewhere_whose_lot_there_exceeds_the_entry_is_no_candidate() -> None:
    found = routed(f"{AWAY}=0.0001=BTCUSDT=60=0.1")
    assert found.choice.candidates[1].why == "NO_QUANTITY"
