"""A backtest whose orders recorded trades fill: the exchange has the trades, the engine their candles.

The engine reads no trades, as in `whence paper --live`, so that both decide the same on the same candles.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.simulated.traded import TradedExchange
from commands.inputs import MarketMoved
from commands.scorer import NO_SCORER, Scorer
from domain.candle import Candle
from domain.log import Envelope, EventLog
from domain.market import Trade
from infra.run.backtest import Backtest, Variant
from infra.run.recording import Recording
from infra.run.simulation import rules_of


class TradeBacktest(Backtest):
    """See `Backtest`; the recording is one of trades. Requests of people, and rules that change, are on none."""

    def __init__(
        self,
        source: Recording,
        variant: Variant,
        log: EventLog,
        seen: Callable[[Envelope], None],
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """See `Backtest`."""
        super().__init__(source, variant, log, seen, scorer)
        simulation, stake = variant.change.settings(source.settings).simulation, source.stake
        self._traded = TradedExchange(
            {one.id: one for one in source.instruments},
            stake.currency,
            stake.balance,
            stake.leverage,
            rules_of(simulation),
            simulation.seed,
            next(source.inputs()).at,
        )

    @property
    def exchange(self) -> TradedExchange:
        """See `Backtest.exchange`."""
        return self._traded

    def _move(self, given: MarketMoved) -> None:
        trades = [one for one in given.events if type(one) is Trade]
        for at in self._traded.on_trades(trades):
            self._sent_at = at
            self._report(at)
        self._sent_at = given.at
        self._traded.on_market((), given.at)
        self._report(given.at)
        candles = tuple(one for one in given.events if type(one) is Candle)
        self._running.handle(MarketMoved(given.at, candles))
