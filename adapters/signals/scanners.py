"""The tables `[[signals.scanners]]`: the scanners that `whence scan` runs."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from adapters.signals.names import NAME, check_instruments, check_name
from domain.interval import interval_of


class ScannerSettings(BaseModel):
    """One scanner. `name` is the strategy of its signals, `strategy` the rule that it runs, with its `parameters`.

    Empty `instruments` mean every instrument that is published. A signal may be raised for `valid_seconds` after the
    close of its candle. A process that is assigned instruments first reads so many of their past candles.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=NAME)
    strategy: str = Field(min_length=1, max_length=100)
    parameters: dict[str, str] = {}
    interval: str = "5m"
    instruments: tuple[str, ...] = ()
    valid_seconds: int = Field(default=30, ge=1, le=86_400)
    warm_bars: int = Field(default=1_000, ge=0, le=50_000)

    @field_validator("name")
    @classmethod
    def _own_name(cls, name: str) -> str:
        return check_name(name)

    @field_validator("interval")
    @classmethod
    def _spelled(cls, interval: str) -> str:
        if interval_of(interval) is None:
            raise PydanticCustomError("interval", "Input should be an interval that divides a day, like 5m")
        return interval

    @field_validator("instruments")
    @classmethod
    def _instruments(cls, instruments: tuple[str, ...]) -> tuple[str, ...]:
        return check_instruments(instruments)

    @field_validator("parameters", mode="before")
    @classmethod
    def _as_text(cls, given: object) -> object:
        """Numbers as text, as the parameters of `[[trading.strategies]]`."""
        if not isinstance(given, dict):
            return given
        return {str(name): _text(value) for name, value in given.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] - a table of any values


def _text(value: object) -> object:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else value
