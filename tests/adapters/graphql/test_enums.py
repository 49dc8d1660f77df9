"""Each GraphQL enum of a response has a value for everything that the read models store in its fields."""

from __future__ import annotations

from enum import Enum

import pytest

from adapters.graphql.discrepancy import DiscrepancyStatus
from adapters.graphql.enums import SortDirection, registered_enums
from adapters.graphql.equity import EquityReason
from adapters.graphql.position import PositionStatus
from adapters.graphql.schema import printed
from adapters.graphql.signal import SignalStatus
from domain.account import BalanceReason
from projections import discrepancies
from projections.equity import MARKED, OPENED
from projections.positions import CLOSED, OPEN
from projections.signals import DECIDED, DETECTED

STORED: dict[type[Enum], set[str]] = {
    DiscrepancyStatus: {discrepancies.OPEN, discrepancies.RESOLVED},
    EquityReason: {*BalanceReason, OPENED, MARKED},
    PositionStatus: {OPEN, CLOSED},
    SignalStatus: {DETECTED, DECIDED},
}
"""What the read models store in the fields of each enum that the API declares itself."""


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.__name__)
def test_an_enum_of_the_api_has_exactly_the_values_that_the_read_models_store(kind: type[Enum]) -> None:
    assert {one.value for one in kind} == STORED[kind]


def test_every_enum_that_the_api_declares_itself_is_a_sort_key_or_is_compared_here() -> None:
    """An enum of another module is the class whose values the log has, so that it cannot differ from them."""
    declared = {kind for kind in registered_enums() if kind.__module__.startswith("adapters.graphql")}
    own = {kind for kind in declared if kind is not SortDirection and not kind.__name__.endswith("By")}
    assert own == set(STORED)
    assert [kind for kind in own if f"enum {kind.__name__} " not in printed()] == []
