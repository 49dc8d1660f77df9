"""A simulated exchange in process: what Bybit's linear contracts would have made of our orders, against candles.

Where a candle leaves a doubt, it goes against us. The rules, and where they stand:

- Time. A request sent at `t` arrives at `t + latency`, and is dealt with in the candle it arrives in, at that
  candle's open; never in a candle whose prices were already known when it was sent (`requests`, `market`).
- Order of events within a candle: see `market`. Stop and target in one candle: the stop.
- Prices (`matching`). A taker pays open or trigger (the worse of the two), the spread where candles carry bid and
  ask, and slippage, rounded against it. A limit that rests fills at its price once the market has traded through
  it by one tick, at the open when the market opened beyond it; one that arrives marketable takes, and never
  pays more than its limit. A stop reached is a market order.
- Quantity (`clearing`, `engine`). One order takes at most a share of the candle's volume. The rest of a limit goes
  on in the next candle; the rest of a market order is cancelled (on Bybit it is IOC), and one that finds no
  volume is rejected; a stop that protects a position goes on at market until the position is closed.
- Protection (`desk`, `clearing`). An order with a parent sleeps until the parent has opened a position, is then
  live for the smaller of its quantity and the position, and ends with the position, with its sibling, or with
  a parent that opened nothing. When it ends for the position's sake, what is left of the parent ends too.
- Margin, order cost, liquidation: isolated, formulas and source in `margin`. Liquidation wins over a stop where the
  candle opens beyond both, for there the exchange takes the position over before any stop can trade.
- Refusals carry Bybit's codes (`admission`). One thing is kinder than Bybit, which answers a repeated order id with
  110072: here the same ticket again changes nothing and is not answered again.
"""

from adapters.simulated.exchange import SimulatedExchange
from adapters.simulated.rules import SimulationRules
from adapters.simulated.version import RULES_VERSION, check_playable

__all__ = ["RULES_VERSION", "SimulatedExchange", "SimulationRules", "check_playable"]
