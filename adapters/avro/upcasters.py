"""What older events mean today: for changes of meaning that no default can tell.

An upcaster takes the record of one version, as fastavro reads it without logical types, and returns that of the
next. Added and dropped fields need none: their schema's default stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.avro.wire import Record

Upcaster = Callable[[Record], Record]

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}


def upcast(name: str, version: int, upto: int, record: Record) -> Record:
    """The record of `version` as that of `upto`, but for what defaults fill in."""
    for step in range(version, upto):
        change = UPCASTERS.get((name, step))
        record = change(record) if change else record
    return record
