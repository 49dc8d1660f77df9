"""What older events mean today: for changes of meaning that no default can tell.

An upcaster takes the record of one version, as fastavro reads it without logical types, and returns that of the
next. Added and dropped fields need none: their schema's default stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.avro.wire import Record

Upcaster = Callable[[Record], Record]


def _milliseconds_to_micros(signal: Record) -> Record:
    """Version 1 told the candle's end in the exchanges' milliseconds, unlike every other time in the log."""
    return {**signal, "candle_closed_at": signal["candle_closed_at"] * 1000}


def _without_a_minimum_win_rate(changed: Record) -> Record:
    """Before version 3 no win rate stopped anything: the default of today was not in force then."""
    settings = changed["settings"]
    return {**changed, "settings": {**settings, "risk": {**settings["risk"], "minimum_win_rate": "0"}}}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    ("whence.signal.SignalDetected", 1): _milliseconds_to_micros,
    ("whence.settings.SettingsChanged", 2): _without_a_minimum_win_rate,
}
"""By full name, and the version that is taken to the next."""


def upcast(name: str, version: int, upto: int, record: Record) -> Record:
    """The record of `version` as that of `upto`, but for what defaults fill in."""
    for step in range(version, upto):
        change = UPCASTERS.get((name, step))
        record = change(record) if change else record
    return record
