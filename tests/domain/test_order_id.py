"""The form of order ids tells the orders of engines from those of people and other programs."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.log import chain_id
from domain.order_id import is_of_an_engine

CHAIN = chain_id(UUID(int=7), "main", "candle:BTC:5m:1")


@pytest.mark.parametrize("leg", ["e1", "s1", "t1", "x1", "x12", "o3x1", "l4"])
def test_the_id_of_every_leg_of_a_chain_has_the_form(leg: str) -> None:
    assert is_of_an_engine(f"{CHAIN}-{leg}")


@pytest.mark.parametrize(
    "order_id",
    [
        "",
        "mine",
        CHAIN,
        f"{CHAIN}-",
        f"{CHAIN}-q1",
        f"{CHAIN}-e",
        f"{CHAIN[1:]}-e1",
        f"{CHAIN}a-e1",
        f"{CHAIN.upper()}-e1",
    ],
)
def test_another_text_has_not(order_id: str) -> None:
    assert not is_of_an_engine(order_id)
