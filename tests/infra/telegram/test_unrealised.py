"""The unrealised profit at the last prices, and the screens that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from adapters.telegram.settings import Language
from commands.roles import Role
from infra.telegram.screens.portfolio import PORTFOLIO
from infra.telegram.screens.positions import POSITIONS
from infra.telegram.screens.screen import Scene, Screen
from infra.telegram.screens.unrealised import Unrealised, unrealised_of
from infra.telegram.words import words_of
from tests.infra.telegram.test_screens import ACCOUNT, AT, DATA, NOW, POSITION

EARLIER = "2026-03-02T13:00:00+00:00"
SHORT: Mapping[str, Any] = {
    **POSITION,
    "id": "ETHUSDT-LINEAR.BYBIT-SHORT-1",
    "instrument": "ETHUSDT-LINEAR.BYBIT",
    "direction": "SHORT",
    "quantity": "2",
    "averagePrice": "3000",
    "owner": "person",
}
BTC: Mapping[str, Any] = {"instrument": "BTCUSDT-LINEAR.BYBIT", "price": "54696.80", "at": AT}
ETH: Mapping[str, Any] = {"instrument": "ETHUSDT-LINEAR.BYBIT", "price": "3000.25", "at": EARLIER}
UNMARKED: Mapping[str, Any] = {**ACCOUNT, "equity": None, "equityAt": None, "unrealised": None}


def shown(
    screen: Screen, prices: Sequence[Mapping[str, Any]] | None, language: Language = Language.EN
) -> Sequence[str]:
    nodes = [{"node": POSITION}, {"node": SHORT}]
    data = {
        **DATA,
        "accounts": [UNMARKED],
        "prices": prices,
        "positions": {"totalCount": 2, "edges": nodes},
    }
    content = screen.render(data, Scene(words_of(language), Role.TRADER, NOW, ""))
    return content.text.plain.splitlines()


def test_the_profit_of_a_long_and_a_short_position_is_their_sum_as_of_the_older_price() -> None:
    assert unrealised_of([POSITION, SHORT], [BTC, ETH]) == Unrealised(Decimal("0.5000"), EARLIER)


@pytest.mark.parametrize(
    ("positions", "prices"),
    [([], [BTC]), ([POSITION], None), ([POSITION, SHORT], [BTC])],
    ids=["no position", "no engine", "one position without a price"],
)
def test_without_every_price_no_profit_is_stated(
    positions: Sequence[Mapping[str, Any]], prices: Sequence[Mapping[str, Any]] | None
) -> None:
    assert unrealised_of(positions, prices) is None


def test_the_portfolio_has_equity_at_the_last_prices_before_the_first_mark() -> None:
    lines = shown(PORTFOLIO, [BTC, ETH])
    assert "Equity: 12 346.18 USDT (1 h ago)" in lines
    assert [one for one in lines if one.startswith("Unrealised")] == [
        "Unrealised: +0.50 USDT",
        "Unrealised: +1.00",
        "Unrealised: -0.50",
    ]


def test_the_portfolio_has_the_values_of_the_api_where_a_price_is_missing() -> None:
    lines = shown(PORTFOLIO, [BTC])
    assert "Equity: -" in lines
    assert "Unrealised: -" in lines
    assert "Unrealised: +1.00" in lines


def test_each_open_position_has_its_profit_and_its_owner_in_the_language_of_the_user() -> None:
    lines = shown(POSITIONS, [BTC, ETH], Language.RU)
    assert "Нереализовано: -0.50 USDT" in lines
    assert "стоп 54000, цель -, вручную" in lines
    assert "стоп 54000, цель -, trend" in lines
