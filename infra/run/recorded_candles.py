"""The recording of a log that was made from candles (`whence paper`): the same candles, as they were played, and the
requests between them that the log's events show (`infra/run/recorded_requests.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters.tapes import Tape, merge
from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, RequestMade, Warmed, opening
from commands.instrument import ListInstrument
from domain.account import AccountOpened
from domain.candle import Candle
from domain.catalogue import Catalogue
from domain.command_fact import is_command
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.log import LogReader
from domain.model import ModelEvent
from domain.moving import LogMoved
from domain.settings import SettingsChanged
from infra.run.adopting import ACTOR
from infra.run.finer import FinerRules
from infra.run.paper import SOURCE
from infra.run.plan import Plan, plan_of
from infra.run.recorded_requests import requests_in
from infra.run.recording import Recording
from infra.run.resuming import resumed


def recorded_candles(log: LogReader, tapes: Sequence[Tape], imported: Catalogue) -> Recording:
    """The recording of this log, which these tapes were played on. `imported` are imported rules of instruments.

    Raises TapeMismatch where the log was made from other candles, InvalidInput where people have traded on the log,
    because candles do not hold their requests.
    """
    _check_nobody_traded(log)
    planned = _plan_of(log, tapes, imported)
    plan = resumed(planned, log)
    requests = requests_in(log)
    return recording_of(plan, lambda: _with_requests(played_inputs(planned, plan), requests))


def _with_requests(inputs: Iterator[Taped], requests: Sequence[RequestMade]) -> Iterator[Taped]:
    """The inputs, with each request after the candles that were the last ones before it."""
    waiting = deque(requests)
    for given in inputs:
        yield given
        while waiting and isinstance(given, MarketMoved) and given.at >= waiting[0].at:
            yield waiting.popleft()


def recording_of(plan: Plan, inputs: Callable[[], Iterator[Taped]], tape: str = "") -> Recording:
    """The recording of a plan on candles; `tape`: see `SourceLog`."""
    return Recording(
        opening=plan.opening,
        account=plan.account,
        stake=plan.stake,
        settings=plan.settings,
        instruments=plan.instruments,
        inputs=inputs,
        total=sum(1 for _given in inputs()),
        is_live=False,
        tape=tape,
    )


def _check_nobody_traded(log: LogReader) -> None:
    opened = None
    for recorded in log.read():
        meta = recorded.envelope.meta
        opened = opened or meta.causation_id
        if isinstance(recorded.envelope.event, LogMoved):
            continue  # by a person, and no trading
        if meta.actor == ACTOR or isinstance(recorded.envelope.event, ModelEvent):
            continue  # `requests_in` makes them again
        if is_command(meta.causation_id) and meta.causation_id != opened:
            raise InvalidInput(
                f"event {recorded.ordinal} of this log follows from a request of {meta.actor}, and candles do not hold "
                "requests to trade: a what-if needs a log of candles alone, or one with a tape of inputs"
            )


def _plan_of(log: LogReader, tapes: Sequence[Tape], imported: Catalogue) -> Plan:
    """The plan of these tapes with the account and the settings that the log was opened with."""
    opened = list(log.read(upto=_OPENING))
    accounts = [one.envelope for one in opened if isinstance(one.envelope.event, AccountOpened)]
    settings = [one.envelope.event for one in opened if isinstance(one.envelope.event, SettingsChanged)]
    if not accounts or not settings:
        raise InvalidInput("this log does not begin with an account and its settings")
    account = accounts[0].event
    assert isinstance(account, AccountOpened)
    return plan_of(
        tapes,
        accounts[0].meta.account,
        account.balance,
        account.leverage,
        settings[0].settings,
        imported=imported,
        quote=account.currency,
    )


_OPENING = 6
"""The account and its settings are among the first events, before the first listing."""


def played_inputs(planned: Plan, plan: Plan, warming: Sequence[Candle] = ()) -> Iterator[Taped]:
    """The inputs of `PaperRun`, in its order: `plan` has the rules of the log, `planned` those of the whole tape.

    Strategies read the candles of `warming`, in order for each instrument, before the first one that is traded.
    """
    finer, log_id = FinerRules(planned, plan), plan.opening.log_id
    yield SessionBegun(
        at=plan.begins,
        folded=0,
        log_id=log_id,
        account=plan.account,
        source=SOURCE,
        since=plan.begins,
        strategies=plan.settings.strategies,
        filters=plan.settings.filters,
        regimes=plan.settings.regimes,
        leverage=plan.settings.leverage,
    )
    yield opening(log_id, plan.commands(), plan.begins)
    if warming:
        yield Warmed(plan.begins, tuple(warming))
    for at, candles in merge(plan.tapes):
        if finer.is_needed and (change := finer.due(at, candles)) is not None:
            yield change
            listed: Mapping[str, Instrument] = {
                ask.command.instrument.id: ask.command.instrument
                for ask in change.asks
                if isinstance(ask.command, ListInstrument)
            }
            for _taken in finer.taken(listed, change):
                pass
        yield MarketMoved(at, tuple(candles))
