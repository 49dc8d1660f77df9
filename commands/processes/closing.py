"""An order ended, or was filled beyond what was asked: give back its funds, or stop everything."""

from __future__ import annotations

from collections.abc import Sequence

from commands.account import ReleaseFunds, TripKillSwitch
from commands.processes.moment import Moment
from commands.routes import Command
from domain.order import Closed, OrderOverfilled


def release_funds(moment: Moment) -> Sequence[Command]:
    """Once the order has ended nothing is set aside for it."""
    ended = isinstance(moment.branch.state(moment.envelope.meta.stream), Closed)
    reserved = moment.subject in moment.portfolio.account.reserved
    return [ReleaseFunds(moment.subject)] if ended and reserved else ()


def trip_on_overfill(moment: Moment) -> Sequence[Command]:
    """More exposure than anybody decided on: no more of it until a person has looked."""
    event = moment.envelope.event
    assert isinstance(event, OrderOverfilled)
    return [TripKillSwitch(f"order {moment.subject} was filled {event.excess} beyond its quantity")]
