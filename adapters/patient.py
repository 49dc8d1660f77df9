"""Repeats queries while an exchange cannot be reached: a query changes nothing there."""

from __future__ import annotations

from threading import Event

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)
from tenacity.nap import sleep_using_event

from domain.errors import ExchangeUnreachable

_ATTEMPTS = 3


def patient(first_pause: float, longest_pause: float, stopping: Event) -> Retrying:
    """Makes at most three attempts at a call that raises ExchangeUnreachable, with pauses in seconds between them.

    A set `stopping` ends pauses and attempts.
    """
    return Retrying(
        retry=retry_if_exception_type(ExchangeUnreachable),
        stop=stop_after_attempt(_ATTEMPTS) | stop_when_event_set(stopping),
        wait=wait_exponential(first_pause, longest_pause) + wait_random(0, first_pause),
        sleep=sleep_using_event(stopping),
        reraise=True,
    )
