"""The filters of all templates: amounts, times and durations as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from adapters.avro import to_json
from domain.settings import SettingsChanged
from infra.cli.wording import in_plain_words, rounded
from projections.explained.decisions import parameters_of
from projections.explained.elapsed import elapsed
from projections.explained.orders import Answer
from projections.explained.timeline import TimedStep
from projections.sentences import plain, signed

NONE = "—"


def amount(value: Decimal | None) -> str:
    """A decimal without exponent and trailing zeros, long ones rounded; a dash for none."""
    return NONE if value is None else rounded(plain(value))


def signed_amount(value: Decimal) -> str:
    """The same with a sign."""
    return rounded(signed(value))


def clock(at: datetime) -> str:
    """Date and time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def later(span: timedelta) -> str:
    """A duration with its sign."""
    spelled = elapsed(span)
    return spelled if spelled.startswith("-") else f"+{spelled}"


def tone(value: Decimal) -> str:
    """The class of a gain or a loss in the style sheet; empty for 0."""
    return "up" if value > 0 else "down" if value < 0 else ""


def worse(value: Decimal) -> str:
    """The class of a slippage: a positive one is a loss."""
    return tone(-value)


def type_name(of: TimedStep | Answer) -> str:
    """The name of the event's class."""
    return type(of.recorded.envelope.event).__name__


def settings_rows(event: SettingsChanged) -> Iterator[tuple[str, str]]:
    """Each setting with its value, by the name that settings have on the command line: `risk.max_positions`."""
    yield from _flat(to_json(event)["settings"], "")


def _flat(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in cast(Mapping[str, object], value).items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
        return
    items = cast(list[object], value) if isinstance(value, list) else []
    for n, inner in enumerate(items, 1):
        yield from _flat(inner, f"{name}.{n}")
    if not items:
        yield name, NONE if value in ("", None) or isinstance(value, list) else str(value)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "amount": amount,
    "signed": signed_amount,
    "clock": clock,
    "elapsed": elapsed,
    "later": later,
    "tone": tone,
    "worse": worse,
    "figures": rounded,
    "words": in_plain_words,
    "type": type_name,
    "parameters": parameters_of,
    "settings": settings_rows,
}
