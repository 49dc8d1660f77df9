"""The verdict notices what is lost, doubled or different: a real log of one entry, harmed after the fact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from uuid import UUID

import pytest

from commands.world import World
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.reconciliation import DiscrepancyFound
from domain.streams import order_stream, parse
from tests.replacing import replace
from tests.torture.hands import Hands
from tests.torture.rounds import Place, Round, log_of
from tests.torture.tallies import Tally
from tests.torture.venue import Exchange, exchange
from tests.torture.verdicts import intents_of, wrongs
from tests.torture.zygote import Zygote

Events = list[Envelope]


@pytest.fixture(scope="module")
def traded(
    tmp_path_factory: pytest.TempPathFactory, zygote: Zygote
) -> Iterator[tuple[Sequence[Envelope], Exchange]]:
    """The log of an engine that has entered once, and the exchange with its position."""
    folder = tmp_path_factory.mktemp("traded")
    place = Place(folder, f"sqlite:///{folder}/live.db")
    with exchange(1) as venue, ThreadPoolExecutor(2) as pool, ExitStack() as held:
        here = Round.of(place, zygote, Tally(), 10.0, venue, pool, held)
        with here.begun() as life:
            assert here.trades(life)
            here.people.does("enters", life, life.door, Random(1))
            assert life.until(lambda: bool(here.people.world().portfolio.positions), 20)
            life.stop()
            assert life.end() == 0
        yield [one.envelope for one in log_of(place, held).read()], venue


def test_a_log_that_is_whole_has_no_fault(traded: tuple[Sequence[Envelope], Exchange]) -> None:
    events, venue = traded
    assert (
        list(wrongs(events, World().fold_all(events), venue, [events[-1].meta.event_id], Hands(venue))) == []
    )


def test_a_stop_that_a_position_was_given_later_is_an_order_of_its_own(
    traded: tuple[Sequence[Envelope], Exchange],
) -> None:
    events, _venue = traded
    first = next(
        one for one in events if isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.STOP
    )
    later = replace(first, meta=replace(first.meta, stream=order_stream(first.meta.account, "later-s1")))
    assert parse(first.meta.stream).id not in intents_of(events)
    assert "later-s1" in intents_of([*events, later])


def _without_fills(events: Events) -> Events:
    return [one for one in events if not isinstance(one.event, OrderFilled)]


def _twice_filled(events: Events) -> Events:
    fills = [one for one in events if isinstance(one.event, OrderFilled)]
    return [*events, *fills]


def _otherwise_priced(events: Events) -> Events:
    return [
        replace(one, event=replace(one.event, price=one.event.price + 1))
        if isinstance(one.event, OrderFilled)
        else one
        for one in events
    ]


def _without_order(events: Events) -> Events:
    return [one for one in events if not isinstance(one.event, OrderPlaced)]


def _twice_carried_out(events: Events) -> Events:
    placed = [one for one in events if isinstance(one.event, OrderPlaced)]
    return [*events, *placed]


def _with_discrepancy(events: Events) -> Events:
    return [*events, replace(events[-1], event=DiscrepancyFound("one", "USDT", "differs"))]


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (_without_fills, "lost"),
        (_twice_filled, "doubled"),
        (_otherwise_priced, "differs"),
        (_without_order, "lost"),
        (_twice_carried_out, "doubled"),
        (_with_discrepancy, "differs"),
    ],
)
def test_what_is_harmed_is_named(
    traded: tuple[Sequence[Envelope], Exchange], harm: Callable[[Events], Events], kind: str
) -> None:
    events, venue = traded
    found = wrongs(harm(list(events)), World().fold_all(events), venue, [], Hands(venue))
    assert kind in {one.kind for one in found}


def test_an_answer_that_names_an_event_outside_the_log_is_a_loss(
    traded: tuple[Sequence[Envelope], Exchange],
) -> None:
    events, venue = traded
    (found,) = wrongs(events, World().fold_all(events), venue, [UUID(int=1)], Hands(venue))
    assert found.kind == "lost"


def test_a_position_and_a_balance_that_the_log_does_not_have_are_differences(
    traded: tuple[Sequence[Envelope], Exchange],
) -> None:
    events, venue = traded
    before = events[: next(place for place, one in enumerate(events) if isinstance(one.event, OrderPlaced))]
    found = [one.text for one in wrongs(before, World().fold_all(before), venue, [], Hands(venue))]
    assert any(one.startswith("positions differ") for one in found)
    assert any(one.startswith("the log has") for one in found)


def test_an_order_by_hand_that_the_log_does_not_explain_is_a_loss(
    traded: tuple[Sequence[Envelope], Exchange],
) -> None:
    """Last of this module: the exchange has that order from now on."""
    events, venue = traded
    hands = Hands(venue)
    while not hands.placed:
        hands.places(Random(7))
    found = list(wrongs(events, World().fold_all(events), venue, [], hands))
    assert "lost" in {one.kind for one in found}
    (placed,) = hands.placed
    assert any(placed in one.text or "by-hand-0" in one.text for one in found)


def test_a_position_without_a_stop_is_a_loss_unless_it_was_cancelled_by_hand_and_the_log_knows(
    traded: tuple[Sequence[Envelope], Exchange],
) -> None:
    """Last of this module: the exchange has no stop from now on."""
    events, venue = traded
    hands, chance = Hands(venue), Random(1)
    while venue.account.orders:
        hands.cancels(chance)
    world = World().fold_all(events)
    bare = [one.text for one in wrongs(events, world, venue, [], hands) if "has no stop" in one.text]
    assert len(bare) == 1, "the log has the stop as working"
