"""Manual orders: the events that follow from them, and the orders that are refused before any event is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from commands import account
from commands.exchange import Amended, Cancelled, OutcomeUnclear
from commands.instrument import ListInstrument
from commands.reconciliation import RecordDiscrepancy
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    ManualTerms,
    PlaceOrder,
    TripKillSwitch,
)
from commands.requests.fingerprint import fingerprint
from commands.requests.limits import MEMBERS, SENTENCES, case_of
from domain.account import KillSwitchTripped
from domain.breaker import BreakerOpened, Service
from domain.command_fact import command_fact
from domain.committees import View
from domain.committees.leverage import leverage_known
from domain.committees.margin_limits import RULES as MARGIN_RULES
from domain.direction import Purpose, Side
from domain.leverage.change import LeverageChangeUnclear
from domain.margin.settings import MarginSettings
from domain.order import OrderOutcomeUnknown, OrderPlaced, OrderType
from domain.pause import EntriesPaused
from domain.reconciliation import DiscrepancyFound, ReconciliationBegun
from domain.settings import RiskSettings, Settings
from domain.streams import breaker_stream, leverage_stream, order_stream, pause_stream, reconciliation_stream
from projections.chain import missing_causes
from tests.commands.desk import Desk, a_fill_of, folded, snapshot
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, a_stop, an_instrument, an_open_day, money
from tests.replacing import replace

ENTRY = ["FundsReserved", "OrderPlaced", "OrderPlaced", "OrderPlaced"]
LONG_ONE = f"{BTC}-LONG-1"


def placed(desk: Desk, order_id: str) -> OrderPlaced:
    terms: OrderPlaced = desk.world.state(order_stream(ACCOUNT, order_id)).terms
    return terms


def test_an_entry_is_placed_with_its_reservation_and_its_protection() -> None:
    eve = Asking()
    assert eve.accepted(PlaceOrder(terms()), "in") == ENTRY
    chain = chain_of("in")
    entry, stop, target = (placed(eve.desk, f"{chain}-{leg}") for leg in ("e1", "s1", "t1"))
    assert (entry.side, entry.type, entry.purpose, entry.reduce_only) == (
        Side.BUY,
        OrderType.MARKET,
        Purpose.ENTRY,
        False,
    )
    assert (stop.trigger_price, stop.parent, stop.side, stop.reduce_only) == (
        D(98),
        f"{chain}-e1",
        Side.SELL,
        True,
    )
    assert (target.limit_price, target.quantity, target.purpose) == (D(106), D(10), Purpose.TARGET)
    assert eve.desk.exchange.sent == [("submit", (f"{chain}-e1", f"{chain}-s1", f"{chain}-t1"))]
    causes = {envelope.meta.causation_id for envelope in eve.desk.log.envelopes[-4:]}
    assert causes == {command_fact("in", fingerprint(PlaceOrder(terms())))}
    assert {envelope.meta.actor for envelope in eve.desk.log.envelopes[-4:]} == {"eve"}
    assert {envelope.meta.correlation_id for envelope in eve.desk.log.envelopes[-4:]} == {chain}
    assert eve.desk.world.portfolio.account.reserved == {f"{chain}-e1": D("201.1")}, "1000/5 + 2·0.55 of fees"


def test_a_manual_position_is_protected_and_its_reserved_funds_released() -> None:
    eve = Asking()
    eve.entered()
    portfolio = eve.desk.world.portfolio
    held = portfolio.positions[BTC]
    assert (held.state.quantity, held.state.stop, held.state.target) == (D(10), D(98), D(106))
    assert portfolio.account.reserved == {}
    assert list(missing_causes(eve.desk.log.read())) == []
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"quantity": D("0.0001")}, r"InvalidInput: quantity 0.0001 has more digits than"),
        ({"quantity": D(-1)}, r"InvalidInput: quantity -1 must be a positive"),
        ({"type": OrderType.LIMIT}, r"InvalidInput: the limit price .* is None: it needs one"),
        ({"limit_price": D(99)}, r"InvalidInput: the limit price of a MARKET order .* it has none"),
        ({"type": OrderType.LIMIT, "limit_price": D("99.95")}, r"InvalidInput: the limit price .* step is 0.1"),
        ({"stop": D("97.99")}, r"InvalidInput: the stop .* its step is 0.1"),
        ({"instrument": "XYZUSDT-LINEAR.BYBIT"}, r"InstrumentNotListed: XYZ.* listed are: BTC"),
        ({"instrument": "BTCUSDT"}, r"InstrumentNotListed: BTCUSDT is .* write it as BTCUSDT-LINEAR\.BYBIT; listed"),
        ({"quantity": D("0.04")}, r"Refused: 0.04 at 100 is less than the minimum notional of 5"),
        ({"quantity": D(101), "stop": D("99.9")}, r"Refused: a quantity of 101 is not in 0.001 … 100"),
        ({"stop": D(101)}, r"Refused: a stop of 101 does not protect a LONG .* below"),
        ({"stop": D(80), "quantity": D(1)}, r"Refused: a stop of 80 is never reached"),
        ({"target": D(99)}, r"Refused: a target of 99 is no gain"),
        ({"stop": D("69.9")}, r"Refused: a stop of 69.9 is never .*; it risks 301.0 where one trade may risk 200"),
        ({"stop": None, "quantity": D("10.1")}, r"Refused: it risks 202.* name a stop, or take less of it"),
        ({"type": OrderType.STOP, "trigger_price": D(100)}, r"Refused: a BUY trigger at 100 is passed already"),
        (
            {"type": OrderType.STOP, "trigger_price": D(110), "instrument": ETH},
            r"RefusedForNow: no price of ETHUSDT-LINEAR.BYBIT is known yet: a trigger",
        ),
        ({"instrument": ETH}, r"RefusedForNow: no price of ETHUSDT-LINEAR.BYBIT is known yet"),
    ],
)  # fmt: skip
def test_invalid_terms_are_declined(changed: dict[str, Any], sentence: str) -> None:
    refusal = Asking().declined(PlaceOrder(terms(**changed)))
    assert re.match(sentence, refusal), refusal


def tripped(eve: Asking) -> None:
    eve.desk.ask(account.TripKillSwitch("lunch"), cause="command:trip")


def in_doubt(eve: Asking) -> None:
    (order_id,) = eve.desk.world.portfolio.entries
    eve.desk.tell(
        OutcomeUnclear(order_id=order_id, at=eve.desk.at, fact="exchange:test:silence", reason="timeout")
    )


def disagreeing(eve: Asking) -> None:
    eve.desk.ask(RecordDiscrepancy("d-1", BTC, "1 more"), cause="exchange:test:d-1")


def holding(eve: Asking) -> None:
    eve.entered()


def bare(eve: Asking) -> None:
    eve.entered(terms(stop=None, target=None, quantity=D(1)))


def waiting(eve: Asking) -> None:
    eve.accepted(PlaceOrder(terms(quantity=D(1), type=OrderType.LIMIT, limit_price=D(99))))


FORBIDDEN: tuple[tuple[tuple[Callable[[Asking], None], ...], dict[str, Any], str], ...] = (
    ((tripped,), {}, r"the kill switch is tripped \(lunch\): reset it first"),
    ((waiting, in_doubt), {}, r"the outcome of \w+-e1 is not known yet: no new exposure until it is"),
    ((disagreeing,), {}, r"the exchange and the log disagree \(d-1\): settle that first"),
    (
        (holding,),
        {"side": Side.SELL, "stop": D(102), "target": D(94)},
        r".*-LONG-1 is open LONG: .* would turn it",
    ),
    ((holding,), {}, r".*-LONG-1 is open: its own stop and target cover the increase"),
    ((bare,), {}, r".*-LONG-1 is open without a stop and a target, .* first \(moveProtection\)"),
    ((waiting,), {}, r"\w+-e1 waits in BTCUSDT-LINEAR.BYBIT: amend it or cancel it first"),
    ((waiting,), {"side": Side.SELL, "stop": D(102), "target": D(94)}, r"\w+-e1 waits in BTC"),
)


@pytest.mark.parametrize(("before", "changed", "sentence"), FORBIDDEN)
def test_new_exposure_is_refused_where_the_situation_forbids_it(
    before: tuple[Callable[[Asking], None], ...], changed: dict[str, Any], sentence: str
) -> None:
    eve = Asking()
    for step in before:
        step(eve)
    refusal = eve.declined(PlaceOrder(terms(**changed)))
    assert re.match(f"Refused: {sentence}", refusal), refusal
    assert eve.declined(DraftOrder(terms(**changed))) == refusal


@pytest.mark.parametrize(
    ("limits", "changed", "sentence"),
    [
        ({"allowed": (ETH,)}, {}, r"BTCUSDT-LINEAR.BYBIT is not allowed by risk.allowed \(ETH"),
        ({"max_positions": 0}, {}, r"positions and entries: 0 held, 0 allowed"),
        (
            {"reserved_balance": D("0.99")},
            {},
            r"it needs 201.1\d* of margin and fees, where 100.00 can be spent",
        ),
        ({"max_total_risk": D("0.001")}, {}, r"it risks 20 beside 0 at risk already, of at most 10.000"),
        (
            {"max_risk_per_trade": D("0.001")},
            {},
            r"it risks 20 where one trade may risk 10.000 .* a nearer stop",
        ),
    ],
)
def test_an_order_beyond_a_limit_of_the_risk_committee_is_declined(
    limits: dict[str, Any], changed: dict[str, Any], sentence: str
) -> None:
    refusal = Asking(Settings(risk=replace(RiskSettings(), **limits))).declined(PlaceOrder(terms(**changed)))
    assert re.match(f"Refused: {sentence}", refusal), refusal


def test_an_entry_after_the_daily_loss_limit_is_declined() -> None:
    eve = Asking(Settings(risk=RiskSettings(max_daily_loss=D("0.0001"))))
    chain = eve.entered()
    eve.desk.tell(a_fill_of(f"{chain}-s1", "out", D(10), D(98)))
    assert "DAILY" not in eve.declined(PlaceOrder(terms()))
    assert "the day has gone from 10000" in eve.declined(PlaceOrder(terms()))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (MarginSettings(max_in_use=D("0.02")), "(margin.max_in_use)"),
        (MarginSettings(max_per_position=D("0.02")), "(margin.max_per_position)"),
        (MarginSettings(liquidation_distance=D("0.18")), "(margin.liquidation_distance)"),
    ],
    ids=["in use", "per position", "liquidation"],
)
def test_an_entry_beyond_a_limit_on_the_margin_is_declined(limits: MarginSettings, sentence: str) -> None:
    """10 at 100 with the stop at 98 need 200 and fees at leverage 5; liquidation is 0.195 from the entry."""
    assert sentence in Asking(Settings(margin=limits)).declined(PlaceOrder(terms()))


@pytest.mark.parametrize(("limit", "accepted"), [("0.024", False), ("0.0242", True)])
def test_the_margin_of_a_position_that_a_person_increases_is_that_of_all_of_it(
    limit: str, *, accepted: bool
) -> None:
    """4 at 100 have a margin of 80 at leverage 5; 8 more need 160 and fees of 0.88."""
    eve = Asking(Settings(margin=MarginSettings(max_per_position=D(limit))))
    eve.entered(terms(quantity=D(4)))
    more = PlaceOrder(terms(quantity=D(8), stop=None, target=None))
    if accepted:
        assert eve.accepted(more)
    else:
        assert "its margin of 240.88000000 is above the 239.99" in eve.declined(more)


@pytest.mark.parametrize(
    ("price", "limit", "accepted"),
    [(99, "0.1751", False), (99, "0.175", True), (105, "0.1284", False), (105, "0.1283", True)],
)
def test_an_increase_by_a_person_is_judged_by_the_position_s_stop_and_the_price_further_from_it(
    price: int, limit: str, *, accepted: bool
) -> None:
    """Of 0.195 to the liquidation the stop at 98 leaves 0.175 from the average of 100, 0.1283 from a price of 105."""
    eve = Asking()
    eve.entered()
    eve.accepted(ChangeSettings({"margin.liquidation_distance": limit}))
    eve.prices[BTC] = D(price)
    more = PlaceOrder(terms(quantity=D(1), stop=None, target=None))
    if accepted:
        assert eve.accepted(more)
    else:
        assert "(margin.liquidation_distance)" in eve.declined(more)


OBJECTIONABLE = (
    terms(quantity=D("0.0001")),
    terms(quantity=D("0.01")),
    terms(quantity=D(101)),
    terms(stop=D(101), target=D(99)),
    terms(stop=D(80)),
    terms(quantity=D(100), stop=None),
)
"""Terms that the Risk committee's members vote against, each for another reason."""


