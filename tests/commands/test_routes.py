from __future__ import annotations

from typing import get_args

from commands.exchange import Funded, Liquidated, OrderReport
from commands.processes import PROCESSES
from commands.routes import ROUTES, Command
from commands.world import FOLDS
from domain.events import NOUNS


def test_every_command_has_its_route() -> None:
    assert set(ROUTES) == set(get_args(Command))


def test_only_reports_of_orders_are_commands() -> None:
    assert set(get_args(OrderReport)) <= set(ROUTES)
    assert not {Funded, Liquidated} & set(ROUTES)


def test_every_event_has_its_fold() -> None:
    assert set(FOLDS) == {event for events in NOUNS.values() for event in events}


def test_every_process_follows_from_an_event() -> None:
    assert set(PROCESSES) <= set(FOLDS)
