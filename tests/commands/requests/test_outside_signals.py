"""A signal from outside: which names a scanner may have, and which numbers its signal may hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commands.identity import RESERVED_SOURCES
from commands.request import RaiseSignal
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.commands.requests.test_account import fresh

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
