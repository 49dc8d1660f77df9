"""The commands of requests that concern the whole account: kill switch, settings, strategies, discrepancies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from commands import settings as settings_commands
from commands import tripping
from commands.account import ForgetPersonalKey, ResetKillSwitch, SettleBalance, check_money
from commands.reconciliation import (
    EndDiscrepancy,
    ResolveDiscrepancy,
    check_known,
    excess_of,
    is_of_balance,
    is_of_earlier_balance,
)
from commands.request import ChangeSettings, PauseStrategy, ResumeEntries, ResumeStrategy, TripKillSwitch
from commands.requests.outside_close import closed_outside
from commands.requests.situation import Situation
from commands.requests.unseen_order import given_up
from commands.routes import Command
from commands.stray_orders import WAYS_OUT, is_of_gone
from commands.unseen_orders import unseen_order
from domain.account import BalanceReason
from domain.adjusting import adjusted
from domain.arithmetic import EXACT
from domain.errors import InvalidInput, Refused
from domain.pause import ACCOUNT
from domain.plain_text import meant
from domain.settings import Settings


def trip(request: TripKillSwitch, situation: Situation, _chain: str) -> Sequence[Command]:
    """Stops new exposure; open positions stay protected and can be closed."""
    return [tripping.trip(request.reason, situation.portfolio)]


def reset(request: ResetKillSwitch, _situation: Situation, _chain: str) -> Sequence[Command]:
    """Allows trading again; the win rate is counted from this reset on."""
    return [request]


def forget(request: ForgetPersonalKey, _situation: Situation, _chain: str) -> Sequence[Command]:
    """Forgets a key of personal texts; who calls the engine removes its file (`infra/run/personal.py`)."""
    return [request]


def pause(request: PauseStrategy, situation: Situation, _chain: str) -> Sequence[Command]:
    """Pauses a configured strategy, or a scanner that has raised a signal before.

    Raises Refused for any other name, because that pause would stop nothing: a misspelled name, or the name of a
    strategy whose instances have other ids.
    """
    paused = situation.settings.paused
    if request.strategy in paused:
        return ()
    _check_instance(request.strategy, situation.settings)
    _check_known(request.strategy, situation)
    settings = replace(situation.settings, paused=tuple(sorted((*paused, request.strategy))))
    return [settings_commands.ChangeSettings(settings, request.reason)]


def _check_instance(named: str, settings: Settings) -> None:
    run_as = [one.instance for one in settings.strategies if one.kind == named]
    if run_as and named not in run_as:
        raise Refused(f"{named} is run as {', '.join(run_as)}: pause each of these by its own id")


def _known(situation: Situation) -> Sequence[str]:
    return sorted({*situation.settings.instances, *situation.portfolio.signalled})


def _check_known(named: str, situation: Situation) -> None:
    known = _known(situation)
    if named in known:
        return
    raise Refused(
        f"no strategy is called {named!r}{meant(named, known)}; known are the configured ones "
        f"and those whose signals are in the log: {', '.join(known) or 'none'}"
    )


def resume(request: ResumeStrategy, situation: Situation, _chain: str) -> Sequence[Command]:
    """Ends the pause of a strategy or scanner. Raises Refused for an id that is neither paused nor known."""
    paused = situation.settings.paused
    if request.strategy in paused:
        rest = tuple(name for name in paused if name != request.strategy)
        return [settings_commands.ChangeSettings(replace(situation.settings, paused=rest), request.reason)]
    if request.strategy in _known(situation):
        return ()
    raise Refused(
        f"no strategy called {request.strategy!r} is paused; paused are: {', '.join(paused) or 'none'}"
    )


def resume_entries(request: ResumeEntries, situation: Situation, _chain: str) -> Sequence[Command]:
    """Ends a pause after losses. Raises Refused for an owner that is neither paused nor known."""
    if request.owner != ACCOUNT and request.owner not in situation.portfolio.pauses:
        _check_known(request.owner, situation)
    return [request]


def adjust(request: ChangeSettings, situation: Situation, _chain: str) -> Sequence[Command]:
    """Puts the settings with these changes in force; `domain/adjusting.py` lists the settings that are fixed."""
    if not request.changes:
        raise InvalidInput("no setting was named: there is nothing to change")
    settings = adjusted(situation.settings, request.changes)
    return [settings_commands.ChangeSettings(settings, request.reason or "")]


def settle(request: ResolveDiscrepancy, situation: Situation, _chain: str) -> Sequence[Command]:
    """Resolves a discrepancy with the explanation that a person gives; a transfer changes the balance of the log.

    An accepted order that the exchange does not state any more is given up (`commands/requests/unseen_order.py`).

    Raises Refused for a position that the exchange does not have, unless the request states the price at which it was
    closed (`commands/requests/outside_close.py`): accepted, its closes would trade against what a person holds there.
    The comparison that does not find that any more resolves it. Raises Refused for a transfer that explains no
    discrepancy of the balance, takes more than the balance, is stated while a second discrepancy of the balance is
    unresolved, was found when the log had another balance, or is not
    the exact amount of its own, and InvalidInput for one that is no amount of money
    and for a fee without `closedAt`.
    """
    name = request.discrepancy_id
    if request.closed_at is not None:
        return closed_outside(request, request.closed_at, situation)
    if request.fee is not None:
        raise InvalidInput("a fee is that of a close: state it together with closedAt")
    if name in situation.portfolio.discrepancies.unresolved and unseen_order(name) is not None:
        return given_up(request, situation)
    if is_of_gone(name) and name in situation.portfolio.discrepancies.unresolved:
        raise Refused(f"{name} cannot be accepted: {WAYS_OUT}")
    if request.transfer is None:
        return [request]
    _check_of_balance(name, situation)
    if name not in situation.portfolio.discrepancies.unresolved:
        return [request]
    _check_transfer(request, request.transfer, situation)
    # The balance of the log has changed by it: the same amount found again is another transfer.
    ended = EndDiscrepancy(name)
    return [SettleBalance(BalanceReason.TRANSFER, request.transfer), request, ended]


def _check_of_balance(name: str, situation: Situation) -> None:
    currency = situation.portfolio.account.currency
    check_known(name, situation.portfolio.discrepancies)
    if not is_of_balance(name, currency):
        raise Refused(
            f"{name} is no discrepancy of the balance in {currency}: a transfer does not explain it; resolve it "
            "without one"
        )


def _check_transfer(request: ResolveDiscrepancy, amount: Decimal, situation: Situation) -> None:
    account = situation.portfolio.account
    check_money("a transfer", amount)
    others = [
        one
        for one in sorted(situation.portfolio.discrepancies.unresolved - {request.discrepancy_id})
        if is_of_balance(one, account.currency)
    ]
    if others:
        raise Refused(
            f"{', '.join(others)} is unresolved, too, and the balance differs by one amount only, which whence "
            "reconcile prints: resolve those that are over without a transfer first"
        )
    if is_of_earlier_balance(request.discrepancy_id, account.balance, situation.portfolio.discrepancies):
        raise Refused(
            f"the balance of the log has changed since {request.discrepancy_id} was found, so that this amount may be "
            "over: wait for the next comparison, which records what differs now; whence reconcile prints it"
        )
    if EXACT.add(account.balance, amount) < 0:
        raise Refused(
            f"a transfer of {amount} takes more than the balance of {account.balance} {account.currency}"
        )
    exact = excess_of(request.discrepancy_id)
    if amount != exact:
        raise Refused(
            f"a transfer of {amount:f} leaves the balance different, because {request.discrepancy_id} is about "
            f"{exact:f} {account.currency}: state transfer {exact:f}"
        )