def test_every_reason_of_the_members_is_in_the_table_of_sentences() -> None:
    """Collects the reasons by running every member on terms that it votes against."""
    history = an_open_day(
        Settings(
            risk=RiskSettings(allowed=(ETH,), max_positions=0, max_total_risk=D(0), reserved_balance=D(1)),
            margin=MarginSettings(
                max_in_use=D("0.01"), max_per_position=D("0.01"), liquidation_distance=D("0.5")
            ),
        )
    )
    history.account(KillSwitchTripped("hand"), money(D(-5_000), D(5_000)))
    history.order("zzz-x1", a_stop(instrument=ETH), OrderOutcomeUnknown("timeout"))
    stream = reconciliation_stream(ACCOUNT)
    history.record(stream, DiscrepancyFound("d1", BTC, "1 more"), ReconciliationBegun("a gap"))
    paused = EntriesPaused(owner="", losses=3, net=D(-30), positions=(f"position-{ACCOUNT}-{LONG_ONE}",))
    history.record(pause_stream(ACCOUNT, ""), paused)
    broken = BreakerOpened(Service.ORDERS, NOW, 5, "no response")
    history.record(breaker_stream(ACCOUNT, Service.ORDERS), broken)
    unclear = LeverageChangeUnclear(BTC, D(10), D(5), "timed out")
    history.record(leverage_stream(ACCOUNT, BTC), unclear)
    portfolio = history.portfolio()
    views = [
        View(now=now, settings=portfolio.settings, instrument=an_instrument(name), portfolio=portfolio)
        for now, name in ((NOW, BTC), (NOW + timedelta(days=1), ETH))
    ]
    cases = [case_of(one, D(100), view) for one in OBJECTIONABLE for view in views]
    judges = (*MEMBERS, *(rule.member.judge for rule in MARGIN_RULES), leverage_known)
    judgements = [(case, judge(case)) for case in cases for judge in judges]
    sentences = {
        reason: SENTENCES[reason](case, one.figures) for case, one in judgements for reason in one.reasons
    }
    assert sentences.keys() == SENTENCES.keys()
    assert not [sentence for sentence in sentences.values() if "{" in sentence]


