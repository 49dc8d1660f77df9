"""The votes of a draft: the members that judge a person's entry, whether it is accepted or refused."""

from __future__ import annotations

import pytest

from adapters.command_topic.wire import answer_bytes, read_answer
from commands.door import Declined, Drafted, MemberVote
from commands.request import DraftOrder, ManualTerms, PlaceOrder, TripKillSwitch
from commands.requests.limits import SENTENCES
from domain.direction import Side
from domain.order import OrderType
from tests.commands.requests.asking import Asking, terms
from tests.domain.history import D


def against(answer: Drafted | Declined) -> dict[str, tuple[str, ...]]:
    """The reasons of every rejection, by member."""
    return {one.member: tuple(one.reasons) for one in answer.votes if not one.approves}


def refused(eve: Asking, wanted: ManualTerms) -> Declined:
    answer = eve.ask(DraftOrder(wanted))
    assert isinstance(answer, Declined), answer
    return answer


def test_every_member_approves_an_order_that_can_be_placed() -> None:
    draft = Asking().drafted(DraftOrder(terms()))
    assert against(draft) == {}
    found = {one.member: one for one in draft.votes}
    assert {"kill_switch", "max_positions", "sizing", "total_risk"} <= set(found)
    assert found["risk_per_trade"].figures["risk"] == str(draft.risk)
    assert {one.chamber for one in draft.votes} == {"RISK"}


@pytest.mark.parametrize(
    ("wanted", "rejections"),
    [
        (terms(quantity=D(150)), {"risk_per_trade": ("RISK_PER_TRADE",)}),
        (terms(stop=D(101)), {"protection": ("STOP_NOT_PROTECTIVE",)}),
    ],
)
def test_a_refused_draft_has_the_votes_from_which_its_reason_follows(
    wanted: ManualTerms, rejections: dict[str, tuple[str, ...]]
) -> None:
    answer = refused(Asking(), wanted)
    found = against(answer)
    assert found.items() >= rejections.items()
    assert all(reason in SENTENCES for reasons in found.values() for reason in reasons)
    assert len(answer.reason.split("; ")) == sum(map(len, found.values()))


def test_a_rejection_at_one_of_two_prices_is_the_vote_of_the_member() -> None:
    """The limit is above the last price, so the order trades at once: its stop is beyond that price."""
    wanted = terms(type=OrderType.LIMIT, limit_price=D(104), stop=D(102), target=None, quantity=D(1))
    assert against(refused(Asking(), wanted))["protection"] == ("STOP_NOT_PROTECTIVE",)


def test_a_tripped_kill_switch_is_one_vote_among_the_others() -> None:
    eve = Asking()
    eve.accepted(TripKillSwitch("why"))
    answer = refused(eve, terms())
    assert against(answer) == {"kill_switch": ("KILL_SWITCH",)}
    assert len(answer.votes) > 10


def test_a_draft_that_only_reduces_has_no_votes() -> None:
    eve = Asking()
    eve.entered()
    way_out = terms(side=Side.SELL, quantity=D(4), stop=None, target=None, reduce_only=True)
    assert eve.drafted(DraftOrder(way_out)).votes == ()


def test_a_draft_without_a_known_price_has_no_votes() -> None:
    eve = Asking()
    eve.prices.clear()
    assert refused(eve, terms()).votes == ()


def test_an_order_that_is_refused_for_another_one_has_approving_votes() -> None:
    eve = Asking()
    eve.accepted(PlaceOrder(terms(type=OrderType.LIMIT, limit_price=D(99), target=None)))
    answer = refused(eve, terms())
    assert "waits in" in answer.reason
    assert len(answer.votes) > 10


def test_votes_pass_unchanged_to_another_process() -> None:
    for answer in (Asking().drafted(DraftOrder(terms())), refused(Asking(), terms(stop=D(101)))):
        read = read_answer(answer_bytes(answer))
        assert isinstance(read, Drafted | Declined)
        assert [vars_of(one) for one in read.votes] == [vars_of(one) for one in answer.votes]
        assert read.votes


def vars_of(one: MemberVote) -> tuple[object, ...]:
    return one.member, one.chamber, one.approves, tuple(one.reasons), dict(one.figures)
