"""A stranger changes the record of played candles beside a log: no order is priced or filled by it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.journeys.program import whence
from tests.journeys.serving import Started, started

BTC = "BTCUSDT-LINEAR.BYBIT"
DRAFT = """mutation($terms: OrderTerms!) {
  draftOrder(request: {idempotencyKey: "forged"}, terms: $terms) {
    __typename ... on Draft { price } ... on Refused { reason } } }"""
TERMS = {"instrument": BTC, "side": "BUY", "type": "MARKET", "quantity": "0.001"}


def drafted(api: Started, token: str) -> dict[str, Any]:
    """The answer to the draft of a market order."""
    answer: dict[str, Any] = api.query(DRAFT, token, terms=TERMS)["data"]["draftOrder"]
    return answer


def test_a_price_that_was_written_into_the_record_of_played_candles_is_no_market(tmp_path: Path) -> None:
    """The market at rest has the last price that the log itself proves, and a warning names the record."""
    assert whence(tmp_path, "paper", "--bars", "400", "--seed", "4", "--json").returncode == 0
    made = whence(tmp_path, "tokens", "create", "eve", "--role", "trader", "--json")
    token: str = json.loads(made.stdout)["token"]
    with started(tmp_path) as api:
        closing_price = Decimal(drafted(api, token)["price"])
        assert api.stop()[0] == 0
    with closing(sqlite3.connect(tmp_path / "whence.db")) as file, file:
        ((text,),) = file.execute("SELECT candles FROM played_latest").fetchall()
        candles = [candle | {"close": "1000", "low": "1000"} for candle in json.loads(text)]
        file.execute("UPDATE played_latest SET candles = ?", (json.dumps(candles),))
    with started(tmp_path) as api:
        answer = drafted(api, token)
        warnings = [line["event"] for line in api.logged]
        assert api.stop()[0] == 0
    assert abs(Decimal(answer["price"]) / closing_price - 1) < Decimal("0.1")
    assert any("is not used: its signature was not made for this content" in one for one in warnings)