def test_an_entry_in_an_open_position_amends_its_protection() -> None:
    eve = Asking()
    chain = eve.entered()
    followed = eve.accepted(PlaceOrder(terms(quantity=D(1), stop=None, target=None)), "more")
    assert followed == ["FundsReserved", "OrderPlaced", "OrderAmendRequested", "OrderAmendRequested"]
    for leg, price in (("s1", None), ("t1", D(106))):
        trigger = D(98) if price is None else None
        eve.desk.tell(
            Amended(
                order_id=f"{chain}-{leg}",
                at=eve.desk.at,
                fact=f"exchange:test:{leg}",
                quantity=D(11),
                limit_price=price,
                trigger_price=trigger,
            )
        )
    eve.desk.tell(a_fill_of(f"{chain_of('more')}-e1", "more", D(1), D(100)))
    held = eve.desk.world.portfolio.positions[BTC]
    assert (held.state.quantity, placed(eve.desk, f"{chain}-s1").quantity) == (D(11), D(11))


def test_a_reducing_order_beyond_the_position_is_declined() -> None:
    eve = Asking()
    out = ManualTerms(
        instrument=BTC,
        side=Side.SELL,
        type=OrderType.LIMIT,
        quantity=D(4),
        limit_price=D(105),
        reduce_only=True,
    )
    assert "there is no position" in eve.declined(PlaceOrder(out))
    eve.entered()
    assert "holds 10: 11 is more" in eve.declined(PlaceOrder(replace(out, quantity=D(11))))
    assert "there is no position" in eve.declined(PlaceOrder(replace(out, side=Side.BUY)))
    assert "has no stop and no target" in eve.declined(PlaceOrder(replace(out, stop=D(90))))
    tripped(eve)
    assert eve.accepted(PlaceOrder(out), "out") == ["OrderPlaced"], (
        "a reducing order is never refused by the kill switch"
    )
    order = placed(eve.desk, f"{chain_of('out')}-x1")
    assert (order.purpose, order.reduce_only, order.parent) == (Purpose.MANUAL, True, None)


