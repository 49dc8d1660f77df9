"""Which reports follow from pushes that are lost, repeated, reordered or broken."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.bybit.names import Names
from adapters.bybit.reading import Reading, in_order
from adapters.bybit.secrecy import Credentials
from adapters.instruments.document import is_table
from commands.exchange import Accepted, Amended, AnyReport, Filled, Funded, Liquidated, Report
from domain.direction import Purpose, Side
from domain.number import is_number
from domain.order import OrderPlaced, OrderType
from tests.adapters.bybit.pushed import POSITION, WALLET, execution, executions, order, orders, push

D = Decimal
SEEN_TWICE: dict[str, Any] = {"cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"}
BY_USER: dict[str, Any] = {"cancelType": "CancelByUser", "rejectReason": "EC_PerCancelRequest"}


def placed(purpose: Purpose, parent: str | None, level: str | None = None) -> OrderPlaced:
    kind = {Purpose.STOP: OrderType.STOP}.get(purpose, OrderType.LIMIT)
    price = None if level is None else D(level)
    return OrderPlaced(
        instrument="BTCUSDT-LINEAR.BYBIT",
        side=Side.BUY if parent is None else Side.SELL,
        type=kind,
        quantity=D(2),
        limit_price=None if kind is OrderType.STOP else price,
        trigger_price=price if kind is OrderType.STOP else None,
        reduce_only=parent is not None,
        purpose=purpose,
        parent=parent,
        fresh_until=datetime(2100, 1, 1, tzinfo=UTC),
    )


BRACKET = {
    "one": placed(Purpose.ENTRY, None, "99"),
    "stop": placed(Purpose.STOP, "one", "95"),
    "target": placed(Purpose.TARGET, "one", "105"),
}


def reports(
    *frames: Mapping[str, object], known: Mapping[str, OrderPlaced] | None = None
) -> tuple[list[AnyReport], Reading]:
    reading = Reading(Names(known or {}), "USDT")
    return [report for frame in frames for report in in_order(reading.read(json.dumps(frame)))], reading


def kinds(found: Sequence[AnyReport]) -> list[str]:
    """`<order id> <class name>` of the reports of orders."""
    return [
        f"{one.order_id} {type(one).__name__}" if isinstance(one, Report) else type(one).__name__
        for one in found
    ]


CANCELLED_LATE = order("Cancelled", 2, cumExecQty="0.5", cumExecValue="49.5", **BY_USER)
LIVES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "an order rests": ([orders(order())], ["one Accepted"]),
    "a push comes twice": ([orders(order()), orders(order())], ["one Accepted"]),
    "filled without new": (
        [orders(order("Filled", 1, cumExecQty="2")), executions(execution(1))],
        ["one Accepted", "one Filled"],
    ),
    "the fill before the order": (
        [executions(execution(1)), orders(order("Filled", 1, cumExecQty="2"))],
        ["one Filled", "one Accepted"],
    ),
    "an execution comes twice": ([executions(execution(1)), executions(execution(1))], ["one Filled"]),
    "new after filled": (
        [orders(order("Filled", 1, cumExecQty="2")), orders(order("New", 0)), executions(execution(1))],
        ["one Accepted", "one Filled"],
    ),
    "new after filled, of one millisecond": (
        [orders(order("Filled", 0, cumExecQty="2")), orders(order("New", 0))],
        ["one Accepted"],
    ),
    "two executions in one push": (
        [executions(execution(1, execQty="0.5"), execution(2, execId="X2", execQty="1.5"))],
        ["one Filled", "one Filled"],
    ),
    "partly filled, then cancelled": (
        [
            orders(order()),
            executions(execution(1, execQty="0.5")),
            orders(order("PartiallyFilled", 1, cumExecQty="0.5")),
            orders(CANCELLED_LATE),
        ],
        ["one Accepted", "one Filled", "one Cancelled"],
    ),
    "a fill after the cancel": (
        [orders(CANCELLED_LATE), executions(execution(1, execQty="0.5"))],
        ["one Accepted", "one Cancelled", "one Filled"],
    ),
    "spot's cancel of a rest": (
        [orders(order("PartiallyFilledCanceled", 1, cumExecQty="1"))],
        ["one Accepted", "one Cancelled"],
    ),
    "a trigger was cancelled": (
        [
            orders(
                order("Untriggered", triggerPrice="98"), order("Deactivated", 1, triggerPrice="98", **BY_USER)
            )
        ],
        ["one Accepted", "one Cancelled"],
    ),
    "rejected": ([orders(order("Rejected", rejectReason="EC_NoImmediateQtyToFill"))], ["one Rejected"]),
    "rejected after a fill": (
        [orders(order("Rejected", cumExecQty="1", rejectReason="EC_NoImmediateQtyToFill"))],
        ["one Accepted", "one Cancelled"],
    ),
    "triggered": (
        [
            orders(order("Untriggered", orderType="Market", triggerPrice="98")),
            orders(order("Triggered", 1, orderType="Market", triggerPrice="98")),
            orders(order("Filled", 1, orderType="Market", triggerPrice="98", cumExecQty="2")),
        ],
        ["one Accepted", "one Triggered"],
    ),
    "filled twice, as the answer to a late cancel": (
        [
            orders(order("Filled", 1, cumExecQty="2")),
            orders(order("Filled", 1, cumExecQty="2", **SEEN_TWICE)),
            orders(order("Filled", 1, cumExecQty="2", **SEEN_TWICE)),
        ],
        ["one Accepted", "one CancelRefused"],
    ),
    "only the second of two filled": (
        [orders(order("Filled", 1, cumExecQty="2", **SEEN_TWICE))],
        ["one Accepted", "one CancelRefused"],
    ),
    "amended": (
        [orders(order(), order(at=1, price="98")), orders(order(at=1, price="98"))],
        ["one Accepted", "one Amended"],
    ),
    "an old push after an amendment": (
        [orders(order(), order(at=2, price="98")), orders(order(at=1))],
        ["one Accepted", "one Amended"],
    ),
    "funding": ([executions(execution(execType="Funding", orderLinkId="", execFee="0.3"))], ["Funded"]),
    "funding twice": (
        [
            executions(execution(execType="Funding", orderLinkId="")),
            executions(execution(execType="Funding", orderLinkId="")),
        ],
        ["Funded"],
    ),
    "a liquidation": (
        [executions(execution(execType="BustTrade", orderLinkId="", orderId="L"))],
        ["Liquidated"],
    ),
    "auto-deleveraging": (
        [executions(execution(execType="AdlTrade", orderLinkId="", orderId="L"))],
        ["Liquidated"],
    ),
    "an order of a person": ([orders(order(orderLinkId=""))], []),
    "another topic": ([push("wallet", {"coin": []}), push("position", {"size": "1"})], []),
}


@pytest.mark.parametrize(("frames", "expected"), LIVES.values(), ids=LIVES)
def test_pushes_lead_to_reports(frames: list[dict[str, Any]], expected: list[str]) -> None:
    found, reading = reports(*frames)
    assert kinds(found) == expected
    assert len({(one.fact, type(one)) for one in found}) == len(found)
    assert list(reading.unread) == []


def test_a_fill_carries_the_figures_of_its_execution() -> None:
    ((fill,), _) = reports(executions(execution(1, execFee="-0.02", isMaker=False)))
    assert isinstance(fill, Filled)
    assert (fill.price, fill.quantity, fill.fee, fill.fee_currency, fill.liquidity.value) == (
        D(99),
        D(2),
        D("-0.02"),
        "USDT",
        "TAKER",
    )
    assert (fill.execution_id, fill.fact, fill.at.isoformat()) == (
        "X1",
        "exchange:bybit:X1",
        "2025-06-15T15:06:41+00:00",
    )


@pytest.mark.parametrize(("fee", "amount"), [("0.3", "-0.3"), ("-0.3", "0.3"), ("0", "0")])
def test_funding_that_was_paid_is_negative(fee: str, amount: str) -> None:
    ((report,), _) = reports(executions(execution(execType="Funding", orderLinkId="", execFee=fee)))
    assert isinstance(report, Funded)
    assert (report.amount, report.instrument) == (D(amount), "BTCUSDT-LINEAR.BYBIT")


@pytest.mark.parametrize(
    ("stated", "rate", "price"),
    [
        ({"feeRate": "-0.0001", "execPrice": "99.5"}, D("-0.0001"), D("99.5")),
        ({"feeRate": "", "execPrice": ""}, None, None),
    ],
)
def test_funding_has_the_rate_and_the_mark_price_that_its_row_states(
    stated: Mapping[str, Any], rate: Decimal | None, price: Decimal | None
) -> None:
    ((report,), _) = reports(executions(execution(execType="Funding", orderLinkId="", **stated)))
    assert isinstance(report, Funded)
    assert (report.rate, report.price) == (rate, price)


def test_a_liquidation_carries_its_execution() -> None:
    ((report,), _) = reports(
        executions(execution(execType="BustTrade", orderLinkId="", orderId="L", side="Sell"))
    )
    assert isinstance(report, Liquidated)
    assert (report.side, report.execution_id, report.quantity) == (Side.SELL, "X1", D(2))


@pytest.mark.parametrize(
    "kind", ["Settle", "Delivery", "SessionSettlePnL", "MovePosition", "CorporateAction"]
)
def test_an_execution_that_is_no_trade_is_kept_and_is_no_fill(kind: str) -> None:
    found, reading = reports(executions(execution(execType=kind), execution(execId="X2")))
    assert kinds(found) == ["one Filled"]
    assert [kind in one.reason for one in reading.unread] == [True]


def test_a_fill_of_an_order_that_is_not_known_yet_waits_for_it() -> None:
    found, reading = reports(executions(execution(1, orderLinkId="", orderId="S9")), known=BRACKET)
    assert (found, list(reading.unknown())) == ([], ["S9"])
    assert reading.settle_unknown() == []
    leg = order(
        "Filled", 1, orderId="S9", orderLinkId="", parentOrderLinkId="one", stopOrderType="PartialStopLoss"
    )
    reading.read(json.dumps(orders(leg)))
    assert kinds(reading.settle_unknown()) == ["stop Filled"]
    assert reading.settle_unknown() == []


def test_a_fill_of_somebody_else_s_order_is_reported_under_bybits_id() -> None:
    found, reading = reports(
        executions(execution(1, orderLinkId="", orderId="P1")), orders(order(orderId="P1", orderLinkId=""))
    )
    assert found == []
    assert kinds(reading.settle_unknown()) == ["P1 Filled"]


def sized(leg: dict[str, Any], quantity: str, **more: str) -> dict[str, Any]:
    return leg | {"qty": quantity} | more


ENTRY: dict[str, Any] = {"stopLoss": "95", "takeProfit": "105"}
STOP: dict[str, Any] = {
    "orderId": "S",
    "orderLinkId": "",
    "parentOrderLinkId": "one",
    "side": "Sell",
    "orderType": "Market",
    "stopOrderType": "PartialStopLoss",
    "triggerPrice": "95",
    "reduceOnly": True,
}
TARGET: dict[str, Any] = STOP | {"orderId": "T", "stopOrderType": "PartialTakeProfit", "triggerPrice": "105"}
EVERY = ["one", "stop", "target"]
BRACKETS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "it waits with its entry": ([orders(order(**ENTRY))], [f"{one} Accepted" for one in EVERY]),
    "its entry is cancelled": (
        [orders(order(**ENTRY)), orders(order("Cancelled", 1, **ENTRY, **BY_USER))],
        [*(f"{one} Accepted" for one in EVERY), *(f"{one} Cancelled" for one in EVERY)],
    ),
    "its entry is rejected": ([orders(order("Rejected", **ENTRY))], [f"{one} Rejected" for one in EVERY]),
    "the stop was taken away by hand": (
        [orders(order(**ENTRY)), orders(order(at=1, takeProfit="105"))],
        [*(f"{one} Accepted" for one in EVERY), "stop Cancelled"],
    ),
    "the stop was moved with its entry": (
        [orders(order(**ENTRY)), orders(order(at=1, stopLoss="96", takeProfit="105"))],
        [*(f"{one} Accepted" for one in EVERY), "stop Amended"],
    ),
    "its entry is filled at once": (
        [
            orders(
                order("Filled", cumExecQty="2", **ENTRY),
                order("Untriggered", **STOP),
                order("Untriggered", **TARGET),
            )
        ],
        [f"{one} Accepted" for one in EVERY],
    ),
    "its entry is filled in part": (
        [
            orders(
                order("PartiallyFilled", cumExecQty="0.5", **ENTRY),
                order("Untriggered", **sized(STOP, "0.5")),
                order("Untriggered", **sized(TARGET, "0.5")),
            )
        ],
        [*(f"{one} Accepted" for one in EVERY), "stop Amended", "target Amended"],
    ),
    "the stop triggers": (
        [
            orders(order("Untriggered", **STOP), order("Untriggered", **TARGET)),
            executions(execution(1, execId="X2", orderId="S", orderLinkId="", side="Sell")),
            orders(
                order("Filled", 1, cumExecQty="2", **STOP),
                order("Deactivated", 1, cancelType="CancelByTpSlTsClear", **TARGET),
            ),
        ],
        ["stop Accepted", "target Accepted", "stop Filled", "target Cancelled"],
    ),
}


@pytest.mark.parametrize(("frames", "expected"), BRACKETS.values(), ids=BRACKETS)
def test_an_attached_stop_or_target_is_reported_under_our_id(
    frames: list[dict[str, Any]], expected: list[str]
) -> None:
    found, reading = reports(*frames, known=BRACKET)
    assert kinds(found) == expected
    assert len({one.fact for one in found}) == len(found)
    assert list(reading.unread) == []


def test_an_active_stop_is_accepted_again_with_bybits_id() -> None:
    found, _ = reports(orders(order(**ENTRY)), orders(order("Untriggered", 1, **STOP)), known=BRACKET)
    named = [one.venue_order_id for one in found if isinstance(one, Accepted) and one.order_id == "stop"]
    assert named == ["", "S"]


def test_terms_are_those_of_our_own_type_of_order() -> None:
    rows = (
        order("Untriggered", **sized(STOP, "1")),
        order("Untriggered", **sized(TARGET, "1", price="104")),
    )
    found, _ = reports(orders(*rows), known=BRACKET)
    assert [(one.limit_price, one.trigger_price) for one in found if isinstance(one, Amended)] == [
        (None, D(95)),
        (D(105), None),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"orderStatus": "Sleeping"},
        {"side": "Up"},
        {"orderType": None},
        {"orderId": ""},
        {"qty": "two"},
        {"qty": 2},
        {"qty": ""},
        {"qty": "0"},
        {"qty": None},
        {"qty": "-2"},
        {"price": None},
        {"price": ""},
        {"price": "-99"},
        {"cumExecQty": None},
        {"orderLinkId": None},
        {"updatedTime": ""},
        {"updatedTime": "soon"},
        {"updatedTime": "9" * 30},
        {"symbol": "BTC-USDT"},
    ],
    ids=str,
)
def test_a_broken_row_is_kept_and_the_others_of_its_push_are_read(broken: dict[str, Any]) -> None:
    found, reading = reports(orders(order() | broken, order(orderLinkId="two", orderId="V2")))
    assert kinds(found) == ["two Accepted"]
    assert len(reading.unread) == 1


FRAMES = [frame for frames, _ in (*LIVES.values(), *BRACKETS.values()) for frame in frames]
SPOILING = b'0129-.e"{}[]:,nulltrueXYZ \x00'
WHOLE: dict[str, list[dict[str, Any]]] = {
    "order": [frame for frame in FRAMES if frame["topic"] == "order"],
    "execution": [frame for frame in FRAMES if frame["topic"] == "execution"],
    "position": [push("position", POSITION), push("position.linear", POSITION | {"size": "0"})],
    "wallet": [push("wallet", WALLET)],
}


def spoiled(whole: bytes, chance: random.Random) -> str:
    """The text with one to three other bytes, half of them cut at a random place."""
    text = bytearray(whole)
    for _ in range(chance.randint(1, 3)):
        text[chance.randrange(len(text))] = chance.choice(SPOILING)
    return bytes(text[: chance.choice((len(text), chance.randrange(len(text)) + 1))]).decode()


def is_stated(report: AnyReport, text: str) -> bool:
    """Whether a row of the push states the figures of the report, and each of them is possible."""
    stated = [
        {name: value for name, value in row.items() if isinstance(value, str)}
        for row in json.loads(text)["data"]
        if is_table(row)
    ]
    figures, levels = stated_figures(report)
    return all(level > 0 for level in levels) and any(is_equal(row, figures) for row in stated)


def stated_figures(report: AnyReport) -> tuple[Mapping[str, Decimal], Sequence[Decimal]]:
    """The members of a row that have the report's figures, and the figures that must be above 0."""
    match report:
        case Filled() | Liquidated():
            figures = {"execPrice": report.price, "execQty": report.quantity, "execFee": report.fee}
            return figures, (report.price, report.quantity)
        case Funded():
            return {"execFee": -report.amount}, ()
        case Amended():
            prices = [one for one in (report.limit_price, report.trigger_price) if one is not None]
            return {"qty": report.quantity}, (report.quantity, *prices)
        case _:
            return {}, ()


