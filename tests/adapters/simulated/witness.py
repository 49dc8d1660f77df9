"""Calculates an account from its reports with the domain's arithmetic, and asserts that each report is possible."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from adapters.simulated import SimulationRules
from commands.exchange import (
    Amended,
    AnyReport,
    Cancelled,
    Expired,
    Filled,
    Funded,
    Liquidated,
    Rejected,
    Ticket,
    Triggered,
)
from domain.candle import Candle
from domain.direction import Direction, Side
from domain.order import Liquidity, OrderPlaced, OrderType
from domain.position import Open, notional, realised_profit, released_cost
from tests.adapters.simulated.scene import BTC
from tests.replacing import replace

ZERO = Decimal(0)
_DIRECTION = {Side.BUY: Direction.LONG, Side.SELL: Direction.SHORT}


class Witness:
    def __init__(self, balance: Decimal, rules: SimulationRules) -> None:
        self.balance = balance
        self._rules = rules
        self._sent: dict[str, Ticket] = {}
        self._terms: dict[str, OrderPlaced] = {}
        self._filled: dict[str, Decimal] = {}
        self._over: set[str] = set()
        self._facts: set[str] = set()
        self._executions: set[str] = set()
        self._gone_off: set[str] = set()
        self._held: Open | None = None
        self._spread = ZERO, ZERO

    @property
    def position(self) -> Decimal:
        if self._held is None:
            return ZERO
        return self._held.quantity if self._held.direction is Direction.LONG else -self._held.quantity

    def expect(self, tickets: Sequence[Ticket]) -> None:
        for one in tickets:
            self._sent[one.order_id], self._terms[one.order_id] = one, one.terms
            self._filled[one.order_id] = ZERO

    def check(self, reports: Sequence[AnyReport], candle: Candle, before: Candle | None) -> None:
        self._spread = _spread(before if before is not None and before.ask is not None else candle)
        assert [report.at for report in reports] == sorted(report.at for report in reports)
        self._gone_off = {report.order_id for report in reports if isinstance(report, Triggered)}
        traded: dict[str, Decimal] = {}
        with localcontext(prec=60):
            for report in reports:
                self._take(report, candle, traded)
        for quantity in traded.values():
            assert quantity <= candle.volume * self._rules.volume_share

    def _take(self, report: AnyReport, candle: Candle, traded: dict[str, Decimal]) -> None:
        assert report.fact not in self._facts
        self._facts.add(report.fact)
        assert candle.open_time <= report.at <= candle.close_time
        match report:
            case Filled():
                traded[report.order_id] = traded.get(report.order_id, ZERO) + report.quantity
                self._fill(report, candle)
            case Liquidated():
                self._execution(report.execution_id)
                assert report.quantity == abs(self.position)
                self._trade(report.side, report.quantity, report.price, report.fee)
            case Funded():
                assert candle.funding_rate is not None
                assert report.amount == -self.position * candle.close * candle.funding_rate
                self.balance += report.amount
            case Amended():
                self._terms[report.order_id] = replace(
                    self._terms[report.order_id],
                    quantity=report.quantity,
                    limit_price=report.limit_price,
                    trigger_price=report.trigger_price,
                )
            case Cancelled() | Rejected() | Expired():
                assert report.order_id not in self._over
                self._over.add(report.order_id)
            case _:
                assert report.order_id not in self._over or "Refused" in type(report).__name__

    def _fill(self, fill: Filled, candle: Candle) -> None:
        terms = self._terms[fill.order_id]
        assert fill.order_id not in self._over
        assert self._sent[fill.order_id].sent_at <= candle.open_time
        assert fill.quantity > 0
        assert fill.quantity % BTC.lot == 0
        assert fill.price % BTC.tick == 0
        self._check_reduces(terms, fill)
        self._check_price(terms, fill, candle)
        self._filled[fill.order_id] += fill.quantity
        assert self._filled[fill.order_id] <= terms.quantity
        rate = BTC.maker_fee if fill.liquidity is Liquidity.MAKER else BTC.taker_fee
        assert fill.fee == fill.quantity * fill.price * rate
        self._execution(fill.execution_id)
        self._trade(terms.side, fill.quantity, fill.price, fill.fee)

    def _check_reduces(self, terms: OrderPlaced, fill: Filled) -> None:
        signed = fill.quantity if terms.side is Side.BUY else -fill.quantity
        after = self.position + signed
        assert self.position * after >= 0
        if terms.reduce_only:
            assert abs(after) < abs(self.position)

    def _check_price(self, terms: OrderPlaced, fill: Filled, candle: Candle) -> None:
        """Asserts that a taker's price is in the candle's range, or beyond it by spread and slippage against the order,
        and that a maker's is its own.
        """
        above, below = self._spread
        slip = self._rules.slippage * (1 + self._rules.slippage_jitter)
        highest = ((candle.high + above) * (1 + slip) / BTC.tick).to_integral_value(ROUND_CEILING) * BTC.tick
        lowest = ((candle.low - below) * (1 - slip) / BTC.tick).to_integral_value(ROUND_FLOOR) * BTC.tick
        buys = terms.side is Side.BUY
        if fill.liquidity is Liquidity.TAKER:
            assert candle.low <= fill.price <= highest if buys else lowest <= fill.price <= candle.high
        sign = 1 if buys else -1
        quote = candle.open + above if buys else candle.open - below
        if terms.type is OrderType.MARKET:
            assert sign * (fill.price - quote) >= 0
        if terms.trigger_price is not None and fill.order_id in self._gone_off:
            assert sign * (fill.price - terms.trigger_price) >= 0
        if terms.limit_price is not None:
            assert sign * (fill.price - terms.limit_price) <= 0
            assert fill.price == terms.limit_price or sign * (fill.price - quote) >= 0
            if fill.liquidity is Liquidity.MAKER:
                assert fill.price == terms.limit_price
                best = candle.low + above if buys else candle.high - below
                assert sign * (terms.limit_price - best) >= BTC.tick

    def _execution(self, name: str) -> None:
        assert name not in self._executions
        assert len(name) <= 16
        self._executions.add(name)

    def _trade(self, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        held, value = self._held, notional(quantity, price)
        self.balance -= fee
        if held is None or held.direction is _DIRECTION[side]:
            before = (ZERO, ZERO) if held is None else (held.quantity, held.cost)
            self._held = _open(_DIRECTION[side], before[0] + quantity, before[1] + value)
            return
        released = released_cost(held, quantity)
        self.balance += realised_profit(held.direction, value, released)
        left = held.quantity - quantity
        self._held = _open(held.direction, left, held.cost - released) if left else None


def _open(direction: Direction, quantity: Decimal, cost: Decimal) -> Open:
    return Open(
        instrument=BTC.id,
        direction=direction,
        quantity=quantity,
        cost=cost,
        gross=ZERO,
        fees=ZERO,
        funding=ZERO,
        stop=None,
        target=None,
    )


def _spread(candle: Candle) -> tuple[Decimal, Decimal]:
    if candle.ask is None or candle.bid is None:
        return ZERO, ZERO
    return candle.ask - candle.close, candle.close - candle.bid