def test_a_reducing_order_below_the_least_quantity_is_declined_unless_it_closes_the_rest() -> None:
    eve = Asking()
    eve.entered()
    eve.desk.ask(ListInstrument(an_instrument(min_quantity=D(2))), cause="exchange:rules")
    little = ManualTerms(
        instrument=BTC, side=Side.SELL, type=OrderType.MARKET, quantity=D(1), reduce_only=True
    )
    reason = f"less than the least quantity of an order in {BTC}, 2: only an order that closes all of "
    assert reason in eve.declined(DraftOrder(little))
    assert reason in eve.declined(PlaceOrder(little))
    eve.accepted(PlaceOrder(replace(little, quantity=D(9))), "most")
    eve.desk.tell(a_fill_of(f"{chain_of('most')}-x1", "most", D(9), D(100)))
    assert "less than the least quantity" in eve.declined(PlaceOrder(replace(little, quantity=D("0.5"))))
    assert eve.accepted(PlaceOrder(little), "rest") == ["OrderPlaced"]
    assert placed(eve.desk, f"{chain_of('rest')}-x1").quantity == D(2), "the exchange cuts it to the position"


def test_a_draft_returns_the_costs_and_records_nothing() -> None:
    eve = Asking()
    draft = eve.drafted(DraftOrder(terms()))
    assert (draft.price, draft.notional, draft.margin, draft.fee, draft.risk) == (
        D(100),
        D(1000),
        D("201.1"),
        D("0.55"),
        D(20),
    )
    assert [warning.partition(":")[0] for warning in draft.warnings] == [
        "it trades at the market's price on arrival, which may be worse than the last known price"
    ]
    naked = eve.drafted(DraftOrder(terms(type=OrderType.LIMIT, limit_price=D(100), stop=None, target=None)))
    assert [warning.split()[2] for warning in naked.warnings[:2]] == ["no", "no"]
    assert naked.warnings[2].startswith("its limit is at or beyond the last price of 100")
    assert naked.risk == 200, "all of its margin"
    assert "the kill switch" in _drafted_after(tripped)
    assert "waits in" in _drafted_after(waiting)


