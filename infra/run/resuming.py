"""Checks that a log was made by the plan that is to resume it.

The log's id is read from the log, not computed again. So are the instruments' rules: a log keeps the rules that it was
opened with, whatever a longer tape or a later file of rules would lead to (see `infra/run/finer.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from decimal import Decimal
from itertools import takewhile
from typing import cast

from adapters.avro.shape import names_of
from adapters.simulated import check_playable
from domain.account import AccountOpened
from domain.catalogue import Listing
from domain.errors import InvalidInput, TapeMismatch
from domain.events import Event
from domain.instrument import InstrumentListed
from domain.log import Envelope, LogReader
from domain.opening import LogOpened, Mode
from domain.settings import Settings, SettingsChanged, StrategySettings
from infra.run.adopting import can_be_adopted, changes_to, settings_at_the_end
from infra.run.plan import Plan
from infra.run.stake import Stake


def resumed(plan: Plan, log: LogReader) -> Plan:
    """The plan with the opening, the stake and the rules recorded in the log; the plan itself where the log is empty.

    Raises InvalidInput for a log that does not begin with LogOpened, or that was made by simulator rules that this
    program cannot play; TapeMismatch, naming every difference, for a log made by another plan.
    """
    first = next(log.read(upto=1), None)
    if first is None:
        return plan
    opening = first.envelope.event
    if not isinstance(opening, LogOpened):
        raise InvalidInput(f"this log does not begin with LogOpened but with {type(opening).__name__}")
    _check_mode(plan, opening, first.envelope.meta.source)
    cause = first.envelope.meta.causation_id
    opened = takewhile(
        lambda one: one.envelope.meta.causation_id == cause, log.read(upto=len(plan.commands()) + 1)
    )
    found = [one.envelope for one in opened]
    adopted = _adopted(plan, [envelope.event for envelope in found])
    same = _same(adopted, opening, found, log)
    check_playable(opening.simulator)
    return replace(same, opening=opening)


def _check_mode(plan: Plan, opening: LogOpened, source: str) -> None:
    """Raises TapeMismatch for a log that was not opened for candles: none of its figures is worth a comparison."""
    if opening.mode is plan.opening.mode:
        return
    from infra.run.live import OPENED_BY

    opened_by = OPENED_BY.get(source, "a run without candles")
    if opening.mode is Mode.BACKTEST:
        raise TapeMismatch(
            f"this log was opened by {opened_by}: no engine trades on it; choose another log with --log"
        )
    raise TapeMismatch(
        f"this log was opened by {opened_by}, and not for candles: go on with it by {opened_by}, or choose another log "
        "with --log"
    )


def differing(in_force: Settings, configured: Settings) -> Sequence[str]:
    """One sentence for each setting whose value in the log differs from its configured value."""
    return list(_of_records("", in_force, configured))


def _adopted(plan: Plan, opened: Sequence[Event]) -> Plan:
    """The plan with the log's rules, and with its stake as far as nobody stated another one."""
    listed = {
        event.instrument.id: Listing(event.instrument, event.origin)
        for event in opened
        if isinstance(event, InstrumentListed)
    }
    listings = [_kept(listed.get(one.instrument.id), one) for one in plan.listings]
    stakes = [_stake_of(plan, event) for event in opened if isinstance(event, AccountOpened)]
    return replace(plan, listings=listings, stake=stakes[0] if stakes else plan.stake)


def _kept(recorded: Listing | None, planned: Listing) -> Listing:
    """The recorded rules. Earlier versions derived base and quote differently and recorded no origin."""
    if recorded is None:
        return planned
    one, other = recorded.instrument, planned.instrument
    same = (one.base, one.quote) == (other.base, other.quote)
    return recorded if same or recorded.origin is None else planned


def _stake_of(plan: Plan, opened: AccountOpened) -> Stake:
    """The plan's stake, in the log's currency and with the earlier default balance where nobody stated another one."""
    earlier = not plan.stated and opened.balance == EARLIER_DEFAULT
    return Stake(opened.currency, opened.balance if earlier else plan.stake.balance, plan.stake.leverage)


EARLIER_DEFAULT = Decimal(10_000)
"""The default starting balance of earlier versions, in every quote currency."""


