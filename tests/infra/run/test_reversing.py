"""Reversals in a run on a tape and in a live run on our Bybit venue, whose process is killed between the two legs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from commands.watching import Instance
from commands.world import World
from domain.candle import Candle
from domain.direction import Direction
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed
from domain.settings import OnOpposite, StrategySettings
from domain.signal import DecisionMade, ReversalDecided, Verdict
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import BTC, PLAN, D, Desks, Killed, LiveDesk, desks_at
from tests.infra.run.proposing import Proposing, Way
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

FAST = StrategySettings(id="trend-fast", strategy="trend", parameters={"fast": "5", "slow": "12"})
SLOW = StrategySettings(id="trend-slow", strategy="trend", interval="15m")
LEVELS = {D(101): Way(Direction.LONG, D(99), D(120)), D(105): Way(Direction.SHORT, D(108), D(90))}
"""The close at which the strategy of these tests proposes an entry: its direction, stop and target."""


class BothWays(Proposing):
    """Proposes a long where a candle closes at 101, a short at 105."""

    def way(self, candle: Candle) -> Way | None:
        return LEVELS.get(candle.close)


REVERSING = replace(
    PLAN,
    settings=replace(PLAN.settings, on_opposite=OnOpposite.REVERSE),
    instances=(Instance(id="trend", strategy=BothWays()),),
)


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue, plan=REVERSING) as made:
        yield made


def a_long(desk: LiveDesk) -> LiveDesk:
    """The started desk holds a long from about 101."""
    desk.started()
    desk.trades_at("101")
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.later(300)
    desk.trades_at("105")
    return desk


def dies_at(desk: LiveDesk, chosen: Callable[[Any], bool], *, sends: bool) -> None:
    """The process ends where it submits a chosen order, before or after the request was sent."""
    submit = desk.exchange.submit

    def dying(tickets: Sequence[Any]) -> None:
        dies = any(chosen(one) for one in tickets)
        if sends or not dies:
            submit(tickets)
        if dies:
            raise Killed

    desk.exchange.submit = dying  # type: ignore[method-assign]


def is_short(desk: LiveDesk) -> bool:
    held = desk.run.world.portfolio.positions.get(BTC)
    return held is not None and held.state.direction is Direction.SHORT


def legs(envelopes: Sequence[Envelope]) -> list[ReversalDecided]:
    return [one.event for one in envelopes if isinstance(one.event, ReversalDecided)]


def placed_entries(envelopes: Sequence[Envelope]) -> int:
    return sum(isinstance(one.event, OrderPlaced) and not one.event.reduce_only for one in envelopes)


def is_reversed_once(desk: LiveDesk) -> bool:
    """Whether log and exchange hold the same short, of the decided quantity and with its stop."""
    held = desk.run.world.portfolio.positions[BTC].state
    (theirs,) = desk.exchange.positions()
    assert (held.direction, held.quantity, held.stop) == (theirs.direction, theirs.quantity, D(108))
    assert placed_entries(desk.log.envelopes) == 2
    assert (
        held.quantity
        == [one.event.quantity for one in desk.log.envelopes if isinstance(one.event, DecisionMade)].pop()
    )
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio
    assert list(missing_causes(desk.log.read())) == []
    return True


def test_a_run_on_a_tape_reverses_positions_in_one_chain_each() -> None:
    settings = replace(EAGER, strategies=(FAST, SLOW), reverse_others=True, on_opposite=OnOpposite.REVERSE)
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1500)
    with closing(open_memory(AvroCodec())) as log:
        envelopes = play(plan(tapes, settings), log)
        assert list(missing_causes(log.read())) == []
    decided = [
        one.meta.correlation_id
        for one in envelopes
        if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.REVERSE
    ]
    found = Counter(leg.verdict for leg in legs(envelopes))
    assert len(decided) == found.total() > 0
    assert found[Verdict.ENTER] > 0
    for chain in decided:
        kinds = [type(one.event) for one in envelopes if one.meta.correlation_id == chain]
        entry = next(
            (at for at, one in enumerate(envelopes) if one.meta.stream.endswith(f"{chain}-e1")), None
        )
        assert kinds.count(ReversalDecided) == 1
        if entry is not None:
            assert PositionClosed in {type(one.event) for one in envelopes[:entry]}


def test_a_live_run_closes_and_opens_in_one_plan(desks: Desks) -> None:
    desk = a_long(desks())
    desk.closes_at("105")
    desk.until(lambda: is_short(desk))
    (leg,) = legs(desk.log.envelopes)
    assert (leg.verdict, leg.reasons) == (Verdict.ENTER, ("ALL_APPROVE",))
    names = desk.names()
    assert names.index("PositionClosed") < names.index("ReversalDecided")
    assert is_reversed_once(desk)


@pytest.mark.parametrize("sends", [True, False], ids=["after it was sent", "before it was sent"])
def test_a_run_killed_between_the_close_and_the_entry_opens_it_exactly_once(
    desks: Desks, *, sends: bool
) -> None:
    desk = a_long(desks())
    dies_at(desk, lambda ticket: not ticket.terms.reduce_only, sends=sends)
    desk.closes_at("105")
    with pytest.raises(Killed):
        desk.until(lambda: is_short(desk))
    assert legs(desk.log.envelopes)[0].verdict is Verdict.ENTER
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    again.until(lambda: is_short(again))
    assert is_reversed_once(again)


def test_a_run_killed_before_the_close_is_reported_opens_nothing_after_the_restart(desks: Desks) -> None:
    desk = a_long(desks())
    dies_at(desk, lambda ticket: ticket.terms.reduce_only, sends=True)
    with pytest.raises(Killed):
        desk.closes_at("105")
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started_in_doubt()
    again.until(lambda: again.has("PositionClosed"))
    (leg,) = legs(again.log.envelopes)
    assert (leg.verdict, leg.reasons) == (Verdict.SKIP, ("RECONCILING",))
    assert placed_entries(again.log.envelopes) == 1
    assert again.exchange.positions() == []