def _drafted_after(step: Callable[[Asking], None]) -> str:
    eve = Asking()
    step(eve)
    return eve.declined(DraftOrder(terms()))


def test_an_amended_entry_has_its_reservation_and_protection_amended_with_it() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(terms(type=OrderType.LIMIT, limit_price=D(100))), "in")
    chain = chain_of("in")
    followed = eve.accepted(AmendOrder(order_id=f"{chain}-e1", quantity=D(20), limit_price=D(99)), "more")
    assert followed == ["FundsReleased", "FundsReserved", *["OrderAmendRequested"] * 3]
    assert eve.desk.world.portfolio.account.reserved == {f"{chain}-e1": D("398.178")}
    eve.desk.tell(
        Amended(
            order_id=f"{chain}-e1",
            at=eve.desk.at,
            fact="exchange:test:1",
            quantity=D(20),
            limit_price=D(99),
            trigger_price=None,
        ),
        Amended(
            order_id=f"{chain}-s1",
            at=eve.desk.at,
            fact="exchange:test:2",
            quantity=D(20),
            limit_price=None,
            trigger_price=D(98),
        ),
        Amended(
            order_id=f"{chain}-t1",
            at=eve.desk.at,
            fact="exchange:test:3",
            quantity=D(20),
            limit_price=D(106),
            trigger_price=None,
        ),
    )
    entry = eve.desk.world.portfolio.entries[f"{chain}-e1"]
    assert (entry.price, entry.risk) == (D(99), D(20))
    assert "it risks" in eve.declined(AmendOrder(order_id=f"{chain}-e1", quantity=D(90), limit_price=D(105)))
    assert eve.accepted(AmendOrder(order_id=f"{chain}-e1", quantity=D(20))) == []
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