def is_equal(row: Mapping[str, str], figures: Mapping[str, Decimal]) -> bool:
    return all(is_number(row.get(name, "")) and D(row[name]) == figure for name, figure in figures.items())


@pytest.mark.parametrize("topic", WHOLE)
def test_of_10_000_spoiled_pushes_each_leads_to_reports_of_whole_rows_or_is_kept_as_it_came(
    topic: str,
) -> None:
    """A report of a spoiled push is that of a row that another reader understands, and has no other figures."""
    chance = random.Random(f"spoiled {topic}")
    reading = Reading(Names(BRACKET), "USDT")
    whole = [json.dumps(frame).encode() for frame in WHOLE[topic]]
    for _ in range(10_000):
        text = spoiled(chance.choice(whole), chance)
        found, unread = reading.read(text), reading.unread
        reading.unread = []
        assert [one.content for one in unread] in ([], [text])
        assert all(one.reason for one in unread)
        if not unread:
            assert is_table(frame := json.loads(text))
            assert str(frame["topic"]).partition(".")[0] in WHOLE
        assert [one for one in found if not is_stated(one, text)] == []
    last = json.dumps(orders(order(orderId="V9", orderLinkId="last")))
    assert kinds(in_order(reading.read(last))) == ["last Accepted"]
    assert reading.unread == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"topic":"order","data":' * 50_000, "not JSON"),
        ("[]", "no object but list"),
        ("null", "no object but NoneType"),
        ("{}", "topic is unknown: null"),
        ('{"topic":"ordex","data":[{}]}', 'topic is unknown: "ordex"'),
        ('{"topic":7,"data":[{}]}', "topic is unknown: 7"),
        ('{"topic":"order"}', "no rows"),
        ('{"topic":"order","data":[]}', "no rows"),
        ('{"topic":"wallet","data":{}}', "no rows"),
        ('{"topic":"position","data":[1,2,{}]}', "2 of its rows are no objects"),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_push_is_kept_with_its_text_and_a_reason(text: str, why: str) -> None:
    reading = Reading(Names({}), "USDT")
    assert reading.read(text) == []
    assert [(one.content, why in one.reason) for one in reading.unread] == [(text, True)]


