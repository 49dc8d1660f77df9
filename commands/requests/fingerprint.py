"""The fingerprint of a request: equal for equal requests, also if their figures and times are written differently."""

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
    """16 hexadecimal digits: a BLAKE2b hash (RFC 7693) of the request's class and fields.

    Key, account and actor are not hashed.

    Logs hold fingerprints, so the names of classes and fields must not change. Fields that are None are left out, so
    recorded fingerprints stay valid when a field with the default None is added.
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
    """The value as text without trailing zeros. `Decimal.normalize` would raise for an exponent out of its range."""
    digits, _, exponent = f"{value:E}".partition("E")
    whole = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{whole}E{int(exponent or 0)}" if value else "0"
