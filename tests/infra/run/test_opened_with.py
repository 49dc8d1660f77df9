"""A start with another leverage or balance than those that its log was opened with."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from infra.config import WhenceSettings
from infra.run.opened_with import UnusedWarning
from tests.commands.list_log import ListLog
from tests.infra.run.demo_desk import DemoDesk

LEVERAGE = "leverage 9 is not used: the log was opened with 5, and keeps that; another --log takes a new one"
BALANCE = "starting balance 7 is not used: the log was opened with 10000, and keeps that; another --log takes a new one"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"leverage": "9", "starting_balance": "7"}, [LEVERAGE, BALANCE]),
        ({"leverage": "5.0", "starting_balance": "10000"}, []),
        ({}, []),
    ],
    ids=["others", "the same", "none given"],
)
def test_a_leverage_or_balance_that_the_log_does_not_take_is_named_once_with_both_values(
    caplog: pytest.LogCaptureFixture, given: dict[str, str], named: Sequence[str]
) -> None:
    desk = DemoDesk().started()
    unused = UnusedWarning(WhenceSettings.model_validate(given))
    for _outage in range(2):
        unused.log(desk.log)
    assert [one.getMessage() for one in caplog.records if one.name == "infra.run.opened_with"] == named


def test_an_empty_log_takes_what_is_given(caplog: pytest.LogCaptureFixture) -> None:
    UnusedWarning(WhenceSettings.model_validate({"leverage": "9", "starting_balance": "7"})).log(ListLog())
    assert caplog.records == []
