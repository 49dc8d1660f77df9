"""Compares the two logs of a shadow with each other and with the log that it follows; reads nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from domain.errors import InvalidInput
from domain.log import Envelope, LogReader
from domain.mark import AccountMarked
from domain.opening import LogOpened, Mode
from infra.run.backtest import Backtest
from infra.run.compared import Compared
from infra.run.origin import opened_as
from infra.run.other_model import model_notes
from infra.run.what_if import control_id
from projections.behaviour import Behaviour
from projections.comparison import Comparison


def followable(log: LogReader) -> LogOpened:
    """The opening of a log that a shadow can follow. Raises InvalidInput for any other log."""
    opened = _begun(log)
    if opened.mode is not Mode.LIVE:
        raise InvalidInput(
            "a shadow follows a log of `whence live` or `whence paper --live`, which keeps a tape of its inputs; for "
            "a log of candles there is `whence what-if`"
        )
    return opened


def is_backtest(log: LogReader) -> bool:
    """Whether the log is that of a backtest, as the two of a shadow."""
    opened = opened_as(log)
    return opened is not None and opened.mode is Mode.BACKTEST


def compared_logs(
    source: LogReader, control: LogReader, candidate: LogReader, made: Backtest | None = None
) -> Compared | None:
    """The logs up to the last hour that both have marked; None before the first one.

    At a mark both have been fed the same inputs, also while the shadow writes. `made` is the candidate that this
    process has made, where it has; the logs do not state what had no effect. Raises InvalidInput where the logs are not
    those of one shadow of the source.
    """
    opened = _begun(source)
    log_id = _checked(opened, control, candidate)
    sides = Behaviour(), Behaviour()
    last: datetime | None = None
    for hours in zip(_hours(control), _hours(candidate), strict=False):
        last = _same(*hours)
        for behaviour, (_, envelopes) in zip(sides, hours, strict=True):
            _fold(behaviour, envelopes)
    if last is None:
        return None
    recorded = Behaviour()
    for hour, envelopes in _hours(source):
        if hour > last:
            break
        _fold(recorded, envelopes)
    return Compared(
        comparison=Comparison(*sides),
        reproduced=Comparison(recorded, sides[0]),
        source=opened,
        log_id=log_id,
        currency=sides[0].summary.currency,
        is_live=opened.mode is Mode.LIVE,
        left_out=None if made is None else made.left_out,
        declined=() if made is None else made.declined,
        fills=None if made is None else made.fills,
        notes=model_notes(candidate),
    )


_Hour = tuple[datetime, Sequence[Envelope]]
"""The beginning of an hour, and the events up to its mark."""


def _hours(log: LogReader) -> Iterator[_Hour]:
    """The events of each marked hour, with its mark; those after the last mark are left out."""
    envelopes: list[Envelope] = []
    for recorded in log.read():
        envelopes.append(recorded.envelope)
        if isinstance(event := recorded.envelope.event, AccountMarked):
            yield event.hour, envelopes
            envelopes = []


def _same(control: _Hour, candidate: _Hour) -> datetime:
    if control[0] != candidate[0]:
        raise InvalidInput(
            f"the control has marked the hour of {control[0]:%Y-%m-%d %H:%M} UTC, and the candidate that of "
            f"{candidate[0]:%Y-%m-%d %H:%M}: they are not of one tape"
        )
    return control[0]


def _fold(behaviour: Behaviour, envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        behaviour.fold(envelope)


def _begun(log: LogReader) -> LogOpened:
    opened = opened_as(log)
    if opened is None:
        raise InvalidInput("the log has no events yet: start its engine first")
    return opened


def _checked(source: LogOpened, control: LogReader, candidate: LogReader) -> UUID:
    """The id of the candidate's log."""
    found = _backtest("candidate", candidate, source)
    if _backtest("control", control, source).log_id != control_id(source.log_id):
        raise InvalidInput("the control's log has other settings than the log: it is that of a candidate")
    return found.log_id


def _backtest(side: str, log: LogReader, source: LogOpened) -> LogOpened:
    opened = opened_as(log)
    if opened is None:
        raise InvalidInput(f"the {side}'s log has no events yet: its shadow has not begun")
    if opened.tape != f"log {source.log_id}":
        raise InvalidInput(f"the {side}'s log is not that of a shadow of the log {source.log_id}")
    return opened
