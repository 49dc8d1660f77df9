"""Leverage and starting balance of a start on a log that was opened with others: they are those of a new log.

A given value without effect is named, because a person who lowers the leverage would trade with the old one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal

from domain.account import AccountOpened
from domain.log import EventLog
from infra.config import WhenceSettings
from infra.run.demo_log import PAPER_LIVE

_log = logging.getLogger(__name__)
_OPENING = 10
"""The account is opened among so many first events of a log (`infra/run/live_plan.py`)."""


class UnusedWarning:
    """The warning of one start. A program on a Kafka log opens it again after each outage, which is no start."""

    def __init__(self, settings: WhenceSettings) -> None:
        self._settings, self._is_due = settings, True

    def log(self, log: EventLog) -> None:
        """Logs a warning with both values for each configured one that the log does not take; at the first call only.

        The balance is compared for a demo only: a live log is opened with what the exchange states. Raises the log's
        errors.
        """
        if not self._is_due:
            return
        for name, given, kept in _differing(self._settings, log):
            _log.warning(
                "%s %s is not used: the log was opened with %s, and keeps that; another --log takes a new one",
                name,
                f"{given:f}",
                f"{kept:f}",
            )
        self._is_due = False


def _differing(settings: WhenceSettings, log: EventLog) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Name, configured value and value of the log."""
    for recorded in log.read(upto=_OPENING):
        event = recorded.envelope.event
        if not isinstance(event, AccountOpened):
            continue
        if "leverage" in settings.model_fields_set and settings.leverage != event.leverage:
            yield "leverage", settings.leverage, event.leverage
        balance, is_demo = settings.starting_balance, recorded.envelope.meta.source == PAPER_LIVE
        if is_demo and balance is not None and balance != event.balance:
            yield "starting balance", balance, event.balance
