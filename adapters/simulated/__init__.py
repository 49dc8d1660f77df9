"""An in-process exchange that simulates Bybit's linear contracts against candles.

Where a candle allows several outcomes, the worst one for the account is taken. The rules, with the modules
that implement them:

- Time. A request sent at `t` arrives at `t + latency` and is processed in the candle in which it arrives, at that
  candle's open; never in a candle that had already begun when the request was sent (`requests`, `market`).
- Order of events within a candle: see `market`. Where one candle reaches stop and target, the stop fills.
- Prices (`matching`). A taker pays the worse of open and trigger, the spread where candles carry bid and ask, and
  slippage, rounded against the order. A resting limit order is a maker: it fills at its own price once the market has
  traded one tick beyond the price, also where the market opened beyond the price. A limit order that can trade on
  arrival is a taker, and never pays more than its limit; what is left of it rests at the limit. A triggered stop order
  is a market order. Version 1 of the rules gave a resting limit order an open beyond its price (`version`).
- Quantity (`clearing`, `engine`). One order takes at most a share of the candle's volume. The rest of a limit order can
  fill in later candles. The rest of a market order is cancelled (on Bybit a market order is IOC); a market order that
  finds no volume is rejected. The rest of a stop order that protects a position is filled in later candles, at the
  market, until the position is closed.
- Protection (`desk`, `clearing`). An order with a parent is inactive until the parent has opened a position. From then
  on its quantity is at most the position's. It ends when the position is closed, when its sibling (the other of stop
  and target) triggers or is filled, or when its parent ends without a fill that opened a position. Where the position
  is closed, the rest of the parent is cancelled, too.
- Margin, order cost, liquidation: isolated margin, formulas and source in `margin`. Where a candle opens beyond both
  liquidation price and stop, the position is liquidated, because no stop could have traded before that open.
- Refusals carry Bybit's codes (`admission`). One difference: Bybit answers a repeated order id with 110072; here a
  repeated ticket has no effect and no report.
"""

from adapters.simulated.exchange import SimulatedExchange
from adapters.simulated.ids import fact
from adapters.simulated.rules import SimulationRules
from adapters.simulated.version import RULES_VERSION, check_playable

__all__ = ["RULES_VERSION", "SimulatedExchange", "SimulationRules", "check_playable", "fact"]
