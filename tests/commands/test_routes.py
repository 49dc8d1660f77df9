from __future__ import annotations

from typing import get_args

from commands.exchange import Funded, Liquidated, OrderReport
from commands.processes import PROCESSES
from commands.routes import ROUTES, Command
from commands.world import FOLDS
from domain.events import NOUNS


def test_every_command_has_its_route() -> None:
    assert set(ROUTES) == set(get_args(Command))


def test_every_report_of_an_order_is_a_command_and_no_other_report_is() -> None:
    assert set(get_args(OrderReport)) <= set(ROUTES)
    assert not {Funded, Liquidated} & set(ROUTES)


def test_every_event_folds() -> None:
    assert set(FOLDS) == {event for events in NOUNS.values() for event in events}


def test_only_events_ask_for_more() -> None:
    assert set(PROCESSES) <= set(FOLDS)