def test_amending_or_closing_an_ended_or_unknown_order_or_position_is_declined() -> None:
    eve = Asking()
    assert "order abc-e1 was never placed here" in eve.declined(AmendOrder(order_id="abc-e1", quantity=D(1)))
    assert "order abc-e1 was never placed here" in eve.declined(CancelOrder("abc-e1", "a mistake"))
    assert f"{LONG_ONE} was never opened; open are: none" in eve.declined(ClosePosition(LONG_ONE, "enough"))
    chain = eve.entered()
    eve.desk.tell(a_fill_of(f"{chain}-t1", "out", D(10), D(106)))
    assert "has ended" in eve.declined(AmendOrder(order_id=f"{chain}-e1", quantity=D(1)))
    assert f"{LONG_ONE} has ended" in eve.declined(ClosePosition(f"position-main-{LONG_ONE}", "enough"))


def test_a_cancelled_order_has_its_funds_released() -> None:
    eve = Asking()
    waiting(eve)
    (order_id,) = eve.desk.world.portfolio.entries
    assert eve.accepted(CancelOrder(order_id, "a mistake")) == ["OrderCancelRequested"]
    eve.desk.tell(Cancelled(order_id=order_id, at=eve.desk.at, fact="exchange:test:c", reason="CancelByUser"))
    assert eve.desk.world.portfolio.account.reserved == {}
    assert eve.accepted(CancelOrder(order_id, "again")) == [], "it was cancelled before"


def test_cancelling_the_stop_of_an_open_position_is_declined() -> None:
    eve = Asking()
    chain = eve.entered()
    assert "is the stop of" in eve.declined(CancelOrder(f"{chain}-s1", "who needs it"))
    assert eve.accepted(CancelOrder(f"{chain}-t1", "let it run")) == [
        "OrderCancelRequested",
        "ProtectionMoved",
    ]
    assert eve.desk.world.portfolio.positions[BTC].state.target is None


def test_closing_a_position_that_is_being_closed_is_declined() -> None:
    eve = Asking()
    eve.entered()
    assert eve.accepted(ClosePosition(LONG_ONE, "enough"), "out") == ["PositionClosing", "OrderPlaced"]
    order_id = f"{chain_of('out')}-x1"
    order = placed(eve.desk, order_id)
    assert (order.type, order.side, order.quantity, order.purpose) == (
        OrderType.MARKET,
        Side.SELL,
        D(10),
        Purpose.MANUAL,
    )
    assert "is being closed already, attempt 1" in eve.declined(ClosePosition(LONG_ONE, "enough"))
    eve.desk.tell(a_fill_of(order_id, "out", D(10), D(101)))
    assert eve.desk.world.portfolio.positions == {}


def test_a_market_order_is_judged_at_the_last_known_price() -> None:
    eve = Asking()
    eve.prices[BTC] = Decimal(50)
    draft = eve.drafted(DraftOrder(terms(stop=D(49), target=None)))
    assert (draft.price, draft.risk) == (D(50), D(10))


def test_a_reducing_order_is_amended_only_within_the_position() -> None:
    eve = Asking()
    chain = eve.entered()
    assert "its quantity follows the position" in eve.declined(
        AmendOrder(order_id=f"{chain}-s1", quantity=D(1))
    )
    assert "does not protect" in eve.declined(AmendOrder(order_id=f"{chain}-s1", trigger_price=D(101)))
    assert "is no gain" in eve.declined(AmendOrder(order_id=f"{chain}-t1", limit_price=D(99)))
    out = ManualTerms(
        instrument=BTC,
        side=Side.SELL,
        type=OrderType.LIMIT,
        quantity=D(4),
        limit_price=D(105),
        reduce_only=True,
    )
    eve.accepted(PlaceOrder(out), "out")
    order_id = f"{chain_of('out')}-x1"
    eve.rests(order_id)
    assert "holds 10: 11 is more" in eve.declined(AmendOrder(order_id=order_id, quantity=D(11)))
    assert eve.accepted(AmendOrder(order_id=order_id, quantity=D(10), limit_price=D(104))) == [
        "OrderAmendRequested"
    ]
    eve.desk.tell(a_fill_of(order_id, "some", D(3), D(105)))
    assert f"order {order_id} waits" in eve.declined(AmendOrder(order_id=order_id, limit_price=D(103)))


