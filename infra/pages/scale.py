"""The vertical scale of a chart: round steps, and the place of a value in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical scale from `low` to `high` in steps of `step`, drawn from `top` (`high`) over `height` pixels."""

    low: float
    high: float
    step: float
    top: float
    height: float

    @classmethod
    def around(cls, low: float, high: float, top: float, height: float) -> Scale:
        """The scale that holds both values between round numbers, in about four steps."""
        span = (high - low) or abs(high) * 0.01 or 0.01
        rough = span / 4
        power = 10.0 ** floor(log10(rough))
        step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough)
        return cls(
            floor(low / step) * step,
            max(ceil(high / step) * step, floor(low / step + 1) * step),
            step,
            top,
            height,
        )

    @property
    def places(self) -> int:
        """The digits after the point that tell one step from the next."""
        return max(0, -floor(log10(self.step)) + (self.step / 10.0 ** floor(log10(self.step)) == 2.5))

    def y(self, value: float) -> float:
        """The place of the value in pixels from the top."""
        return self.top + (self.high - value) / (self.high - self.low) * self.height

    def steps(self) -> Iterator[float]:
        """The values of the grid's lines."""
        for n in range(round((self.high - self.low) / self.step) + 1):
            yield self.low + n * self.step
