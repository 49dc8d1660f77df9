"""Additions to positions in runs on a tape and in a live run on our Bybit venue, whose process is killed as it adds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import pytest

from adapters.tapes import synthetic_tape
from commands.request import MoveProtection
from commands.watching import Instance
from commands.world import World
from domain.candle import Candle
from domain.direction import Direction
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.settings import IntentSettings, Settings, StrategySettings
from domain.signal import DecisionMade
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.list_log import ListLog
from tests.infra.run.live_desk import BTC, PLAN, D, Desks, Killed, LiveDesk, desks_at
from tests.infra.run.proposing import Proposing, Way
from tests.infra.run.test_live_kill import passes_until
from tests.infra.run.test_live_rest import is_covered, stops
from tests.infra.run.test_reversing import dies_at
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=3000)
ADDING = IntentSettings(additions=1, reinforce_confidence=0.0, addition_spacing=D("0.0005"))


def with_additions(intents: IntentSettings) -> Settings:
    return replace(EAGER, strategies=(StrategySettings("breakout"),), intents=intents)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, with_additions(ADDING)), ListLog())


def additions(envelopes: Sequence[Envelope]) -> list[Envelope]:
    return [
        one for one in envelopes if isinstance(one.event, DecisionMade) and "ADDITION" in one.event.reasons
    ]


def test_a_run_on_a_tape_adds_to_positions_and_every_sum_adds_up(recorded: Sequence[Envelope]) -> None:
    assert additions(recorded)
    assert any(isinstance(one.event, PositionIncreased) for one in recorded)
    portfolio = World().fold_all(recorded).portfolio
    net = sum(one.event.net for one in recorded if isinstance(one.event, PositionClosed))
    open_ = sum(
        held.state.gross - held.state.fees + held.state.funding for held in portfolio.positions.values()
    )
    assert D(10_000) + net + open_ == portfolio.account.balance


def test_no_position_is_added_to_more_often_than_allowed(recorded: Sequence[Envelope]) -> None:
    by_position: defaultdict[str, set[str]] = defaultdict(set)
    for one in recorded:
        if isinstance(one.event, PositionOpened | PositionIncreased):
            by_position[one.meta.stream].add(one.event.order_id)
    assert Counter(len(orders) for orders in by_position.values()).keys() == {1, 2}
    refused = (one.event.reasons for one in recorded if isinstance(one.event, DecisionMade))
    assert any("MAX_ADDITIONS" in reasons for reasons in refused)


def test_a_run_that_stopped_goes_on_to_the_same_additions(recorded: Sequence[Envelope]) -> None:
    for one in additions(recorded)[:2]:
        chain = one.meta.correlation_id
        begin = next(at for at, each in enumerate(recorded) if each.meta.correlation_id == chain)
        log = ListLog()
        log.append(recorded[:begin])
        assert play(plan(TAPES, with_additions(ADDING)), log) == recorded


def test_every_decision_on_an_addition_is_made_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    log = ListLog()
    log.append(recorded)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal


class Twice(Proposing):
    """Proposes a long where a candle closes at 101 or 103."""

    def way(self, candle: Candle) -> Way | None:
        return Way(Direction.LONG, D(99), D(120)) if candle.close in (D(101), D(103)) else None


LIVE = replace(
    PLAN,
    settings=replace(PLAN.settings, intents=IntentSettings(additions=1)),
    instances=(Instance(id="trend", strategy=Twice()),),
)


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue, plan=LIVE) as made:
        yield made


def a_long(desk: LiveDesk) -> LiveDesk:
    """The started desk holds a long from about 101, and the price is 103."""
    desk.started()
    desk.trades_at("101")
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened") and len(desk.exchange.open_orders()) == 2)
    desk.later(300)
    desk.trades_at("103")
    return desk


def is_added_once(desk: LiveDesk) -> None:
    """Log and exchange hold the same long with one addition, and stops at the exchange cover all of it."""
    held = desk.run.world.portfolio.positions[BTC]
    (theirs,) = desk.exchange.positions()
    assert (held.state.quantity, len(held.added)) == (theirs.quantity, 1)
    assert sum(one.qty for one in stops(desk)) == held.state.quantity
    assert {one.trigger_price for one in stops(desk)} == {D(99)}
    assert is_covered(desk)
    placed = [
        one.event
        for one in desk.log.envelopes
        if isinstance(one.event, OrderPlaced) and not one.event.reduce_only
    ]
    assert len(placed) == 2
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio
    assert list(missing_causes(desk.log.read())) == []


def adds(desk: LiveDesk) -> LiveDesk:
    desk.closes_at("103")
    desk.until(lambda: desk.has("PositionIncreased") and len(desk.exchange.open_orders()) == 4)
    return desk


def test_a_live_run_adds_to_its_position_and_the_exchange_stops_all_of_it(desks: Desks) -> None:
    desk = adds(a_long(desks()))
    is_added_once(desk)
    desk.trades_at("98")
    passes_until(desk, lambda: desk.has("PositionClosed"))
    passes_until(desk, lambda: desk.exchange.open_orders() == [] == desk.exchange.positions())
    assert not desk.run.world.portfolio.discrepancies.unresolved


def test_a_moved_stop_moves_both_stops_at_the_exchange(desks: Desks) -> None:
    desk = adds(a_long(desks()))
    position = desk.run.world.portfolio.positions[BTC]
    desk.asks(MoveProtection(position.id, D(100), None))
    assert desk.reason == ""
    desk.until(lambda: {one.trigger_price for one in stops(desk)} == {D(100)})
    desk.until(lambda: desk.run.world.portfolio.positions[BTC].state.stop == D(100))
    assert desk.names().count("ProtectionMoved") == 1


@pytest.mark.parametrize("sends", [True, False], ids=["after it was sent", "before it was sent"])
def test_a_run_that_is_killed_as_it_adds_has_added_once_after_its_restart(
    desks: Desks, *, sends: bool
) -> None:
    desk = a_long(desks())
    dies_at(desk, lambda ticket: not ticket.terms.reduce_only, sends=sends)
    with pytest.raises(Killed):
        desk.closes_at("103")
    again = desks(log=desk.log, key=desk.key)
    again.run.start()
    again.run.connect()
    again.until(lambda: again.has("PositionIncreased") and len(again.exchange.open_orders()) == 4)
    is_added_once(again)
