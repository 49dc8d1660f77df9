"""The form of the client order ids: the id of a chain, a leg and a number, as `nsvwda8dgah11-e1`.

A chain's id depends on the log's id (`domain.log.chain_id`), so two logs never give one order id. An order at an
exchange with an id of this form that the log does not know was therefore placed by an engine with another log.
"""

from __future__ import annotations

import re
from hashlib import sha256

_OURS = re.compile(r"[0-9a-hjkmnp-tv-z]{13}-(?:[estxl]|o[0-9]+x)[0-9]+")
"""Thirteen digits of Crockford's base 32; entry, stop, target, exit, liquidation, or the exit of an orphan."""

_ADOPTED = "adopted-"


def is_of_an_engine(order_id: str) -> bool:
    """Whether the id has the form of the ids of this program's engines, with this log or another."""
    return _OURS.fullmatch(order_id) is not None


def adopted_order_id(execution_id: str) -> str:
    """The id of the order that records an adopted trade. It is at no exchange; a stop may name it as its parent, so it
    is short enough for each. It depends on the exchange's id of the execution alone.
    """
    return f"{_ADOPTED}{sha256(execution_id.encode()).hexdigest()[:16]}"


def is_adopted_trade(order_id: str) -> bool:
    """Whether the id is that of an order which records an adopted trade."""
    return order_id.startswith(_ADOPTED)