@pytest.mark.parametrize(
    "broken",
    [
        {"execPrice": None},
        {"execPrice": ""},
        {"execPrice": "0"},
        {"execPrice": "-1"},
        {"execQty": None},
        {"execQty": "0"},
        {"execFee": None},
        {"execFee": ""},
        {"isMaker": None},
        {"isMaker": "true"},
        {"orderLinkId": None},
        {"orderId": None},
    ],
    ids=str,
)
def test_a_trade_that_does_not_state_its_money_or_its_order_is_kept_and_is_no_fill(
    broken: dict[str, Any],
) -> None:
    found, reading = reports(executions(execution() | broken, execution(execId="X2")))
    assert kinds(found) == ["one Filled"]
    assert [len(one.reason) > 0 for one in reading.unread] == [True]


def test_two_broken_rows_of_a_push_are_kept_once_with_both_reasons() -> None:
    _, reading = reports(orders(order(side="Up"), order(), order(qty="two")))
    assert [one.reason.count("; ") for one in reading.unread] == [1]


def test_credentials_that_an_exchange_repeats_are_kept_out_of_what_is_unread() -> None:
    credentials = Credentials("the-key", "the-secret")
    reading = Reading(Names({}), "USDT", credentials.hide)
    reading.read('{"topic":"order","data":[{"note":"the-key the-secret %s"}]}' % ("ab" * 32))
    [one] = reading.unread
    assert "***" in one.content
    assert not any(secret in f"{one.content} {one.reason}" for secret in ("the-key", "the-secret", "ab" * 32))
    assert "credentials in it are hidden" in one.reason


def _ended(number: int) -> list[dict[str, Any]]:
    own: dict[str, Any] = {
        "orderId": f"00000000-0000-4000-8000-{number:012}",
        "orderLinkId": f"01hx3k9zq2m4c-{number}",
    }
    levels: dict[str, Any] = {"price": f"{99 + number / 100}", "stopLoss": "95.5", "takeProfit": "105.5"}
    filled: dict[str, Any] = {"cumExecQty": "2", "cumExecValue": "198.123456", "cumExecFee": "0.1089679"}
    return [orders(order(**own, **levels)), orders(order("Filled", 1, **own, **levels, **filled))]


def test_little_is_kept_of_an_order_that_has_ended() -> None:
    """Bytes that Python has allocated are compared, which are the same in each run."""
    reading, count = Reading(Names({}), "USDT"), 500
    frames = [json.dumps(frame) for number in range(2 * count) for frame in _ended(number)]
    for frame in frames[: 2 * count]:
        list(reading.read(frame))
    tracemalloc.start()
    try:
        for frame in frames[2 * count :]:
            list(reading.read(frame))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / count < 1_000
