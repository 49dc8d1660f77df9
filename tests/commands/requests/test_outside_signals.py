"""A signal from outside: which names a scanner may have, and which numbers its signal may hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commands.identity import RESERVED_SOURCES
from commands.request import RaiseSignal
from commands.requests.signals import CLOCKS_DIFFER
from domain.signal import DecisionMade, SignalDetected
from domain.strategies import Intent
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.commands.requests.test_account import fresh
from tests.replacing import replace

_SPELLING = "InvalidInput: the strategy of a signal from outside is 1 to 64 small letters a to z"


@pytest.mark.parametrize(
    "name",
    ["\u0435ngine", "TRE\u0301ND", "../../x", "a b", "-a", "_a", "Scanner", "a.b", "x" * 65, "n\u00e9"],
)
def test_a_scanner_whose_name_could_be_taken_for_another_one_is_declined(name: str) -> None:
    eve = Asking()
    assert eve.declined(RaiseSignal(outside(fresh(eve, strategy=name)))).startswith(_SPELLING)


@pytest.mark.parametrize("name", sorted(RESERVED_SOURCES))
def test_a_scanner_with_a_name_of_the_system_is_declined(name: str) -> None:
    eve = Asking()
    assert "that is a name of the system itself" in eve.declined(
        RaiseSignal(outside(fresh(eve, strategy=name)))
    )


@pytest.mark.parametrize("name", ["a", "7", "scanner_2-b", "x" * 64])
def test_a_scanner_with_a_plain_name_is_judged(name: str) -> None:
    eve = Asking()
    assert "SignalDetected" in eve.accepted(RaiseSignal(outside(fresh(eve, strategy=name))))


@pytest.mark.parametrize("intent", Intent)
def test_a_signal_of_a_clock_that_is_up_to_5_s_ahead_is_recorded_with_the_time_of_its_arrival(
    intent: Intent,
) -> None:
    eve = Asking()
    arrives = eve.desk.at + timedelta(seconds=1)
    signal, decision = raised(eve, arrives + CLOCKS_DIFFER, intent)
    assert signal.candle_closed_at == arrives
    assert "DATA_FROM_THE_FUTURE" not in decision.reasons


def test_a_signal_of_a_clock_that_is_further_ahead_keeps_its_time_and_is_skipped() -> None:
    eve = Asking()
    ahead = eve.desk.at + timedelta(seconds=1) + CLOCKS_DIFFER + timedelta(microseconds=1)
    signal, decision = raised(eve, ahead, Intent.ENTER)
    assert signal.candle_closed_at == ahead
    assert "DATA_FROM_THE_FUTURE" in decision.reasons


def raised(eve: Asking, closed_at: datetime, intent: Intent) -> tuple[SignalDetected, DecisionMade]:
    """What is recorded of a signal with this time, which arrives a second after the desk's present one."""
    signal = replace(fresh(eve, intent=intent), candle_closed_at=closed_at)
    eve.accepted(RaiseSignal(outside(signal)))
    events = [one.event for one in eve.desk.log.envelopes]
    (found,) = [one for one in events if isinstance(one, SignalDetected)]
    (decision,) = [one for one in events if isinstance(one, DecisionMade)]
    return found, decision


NUMBERS: dict[str, dict[str, Any]] = {
    name: {name: Decimal(value)}
    for name, value in (("price", "9" * 198), ("stop", "1e-198"), ("target", "9" * 198))
}


@pytest.mark.parametrize("changed", NUMBERS.values(), ids=NUMBERS)
def test_a_number_that_no_price_needs_is_declined_with_the_name_of_its_field(changed: dict[str, Any]) -> None:
    eve = Asking()
    [field] = changed
    assert eve.declined(RaiseSignal(outside(fresh(eve, **changed)))) == (
        f"InvalidInput: the {field} has more than 100 digits or places"
    )


@pytest.mark.parametrize("target", ["9" * 99, f"{'9' * 60}.{'9' * 40}"])
def test_a_member_that_cannot_compute_with_a_number_votes_no(target: str) -> None:
    eve = Asking()
    followed = eve.accepted(RaiseSignal(outside(fresh(eve, target=Decimal(target)))))
    assert followed[:2] == ["SignalDetected", "DecisionMade"]
