"""Two engines on two recorded markets: an entry is routed from one to the other, and one of them is killed meanwhile.

Afterwards the money of both logs is summed anew and compared with both exchanges' own books. By default the other
engine is killed once it has sent the order. `WHENCE_ROUTED_KILLS=all` runs each of `COURSES`, about a minute each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from commands.world import World
from domain.account import BalanceChanged, BalanceReason
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.routed import RouteOutcome, RouteReported, SignalRouted
from domain.signal import SignalDetected
from domain.strategies import Intent
from tests.adversary.dying_market import AWAY
from tests.adversary.money import of_exchange, of_log
from tests.adversary.two_markets import OPENING, Markets, two_markets
from tests.commands.list_log import ListLog
from tests.infra.run.test_routed_logs import figures, redecided, stated
from tests.torture.hands import Hands
from tests.torture.verdicts import wrongs

TAKEN, REFUSED, ENDED = RouteOutcome.TAKEN, RouteOutcome.REFUSED, RouteOutcome.ENDED


pytestmark = pytest.mark.timeout(900)
"""A machine with other work takes minutes for the starts of four engines."""


class Course(NamedTuple):
    """The steps of `dying_market` at which the engines are killed, `never` for one that is not; the one here may be
    killed `with` the other one. `ahead` is by how many seconds the clock here is ahead of the other engine's.
    """

    here: str
    away: str
    ahead: float = 0


COURSES = (
    Course("never", "sent"),
    Course("never", "received"),
    Course("never", "recorded"),
    Course("never", "carried"),
    Course("before", "never"),
    Course("after", "never"),
    Course("after", "carried"),
    Course("with", "sent"),
    Course("with", "received"),
    Course("never", "never", ahead=2),
    Course("never", "sent", ahead=-2),
)
_RUN = COURSES if os.environ.get("WHENCE_ROUTED_KILLS") == "all" else COURSES[:1]


class Traded(NamedTuple):
    """Two logs, and the exchanges that they were recorded at."""

    markets: Markets
    here: Sequence[Envelope]
    away: Sequence[Envelope]


@pytest.fixture(
    scope="module", params=_RUN, ids=lambda one: f"here {one.here}, away {one.away}, {one.ahead} s ahead"
)
def traded(
    request: pytest.FixtureRequest, market_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Traded]:
    """Both logs after an entry there and one here, each closed again."""
    course: Course = request.param
    with two_markets(market_data, tmp_path_factory.mktemp("markets")) as markets:
        _trade(markets, course)
        yield Traded(markets, markets.here.events(), markets.away.events())


def _trade(markets: Markets, course: Course) -> None:
    here, away = markets.here, markets.away
    here.ahead = course.ahead
    markets.begin(here="never" if course.here == "with" else course.here, away=course.away)
    markets.intend("enter")
    _die(markets, course)
    here.awaits(lambda events: TAKEN in outcomes(events))
    away.awaits(lambda events: has(events, PositionOpened))
    markets.exchange_away.acts("fund", rate="0.001")
    away.awaits(lambda events: any(one is BalanceReason.FUNDING for one in reasons(events)))
    markets.intend("exit")
    here.awaits(lambda events: ENDED in outcomes(events))
    markets.intend("nothing")
    away.stop()
    markets.intend("here")
    here.awaits(lambda events: has(events, PositionOpened))
    markets.intend("exit")
    here.awaits(lambda events: has(events, PositionClosed))
    here.stop()


def _die(markets: Markets, course: Course) -> None:
    """Waits for the kills, and starts what was killed again."""
    here, away = markets.here, markets.away
    if course.here not in {"never", "with"}:
        here.dies()
        here.start()
    if course.away == "never":
        return
    away.dies()
    if course.here == "with":
        here.end()
        here.start()
    away.start()


def has(events: Sequence[Envelope], kind: type) -> bool:
    return any(isinstance(one.event, kind) for one in events)


def reasons(events: Sequence[Envelope]) -> list[BalanceReason]:
    return [one.event.reason for one in events if isinstance(one.event, BalanceChanged)]


def outcomes(events: Sequence[Envelope], chain: str | None = None) -> list[RouteOutcome]:
    return [
        one.event.outcome
        for one in events
        if isinstance(one.event, RouteReported) and chain in (None, one.meta.correlation_id)
    ]


def test_each_log_has_the_money_of_its_exchange_by_fills_fees_and_funding(traded: Traded) -> None:
    markets = traded.markets
    for events, exchange in (
        (traded.here, markets.exchange_here),
        (traded.away, markets.exchange_away),
    ):
        ours, theirs = of_log(events), of_exchange(exchange.account.executions, OPENING)
        assert ours == theirs
        assert ours.balance == exchange.balance() == World().fold_all(events).portfolio.account.balance
        assert ours.fees > 0
    assert of_log(traded.here).funding == 0 > of_log(traded.away).funding


def test_orders_fills_and_positions_of_each_log_are_those_of_its_exchange_each_once(traded: Traded) -> None:
    markets = traded.markets
    for events, exchange in ((traded.here, markets.exchange_here), (traded.away, markets.exchange_away)):
        assert list(wrongs(events, World().fold_all(events), exchange, (), Hands(exchange))) == []


def test_each_route_has_an_outcome_and_each_entry_that_was_taken_one_entry_order_at_the_other_engine(
    traded: Traded,
) -> None:
    routed = {
        one.meta.correlation_id: one.event for one in traded.here if isinstance(one.event, SignalRouted)
    }
    raised = {
        str(one.meta.causation_id).partition("/")[0]: one.meta.correlation_id
        for one in traded.away
        if isinstance(one.event, SignalDetected)
    }
    entered = [one.meta.correlation_id for one in traded.away if is_entry(one)]
    taken: list[str] = []
    for chain, route in routed.items():
        found = outcomes(traded.here, chain)
        if route.intent is Intent.ENTER and found == [TAKEN, ENDED]:
            taken.append(raised[f"command:{chain}"])
        else:
            assert found == ([REFUSED] if route.intent is Intent.ENTER else [TAKEN])
    assert taken == entered
    assert len(entered) == 1


def test_both_logs_are_decided_again_alike_and_the_readers_of_the_one_here_state_its_routes(
    traded: Traded,
) -> None:
    log, routes = ListLog(traded.here), [one for one in traded.here if isinstance(one.event, SignalRouted)]
    again = redecided(list(log.read()))
    assert again.is_equal, (again.divergences, again.impossible)
    assert again.made["SignalRouted"] == len(routes)
    assert redecided(list(ListLog(traded.away).read())).is_equal
    for route, row in zip(routes, figures(log).routes, strict=True):
        chain = route.meta.correlation_id
        became = [str(one) for one in outcomes(traded.here, chain)]
        assert (row.chain, row.outcomes) == (chain, became)
        assert stated(log, chain).endswith(f"routed to the engine of {AWAY}, {', '.join(became)}")


def is_entry(one: Envelope) -> bool:
    return isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.ENTRY