def test_an_amendment_to_the_filled_quantity_is_declined() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(terms(type=OrderType.LIMIT, limit_price=D(100))), "in")
    order_id = f"{chain_of('in')}-e1"
    eve.desk.tell(a_fill_of(order_id, "some", D(3), D(100)))
    assert "has filled 3 already" in eve.declined(AmendOrder(order_id=order_id, quantity=D(3)))


WAITING = terms(type=OrderType.LIMIT, limit_price=D(99), stop=D("98.5"))


def test_cancelling_the_stop_of_a_waiting_entry_is_declined() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(WAITING), "in")
    chain = chain_of("in")
    assert f"the stop of {chain}-e1, which waits" in eve.declined(CancelOrder(f"{chain}-s1", "no need"))
    assert eve.accepted(CancelOrder(f"{chain}-e1", "changed my mind")) == ["OrderCancelRequested"]


def test_a_waiting_entry_is_judged_again_when_its_stop_is_moved_away() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(WAITING), "in")
    chain = chain_of("in")
    eve.rests(*eve.exits())
    assert "it risks 890" in eve.declined(AmendOrder(order_id=f"{chain}-s1", trigger_price=D(10)))
    assert "does not protect" in eve.declined(AmendOrder(order_id=f"{chain}-s1", trigger_price=D("99.1")))
    assert "is no gain" in eve.declined(AmendOrder(order_id=f"{chain}-t1", limit_price=D(98)))
    eve.accepted(TripKillSwitch("a nearer stop is no new exposure"))
    assert eve.accepted(AmendOrder(order_id=f"{chain}-s1", trigger_price=D("98.8"))) == [
        "OrderAmendRequested"
    ]


@pytest.mark.parametrize(
    ("side", "limit", "stop"), [(Side.SELL, D(20), D("20.5")), (Side.BUY, D(104), D("103.5"))]
)
def test_a_limit_order_that_trades_at_once_is_judged_at_its_limit_and_at_the_last_price(
    side: Side, limit: Decimal, stop: Decimal
) -> None:
    eve = Asking()
    through = ManualTerms(
        instrument=BTC, side=side, type=OrderType.LIMIT, quantity=D(10), limit_price=limit, stop=stop
    )
    assert "position at 100" in eve.declined(PlaceOrder(through))
    short = ManualTerms(
        instrument=BTC, side=Side.SELL, type=OrderType.LIMIT, quantity=D(10), limit_price=D(96), stop=D(102)
    )
    assert eve.drafted(DraftOrder(short)).notional == D(1000)


def test_a_market_entry_that_waits_for_its_fill_is_judged_with_its_stop_at_the_last_price() -> None:
    """It risks |100 - 98|·10 = 20, so it leaves room for another; at a last price of 400 it leaves none."""
    eve = Asking(Settings(risk=RiskSettings(max_total_risk=D("0.05"))))
    eve.prices[ETH] = D(100)
    eve.accepted(PlaceOrder(terms()), "in")
    other = DraftOrder(terms(instrument=ETH))
    assert eve.drafted(other).risk == D(20)
    eve.prices[BTC] = D(400)
    assert "beside 3020 at risk already" in eve.declined(other)


def test_an_entry_beside_a_short_position_without_a_stop_is_declined_with_its_name() -> None:
    eve = Asking(Settings(risk=RiskSettings(max_risk_per_trade=D(1), max_total_risk=D(1))))
    eve.prices[ETH] = D(100)
    eve.entered(terms(side=Side.SELL, stop=None, target=None, quantity=D(1)))
    (held,) = eve.desk.world.portfolio.positions.values()
    answer = eve.declined(PlaceOrder(terms(instrument=ETH)))
    assert answer == f"Refused: {held.id} has no stop: give it one first"
