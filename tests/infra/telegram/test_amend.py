"""Orders are amended and levels moved from the chat: by a value or a button, old beside new, by a second tap, once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.telegram.api import ApiDown
from infra.telegram.mutations import AMEND_ORDER, CANCEL_ORDER, MOVE_PROTECTION
from tests.infra.telegram.test_desk import TRADER
from tests.infra.telegram.test_screens import DATA, ORDER, POSITION
from tests.infra.telegram.test_trading import REFUSED, Trader

pytestmark = pytest.mark.anyio
ENTRY: Mapping[str, Any] = {
    **ORDER,
    "id": "4d8bnjj9dt473-e1",
    "side": "BUY",
    "purpose": "ENTRY",
    "quantity": "0.0100",
    "leaves": "0.0060",
    "limitPrice": "50000.0",
}


@pytest.fixture
def bench(tmp_path: Path) -> Trader:
    return Trader(tmp_path)


def working(bench: Trader, order: Mapping[str, Any]) -> None:
    """The API has this order, alone."""
    listed = {"totalCount": 1, "edges": [{"node": order}]}
    bench.outside.data = {**DATA, "order": order, "orders": listed}


async def opened(bench: Trader, order: Mapping[str, Any] = ENTRY) -> None:
    working(bench, order)
    await bench.type(TRADER, "/positions")
    await bench.press(TRADER, f"{order['purpose']} {order['id']} …")


async def test_an_order_is_amended_by_the_second_tap_with_old_and_new_terms_in_the_steps_of_the_instrument(
    bench: Trader,
) -> None:
    await opened(bench)
    assert "Quantity: 0.01, filled: 0.004" in bench.shown
    await bench.press(TRADER, "Price …")
    await bench.type(TRADER, "49900.06")
    await bench.press(TRADER, "Quantity …")
    await bench.type(TRADER, "0.0209")
    assert "Price: 50000 → 49900 (rounded from 49900.06)" in bench.shown
    assert "Quantity: 0.01 → 0.02 (rounded from 0.0209)" in bench.shown
    assert "Notional: 500.00 USDT → 998.00 USDT" in bench.shown
    assert bench.outside.mutations == []
    key = bench.buttons["Amend it now"].partition(":")[2]
    await bench.press(TRADER, "Amend it now")
    assert bench.sent(AMEND_ORDER) == [
        {
            "key": f"telegram-{key}",
            "account": "main",
            "order": ENTRY["id"],
            "quantity": "0.020",
            "limit": "49900.0",
        }
    ]
    assert bench.outside.answers[-1] == "The amendment is requested."


@pytest.mark.parametrize(
    ("order", "button", "changed", "sent"),
    [
        (ENTRY, "-0.1%", "Price: 50000 → 49950", {"limit": "49950"}),
        ({**ENTRY, "side": "SELL"}, "+0.5%", "Price: 50000 → 50250", {"limit": "50250"}),
        (
            {**ENTRY, "type": "STOP", "limitPrice": None, "triggerPrice": "50000.3"},
            "+0.1%",
            "Price: 50000.3 → 50050.3 (rounded from 50050.3003)",
            {"trigger": "50050.3"},
        ),
    ],
    ids=["limit", "sell", "trigger"],
)
async def test_a_price_is_changed_by_the_share_on_a_button(
    bench: Trader, order: Mapping[str, Any], button: str, changed: str, sent: Mapping[str, str]
) -> None:
    await opened(bench, order)
    await bench.press(TRADER, "Price …")
    await bench.press(TRADER, button)
    assert changed in bench.shown
    await bench.press(TRADER, "Amend it now")
    (found,) = bench.sent(AMEND_ORDER)
    assert {name: found[name] for name in ("limit", "trigger") if name in found} == sent


async def test_a_change_is_of_the_price_that_was_shown_also_where_the_price_has_changed_since(
    bench: Trader,
) -> None:
    await opened(bench)
    await bench.press(TRADER, "Price …")
    await bench.type(TRADER, "-1%")
    assert "Price: 50000 → 49500" in bench.shown
    working(bench, {**ENTRY, "limitPrice": "40000.0"})
    await bench.press(TRADER, "Amend it now")
    assert bench.sent(AMEND_ORDER)[0]["limit"] == "49500"


async def test_the_quantity_of_protection_cannot_be_amended_and_its_price_can(bench: Trader) -> None:
    await opened(bench, ORDER)
    assert "Price …" in bench.buttons
    assert "Quantity …" not in bench.buttons


async def test_a_market_order_has_a_quantity_alone(bench: Trader) -> None:
    await opened(bench, {**ENTRY, "type": "MARKET", "limitPrice": None})
    assert "Price …" not in bench.buttons
    await bench.press(TRADER, "Quantity …")
    await bench.press(TRADER, "-50%")
    assert "Quantity: 0.01 → 0.005" in bench.shown
    assert "Notional: 545.97 USDT → 272.98 USDT" in bench.shown


@pytest.mark.parametrize("text", ["a lot", "-100%", "-5", "5%"])
async def test_a_term_that_is_neither_a_number_nor_a_change_is_explained_and_nothing_can_be_confirmed(
    bench: Trader, text: str
) -> None:
    await opened(bench)
    await bench.press(TRADER, "Price …")
    await bench.type(TRADER, text)
    assert "That is n" in bench.shown
    assert "Amend it now" not in bench.buttons


async def test_a_term_that_the_order_has_already_is_explained_and_not_sent(bench: Trader) -> None:
    await opened(bench)
    await bench.press(TRADER, "Price …")
    await bench.type(TRADER, "50000")
    assert "The order has this value already." in bench.shown
    assert "Amend it now" not in bench.buttons
    await bench.press(TRADER, "Cancel it now")
    assert bench.sent(CANCEL_ORDER)[0]["order"] == ENTRY["id"]


async def test_an_amendment_without_a_known_outcome_is_sent_again_unchanged_by_the_same_button(
    bench: Trader,
) -> None:
    await opened(bench)
    await bench.press(TRADER, "Price …")
    await bench.type(TRADER, "49900")
    bench.outside.breaks.append(ApiDown("no answer"))
    button = bench.buttons["Amend it now"]
    await bench.tap(TRADER, button)
    assert "Whether this was carried out is not known." in bench.outside.answers[-1]
    working(bench, {**ENTRY, "limitPrice": "49900"})
    await bench.tap(TRADER, button)
    first, second = bench.sent(AMEND_ORDER)
    assert first == second


async def test_a_refused_amendment_keeps_the_terms_beside_the_reason(bench: Trader) -> None:
    bench.outside.responses[AMEND_ORDER] = REFUSED
    await opened(bench)
    await bench.press(TRADER, "Quantity …")
    await bench.press(TRADER, "+100%")
    await bench.press(TRADER, "Amend it now")
    assert "This was not carried out: beyond risk.max_positions" in bench.shown
    assert "Quantity: 0.01 → 0.02" in bench.shown


async def test_an_order_that_has_ended_meanwhile_cannot_be_amended(bench: Trader) -> None:
    await opened(bench)
    await bench.press(TRADER, "Price …")
    bench.outside.data = {**DATA, "order": {**ENTRY, "status": "CANCELLED", "leaves": "0"}}
    await bench.type(TRADER, "49900")
    assert f"{ENTRY['id']} does not work any more." in bench.shown


async def test_a_level_is_moved_by_a_button_with_the_result_there_old_beside_new(bench: Trader) -> None:
    await bench.type(TRADER, f"/position {POSITION['id']}")
    await bench.press(TRADER, "Stop …")
    await bench.press(TRADER, "+0.5%")
    await bench.press(TRADER, "Target …")
    await bench.press(TRADER, "+1%")
    lines = bench.shown.splitlines()
    assert "Stop: 54000 → 54270" in lines
    assert "Result at the stop, before fees: -5.97 USDT → -3.27 USDT" in lines
    assert "Target: - → 55142.8 (rounded from 55142.768)" in lines
    assert "Result at the target, before fees: - → +5.46 USDT" in lines
    await bench.press(TRADER, "Move it now")
    (sent,) = bench.sent(MOVE_PROTECTION)
    assert (sent["stop"], sent["target"]) == ("54270", "55142.8")


async def test_a_stop_is_moved_to_the_average_price_by_a_button(bench: Trader) -> None:
    await bench.type(TRADER, f"/position {POSITION['id']}")
    await bench.press(TRADER, "Stop …")
    await bench.press(TRADER, "Average price")
    assert "Result at the stop, before fees: -5.97 USDT → 0.00 USDT" in bench.shown