def _same(plan: Plan, opening: LogOpened, opened: Sequence[Envelope], log: LogReader) -> Plan:
    """The plan that made the log: this one, or the one with the settings that the log was opened with.

    Those are the settings of an earlier version of the program, or, where `_adopting` allows it, any others.
    """
    found = list(_differences(plan, opening, opened))
    if not found and not plan.adopt:
        return plan
    if plan.older is not None and not any(_differences(replace(plan, settings=plan.older), opening, opened)):
        plan, found = replace(plan, settings=plan.older), []
    hint = ""
    made = next((one.event.settings for one in opened if isinstance(one.event, SettingsChanged)), None)
    if made is not None and can_be_adopted(made, plan.settings):
        as_made = replace(plan, settings=made)
        if not any(_differences(as_made, opening, opened)):
            adopting = _adopting(plan, as_made, log)
            if adopting is not None:
                return adopting
            hint = "; --adopt-settings puts the changed settings in force from the log's end on"
    if found:
        raise TapeMismatch(
            f"this log was made by another run: {'; '.join(found)}; choose another log with --log, or play what this "
            f"one was made from{hint}"
        )
    return plan


def _adopting(plan: Plan, as_made: Plan, log: LogReader) -> Plan | None:
    """The plan that made the log, where the planned settings are in force at the log's end or are to be put in force;
    else None."""
    last = settings_at_the_end(log)
    if last is None:
        return None
    wanted = plan.settings
    if plan.older is not None and plan.older.risk == last.settings.risk:
        wanted = plan.older
    if not changes_to(last.settings, wanted):
        return as_made
    return replace(as_made, adopts=wanted) if plan.adopt else None


def _differences(plan: Plan, opening: LogOpened, opened: Sequence[Envelope]) -> Iterator[str]:
    if (opening.mode, opening.tape) != (plan.opening.mode, plan.opening.tape):
        yield "the tape differs"
    account = opened[0].meta.account
    if account != plan.account:
        yield f"its account is {account}, not {plan.account}"
    listed: dict[str, object] = {}
    for event in (envelope.event for envelope in opened):
        match event:
            case AccountOpened():
                stake = plan.stake
                yield from _figures("starting_balance", event.balance, stake.balance)
                yield from _figures("leverage", event.leverage, stake.leverage)
                yield from _figures("currency", event.currency, stake.currency)
            case SettingsChanged():
                yield from _of_records("", event.settings, plan.settings)
            case InstrumentListed():
                listed[event.instrument.id] = event.instrument
            case _:
                pass
    yield from _of_instruments(listed, {one.id: one for one in plan.instruments})


def _of_instruments(found: Mapping[str, object], planned: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(found.keys() | planned.keys()):
        if name in found and name in planned:
            yield from _of_records(f"{name}.", found[name], planned[name])
        else:
            yield f"{name} is in {'the log' if name in found else 'this plan'} only"


def _of_records(path: str, found: object, planned: object) -> Iterator[str]:
    for name in names_of(type(planned)):
        one, other = getattr(found, name), getattr(planned, name)
        if name == "strategies":
            yield from _of_instances(_by_id(one), _by_id(other))
        elif is_dataclass(other):
            yield from _of_records(f"{path}{name}.", one, other)
        else:
            yield from _figures(f"{path}{name}", one, other)


def _by_id(strategies: Sequence[StrategySettings]) -> Mapping[str, StrategySettings]:
    return {one.instance: one for one in strategies}


def _of_instances(
    found: Mapping[str, StrategySettings], planned: Mapping[str, StrategySettings]
) -> Iterator[str]:
    for name in sorted(found.keys() | planned.keys()):
        if name in found and name in planned:
            yield from _of_parameters(f"strategy {name}", found[name], planned[name])
        else:
            yield f"strategy {name} is in {'the log' if name in found else 'this plan'} only"


def _of_parameters(path: str, found: StrategySettings, planned: StrategySettings) -> Iterator[str]:
    for name in ("strategy", "instruments", "interval"):
        yield from _figures(f"{path}: {name}", getattr(found, name), getattr(planned, name))
    for ours, theirs in ((found.parameters, planned.parameters), (found.own_limits, planned.own_limits)):
        for name in sorted(ours.keys() | theirs.keys()):
            yield from _figures(f"{path}: {name}", ours.get(name), theirs.get(name))


def _figures(name: str, found: object, planned: object) -> Iterator[str]:
    if found != planned:
        yield f"{name} is {_spelled(found)} in the log and {_spelled(planned)} here"


def _spelled(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_spelled, cast('tuple[object, ...]', value)))})"
    return "left out" if value is None else str(value) or "empty"
