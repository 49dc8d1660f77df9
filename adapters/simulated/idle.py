"""When a market can be passed over: what a candle may do without any effect on it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class IdleBounds(NamedTuple):
    """A candle has no effect if it stays between two prices, settles no funding that is due, and meets no request.

    `below` and `above` are the prices as doubles: conversion keeps the order, so a candle whose low and high as doubles
    are strictly between them is between the exact prices, too. `below` is the higher where every candle has an effect.
    `is_funded` says whether a candle with a funding rate settles it here. `arrives_at` is the arrival of the first
    request that waits (UTC), which meets no candle that closes then or before; None where none waits.
    """

    below: float
    above: float
    is_funded: bool
    arrives_at: datetime | None
