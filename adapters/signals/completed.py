"""A body completed by the settings of its source: the signal as a request, and its idempotency key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from adapters.codes import Code
from adapters.signals.body import NOTE, SignalBody
from adapters.signals.fault import Fault, NotTaken
from adapters.signals.interval import signal_interval
from adapters.signals.settings import Access, KeyRule, SourceSettings
from commands.request import OutsideSignal
from domain.direction import Direction
from domain.instrument import is_instrument_id

_KEY = "idempotency_key"
_DIGEST_BYTES = 16
_SIGNS: Mapping[Direction, int] = {Direction.LONG: 1, Direction.SHORT: -1}


def completed(body: SignalBody, source: SourceSettings) -> OutsideSignal:
    """The signal under the source's name. What the source's settings add is in its inputs, as `default.stop` and so on.

    Raises NotTaken with every field that is neither in the body nor in the settings, and for an instrument that is none
    of the source's.
    """
    instrument = _instrument(body, source)
    filled, notes, faults = dict[str, Any](), dict[str, float](), list[Fault]()
    for name, value_of in _COMPLETED.items():
        given, default = getattr(body, name), getattr(source.defaults, name)
        if given is None and default is None:
            faults.append(_missing(name, source))
            continue
        filled[name] = value_of(body, default) if given is None else given
        if given is None:
            notes[f"{NOTE}{name}"] = _noted(default)
    if (body.candle_closed_at is None) == (body.candle_opened_at is None):
        faults.append(_fault("candle_closed_at", "send either this or candle_opened_at"))
    if faults:
        raise NotTaken(400, faults)
    interval = signal_interval(filled.pop("interval"))
    assert interval is not None
    opened, closed = body.candle_opened_at, body.candle_closed_at
    try:
        closed_at = opened + interval if closed is None and opened is not None else closed
    except OverflowError:
        raise NotTaken(400, [_fault("candle_opened_at", "it has no close")]) from None
    assert closed_at is not None
    return OutsideSignal(
        strategy=source.name,
        instrument=instrument,
        interval_seconds=int(interval.total_seconds()),
        candle_closed_at=closed_at,
        direction=body.direction,
        intent=body.intent,
        price=body.price,
        inputs={**body.inputs, **notes},
        **filled,
    )


def key_of(
    signal: OutsideSignal, body: SignalBody, source: SourceSettings, headers: Mapping[str, str | None]
) -> str:
    """The idempotency key. `headers` has the values of `webhook-id` and `idempotency-key`.

    Of a signed request only signed keys count: with another key in an unsigned header, a captured request would be a
    new one. Raises NotTaken where there is no key, or two different ones, or one that the source's settings exclude.
    """
    header = "webhook-id" if source.access is Access.SIGNATURE else "idempotency-key"
    if header == "webhook-id" and headers["idempotency-key"] is not None:
        raise NotTaken(400, [_fault("idempotency-key", "a signed request has its key in webhook-id")])
    given = {name: key for name, key in ((header, headers[header]), (_KEY, body.idempotency_key)) if key}
    if source.key is KeyRule.CANDLE:
        unwanted = next((name for name in given if name != "webhook-id"), None)
        if unwanted is not None:
            raise NotTaken(400, [_fault(unwanted, "the keys of this source are made from its candles")])
        return candle_key(source.name, signal.instrument, signal.candle_closed_at)
    if not given:
        raise NotTaken(
            400, [_fault(_KEY, f"missing; send the header {header} or this field, or set key = CANDLE")]
        )
    if len(set(given.values())) > 1:
        raise NotTaken(400, [_fault(_KEY, f"it differs from the header {header}")])
    return next(iter(given.values()))


def candle_key(source: str, instrument: str, closed_at: datetime) -> str:
    """The key of a source's signal on one candle, which has at most one: `candle-` and 32 hexadecimal digits."""
    spelled = f"{source} {instrument} {closed_at.isoformat()}"
    return f"candle-{blake2b(spelled.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"


def _instrument(body: SignalBody, source: SourceSettings) -> str:
    instrument = source.symbols.get(body.instrument, body.instrument)
    if not is_instrument_id(instrument):
        message = (
            "it is not an instrument like BTCUSDT-LINEAR.BYBIT, and the source's `symbols` do not have it"
        )
        raise NotTaken(400, [_fault("instrument", message)])
    if source.instruments and instrument not in source.instruments:
        message = f"instrument: the source {source.name} may not raise signals on it"
        raise NotTaken(403, [Fault(Code.FORBIDDEN, message, "instrument")])
    return instrument


def _level(sign: int) -> Callable[[SignalBody, Decimal], Decimal]:
    """A price at a fraction from the signal's price, in the signal's direction (1) or against it (-1)."""
    return lambda body, fraction: body.price * (1 + sign * _SIGNS[body.direction] * fraction)


def _as_it_is(_body: SignalBody, default: Any) -> Any:
    return default


_COMPLETED: Mapping[str, Callable[[SignalBody, Any], Any]] = {
    "stop": _level(-1),
    "target": _level(1),
    "confidence": _as_it_is,
    "trend": _as_it_is,
    "interval": _as_it_is,
}
"""The fields that the source's settings complete, each with its value from the setting of the same name."""


def _noted(default: Any) -> float:
    """The setting as a figure: an interval in seconds."""
    interval = signal_interval(default) if isinstance(default, str) else None
    return float(default) if interval is None else interval.total_seconds()


def _missing(name: str, source: SourceSettings) -> Fault:
    return _fault(name, f"missing, and the source {source.name} has no default for it in the settings")


def _fault(field: str, message: str) -> Fault:
    return Fault(Code.BAD_INPUT, f"{field}: {message}", field)
