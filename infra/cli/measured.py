"""The measures of an analysis as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from infra.cli.money import money
from projections.analysis.analysis import Analysis
from projections.analysis.measures import MEASURES, Measure, Unit, Value

_WRITTEN: Mapping[Unit, Callable[[Any, str], str]] = {
    Unit.SHARE: lambda value, _currency: f"{value:.2%}",
    Unit.CHANGE: lambda value, _currency: f"{value:+.2%}",
    Unit.RATIO: lambda value, _currency: f"{value:,.2f}",
    Unit.MONEY: money,
    Unit.COUNT: lambda value, _currency: f"{value:,}",
    Unit.TIME: lambda value, _currency: spelled(value),
}


_FOR_PROGRAMS: Mapping[Unit, Callable[[Any], object]] = {
    Unit.SHARE: float,
    Unit.CHANGE: float,
    Unit.RATIO: float,
    Unit.MONEY: "{:f}".format,
    Unit.COUNT: int,
    Unit.TIME: timedelta.total_seconds,
}


def written(measure: Measure, value: Value, currency: str) -> str:
    """The value for people; `none` where it is not defined."""
    return "none" if value is None else _WRITTEN[measure.unit](value, currency)


def spelled(length: timedelta) -> str:
    """A length of time in days and hours, as `3d 04h`; in hours and minutes below one day."""
    minutes = round(length.total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days}d {hours:02}h" if days else f"{hours}h {minutes % 60:02}m"


def measures_written(found: Analysis) -> Iterator[tuple[Measure, str]]:
    """Every measure with its value for people."""
    for one in MEASURES:
        yield one, written(one, one.of(found), found.figures.currency)


def measures_json(found: Analysis) -> Mapping[str, object]:
    """Every measure by name: amounts as text, fractions, ratios and counts as numbers, lengths of time in seconds."""
    return {one.name: _json(one, one.of(found)) for one in MEASURES}


def definitions() -> Mapping[str, str]:
    """The definition of every measure by name."""
    return {one.name: one.definition for one in MEASURES}


def _json(measure: Measure, value: Value) -> object:
    return None if value is None else _FOR_PROGRAMS[measure.unit](value)
