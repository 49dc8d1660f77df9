"""The fingerprint of a request: equal for equal requests, whatever its figures and times are spelled like."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, cast

from msgspec import to_builtins

from commands.request import Request

_BYTES = 8


def fingerprint(request: Request) -> str:
    """16 hexadecimal digits over the request's class and fields; key, account and actor have no part in it.

    Logs hold it, so the names of classes and fields stay as they are. A field that is None is left out: one that is
    added later, and defaults to None, leaves the fingerprints on record as they were.
    """
    fields = to_builtins(request, builtin_types=(Decimal, datetime))
    spelled = json.dumps([type(request).__name__, _canonical(fields)], sort_keys=True)
    return blake2b(spelled.encode(), digest_size=_BYTES).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {name: _canonical(one) for name, one in table.items() if one is not None}
    if isinstance(value, Decimal):
        return _without_zeros(value)
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _without_zeros(value: Decimal) -> str:
    """Digits and exponent without trailing zeros, by text: a context would raise for an exponent beyond its own."""
    digits, _, exponent = f"{value:E}".partition("E")
    whole = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{whole}E{int(exponent or 0)}" if value else "0"
