"""An idempotency key belongs to its actor: nobody gets the answer to another person's request."""

from __future__ import annotations

import pytest

from commands.door import Completed, Declined
from commands.request import CancelOrder, ClosePosition, PlaceOrder, Request, TripKillSwitch
from commands.world import World
from domain.command_fact import actors_key, chain_fact, is_command, key_and_fingerprint
from domain.log import chain_id
from domain.order import OrderPlaced, OrderType
from domain.streams import parse
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import ACCOUNT, BTC, ETH, LOG_ID, D

RESTING = terms(quantity=D(1), type=OrderType.LIMIT, limit_price=D(90), stop=D(89), target=None)
OTHER = terms(instrument=ETH, quantity=D(1), type=OrderType.LIMIT, limit_price=D(90), stop=D(89), target=None)


def asking() -> Asking:
    eve = Asking()
    eve.prices[ETH] = D(100)
    return eve


def followed(answer: object) -> list[str]:
    assert isinstance(answer, Completed), answer
    return [str(event.event_id) for event in answer.events]


def test_another_request_with_a_key_that_another_person_used_is_judged_anew() -> None:
    eve = asking()
    first = eve.ask(PlaceOrder(RESTING), "k")
    answer = eve.ask(PlaceOrder(OTHER), "k", actor="mallory")
    assert set(followed(answer)).isdisjoint(followed(first))


def test_the_same_request_with_a_key_that_another_person_used_is_judged_anew() -> None:
    """The entry of the other person still waits, also while its cancel is under way."""
    eve = asking()
    eve.ask(PlaceOrder(RESTING), "k")
    (entry,) = eve.desk.world.portfolio.entries
    eve.accepted(CancelOrder(entry, "make room"))
    answer = eve.ask(PlaceOrder(RESTING), "k", actor="mallory")
    assert isinstance(answer, Declined)
    assert "waits in" in answer.reason


def test_each_person_gets_the_answer_to_the_own_request_also_after_a_restart() -> None:
    eve = asking()
    mine = followed(eve.ask(PlaceOrder(RESTING), "k"))
    theirs = followed(eve.ask(PlaceOrder(OTHER), "k", actor="mallory"))
    assert followed(eve.ask(PlaceOrder(RESTING), "k")) == mine
    assert followed(eve.ask(PlaceOrder(OTHER), "k", actor="mallory")) == theirs
    folded = World().fold_all(eve.desk.log.envelopes).commanded
    for actor, ids in (("eve", mine), ("mallory", theirs)):
        assert [str(one.named.event_id) for one in folded.followed(folded.key("k", actor))] == ids


def test_a_refusal_of_a_used_key_names_only_the_own_request() -> None:
    eve = asking()
    eve.ask(PlaceOrder(RESTING), "k")
    answer = eve.ask(ClosePosition(f"{BTC}-LONG-1", "mine?"), "k", actor="mallory")
    assert isinstance(answer, Declined)
    assert "was used for another request" not in answer.reason
    own = eve.ask(TripKillSwitch("x"), "k")
    assert isinstance(own, Declined)
    assert "the key k was used for another request: " in own.reason


def test_the_first_persons_order_ids_are_those_of_the_key_and_the_others_have_their_own() -> None:
    eve = asking()
    eve.accepted(PlaceOrder(RESTING), "k")
    eve.ask(PlaceOrder(OTHER), "k", actor="mallory")
    other = chain_id(LOG_ID, ACCOUNT, f"command:{actors_key('k', 'mallory')}")
    entries = [
        parse(one.meta.stream).id
        for one in eve.desk.log.envelopes
        if isinstance(one.event, OrderPlaced) and not one.event.reduce_only
    ]
    assert entries == [f"{chain_of('k')}-e1", f"{other}-e1"]


def test_a_key_with_an_actor_is_a_fact_like_every_other() -> None:
    fact = f"command:{actors_key('k', 'mallory')}/0123456789abcdef"
    assert is_command(fact)
    assert key_and_fingerprint(fact) == (actors_key("k", "mallory"), "0123456789abcdef")
    assert chain_fact(fact) == f"command:{actors_key('k', 'mallory')}"
    assert actors_key("k", "mallory") != actors_key("k", "eve")


@pytest.mark.parametrize("actor", ["engine", "exchange"])
def test_nobody_is_the_system_itself(actor: str) -> None:
    eve = asking()
    request: Request = TripKillSwitch("x")
    answer = eve.ask(request, "k", actor=actor)
    assert isinstance(answer, Declined)
    assert answer.reason == f"{actor} is the actor of this system's own commands, and of no request"
