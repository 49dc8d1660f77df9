"""Random orders on three weeks of recorded candles; `witness.py` checks every report and the sums of all reports."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from adapters.simulated import SimulatedExchange, SimulationRules
from adapters.tapes import read_tape
from commands.exchange import Filled, Liquidated, Ticket
from domain.candle import Candle
from domain.direction import Side
from domain.instrument import round_down
from tests.adapters.simulated.scene import BTC, BUY, after_candles, of_kind, stop_of, target_of, ticket
from tests.adapters.simulated.witness import Witness

_NOW = datetime(2025, 7, 3, tzinfo=UTC)
_CANDLES = 6_000


def _random_entry(random: Random, order_id: str, candle: Candle) -> list[Ticket]:
    """An entry with stop and target: a market order, or a limit order near the market.

    The stop is half a per cent from the candle's close.
    """
    side = random.choice(list(Side))
    sign = 1 if side is BUY else -1

    def away(fraction: str) -> str:
        return str(round_down(candle.close * (1 + sign * Decimal(fraction)), BTC.tick))

    limit = away("-0.001") if random.random() < 0.5 else None
    sent_at = candle.close_time
    return [
        ticket(order_id, side, "0.05", limit=limit, sent_at=sent_at),
        stop_of(order_id, side.opposite, "0.05", away("-0.005"), sent_at),
        target_of(order_id, side.opposite, "0.05", away("0.007"), sent_at),
    ]


def test_weeks_of_random_orders_give_consistent_reports_and_balance(market_data: Path) -> None:
    tape = read_tape(market_data / "bybit_klines" / "BTCUSDT_5m.csv", now=_NOW)
    rules = SimulationRules(slippage_jitter=Decimal(1), volume_share=Decimal("0.001"))
    balance = Decimal(20_000)
    venue = SimulatedExchange({BTC.id: BTC}, "USDT", balance, Decimal(20), rules, 5)
    witness, random, before = Witness(balance, rules), Random(5), None
    traded = 0
    for n, candle in enumerate(tape.candles[:_CANDLES]):
        reports = after_candles(venue, [candle])
        witness.check(reports, candle, before)
        before = candle
        traded += len(of_kind(Filled, reports)) + len(of_kind(Liquidated, reports))
        assert venue.position(BTC.id) == witness.position
        if n % 7 == 0:
            tickets = _random_entry(random, f"e{n}", candle)
            witness.expect(tickets)
            venue.submit(tickets)
    assert venue.balance == witness.balance
    assert traded > 1_000
