"""Converts records of older event versions whose meaning changed in a way that no default can express.

An upcaster receives the record of one version, as fastavro reads it without logical types, and returns the record of
the next version. Added and removed fields need no upcaster: the schema's default applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.avro.wire import Record

Upcaster = Callable[[Record], Record]


def _milliseconds_to_micros(signal: Record) -> Record:
    """Version 1 recorded `candle_closed_at` in milliseconds; every other time in the log is in microseconds."""
    return {**signal, "candle_closed_at": signal["candle_closed_at"] * 1000}


def _without_a_minimum_win_rate(changed: Record) -> Record:
    """Version 2 had no minimum win rate, so the current default must not apply to its records."""
    settings = changed["settings"]
    return {**changed, "settings": {**settings, "risk": {**settings["risk"], "minimum_win_rate": "0"}}}


def _held_as_requested_last(held: Record) -> Record:
    """Version 1 stated actor, reason and time of its held changes for all of them together, by those of the event."""
    meta, reason = held["meta"], held["reason"]
    of_event = {"by": meta["actor"], "since": meta["occurred_at"], "reason": reason}
    return {**held, "changes": [{**one, **of_event} for one in held["changes"]]}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    ("whence.signal.SignalDetected", 1): _milliseconds_to_micros,
    ("whence.settings.SettingsChanged", 2): _without_a_minimum_win_rate,
    ("whence.settings.SettingsHeld", 1): _held_as_requested_last,
}
"""The upcasters, by the event's full name and the version that each one converts from."""


def upcast(name: str, version: int, upto: int, record: Record) -> Record:
    """Converts a record from `version` to `upto` in steps of one version; fastavro later adds missing defaults."""
    for step in range(version, upto):
        change = UPCASTERS.get((name, step))
        record = change(record) if change else record
    return record
