"""Ids are short, distinct and deterministic."""

from __future__ import annotations

import re
from decimal import Decimal

from adapters.simulated.ids import draw, execution_id, fact, venue_order_id

NAMED = re.compile(r"[A-Za-z0-9_-]{12}")


def test_ids_are_12_characters_of_the_url_safe_alphabet() -> None:
    for name in (
        venue_order_id("a"),
        execution_id("a", 0),
        fact("a", "filled", "0").removeprefix("exchange:SIM:"),
    ):
        assert NAMED.fullmatch(name)


def test_ids_equal_hashes_calculated_with_b2sum() -> None:
    """Calculated with `b2sum -l 72` and `base64` over texts such as `order-1/execution/0`."""
    assert execution_id("order-1", 0) == "Kl8EYHjkz-xJ"
    assert fact("order-1", "filled", "0") == "exchange:SIM:Fjd37q4vi6vb"


def test_ids_of_different_orders_kinds_and_numbers_are_distinct() -> None:
    orders = [f"o{n}" for n in range(300)]
    names = {
        fact(order, kind, str(n)) for order in orders for kind in ("filled", "amended") for n in range(3)
    }
    names |= {execution_id(order, n) for order in orders for n in range(3)} | set(map(venue_order_id, orders))
    assert len(names) == 300 * (6 + 3 + 1)


def test_draws_are_spread_evenly_and_depend_on_the_seed() -> None:
    draws = [draw(7, "o", n) for n in range(2000)]
    assert min(draws) >= -1
    assert max(draws) < 1
    assert abs(sum(draws, Decimal(0))) / 2000 < 0.05
    assert draws != [draw(8, "o", n) for n in range(2000)]
