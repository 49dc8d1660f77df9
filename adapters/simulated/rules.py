"""The settings of the simulation: slippage, volume, latency, price band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.arithmetic import ONE, ZERO
from domain.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class SimulationRules:
    """Raises InvalidSettings for a value out of its range.

    - `slippage`: the move of a taker's price against it, as a fraction of the price (0.0002 = 0.02 %); 0 to
      `price_band`.
    - `slippage_jitter`: the largest deviation of one execution's slippage, as a fraction of `slippage`; 0 to 1. The
      deviation is a function of seed, order id and execution number.
    - `volume_share`: the largest share of a candle's volume that one order may fill; above 0, up to 1.
    - `latency`: the time from sending a request to its arrival at the exchange; not negative.
    - `price_band`: the largest distance by which a buy limit may be above, or a sell limit below, the last price, as a
      fraction of it; above 0, below 1. Bybit's `priceLimitRatioX` of its large perpetuals is 0.01.
    """

    slippage: Decimal = Decimal("0.0002")
    slippage_jitter: Decimal = ZERO
    volume_share: Decimal = Decimal("0.1")
    latency: timedelta = timedelta(milliseconds=250)
    price_band: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        _check_fraction("price_band", self.price_band, above=ZERO, below=ONE)
        _check_fraction("volume_share", self.volume_share, above=ZERO, upto=ONE)
        _check_fraction("slippage_jitter", self.slippage_jitter, upto=ONE)
        _check_fraction("slippage", self.slippage)
        self._check_widest()
        if self.latency < timedelta(0):
            raise InvalidSettings(f"latency must not be negative: {self.latency}")

    def _check_widest(self) -> None:
        widest = self.slippage * (ONE + self.slippage_jitter)
        if widest > self.price_band:
            raise InvalidSettings(
                f"slippage with its jitter reaches {widest}, beyond the price band {self.price_band}: "
                "lower slippage or widen price_band"
            )


def _check_fraction(
    name: str,
    value: Decimal,
    *,
    above: Decimal | None = None,
    upto: Decimal | None = None,
    below: Decimal | None = None,
) -> None:
    fits = (
        value.is_finite()
        and value >= ZERO
        and (above is None or value > above)
        and (upto is None or value <= upto)
        and (below is None or value < below)
    )
    if not fits:
        raise InvalidSettings(f"{name} is out of range: {value}")
