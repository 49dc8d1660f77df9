"""An answer that arrives after its attempt has timed out ends the next attempt, where the request was carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.command_topic.attempts import Attempt, Attempts
from commands.door import Answer, Completed, Declined, EventNamed
from commands.request import Requested, TripKillSwitch
from commands.roles import Role
from tests.domain.history import ACCOUNT, NOW
from tests.replacing import replace

FIRST = Requested(
    id="k1", account=ACCOUNT, actor="ann", valid_until=NOW, request=TripKillSwitch("lunch"), role=Role.ADMIN
)
AGAIN = replace(FIRST, valid_until=NOW + timedelta(seconds=8))
EVENTS = (EventNamed(ordinal=7, event_id=UUID(int=7), stream="killswitch-main", type="Tripped"),)
DONE = Completed("k1", EVENTS)


def timed_out(attempts: Attempts, requested: Requested = FIRST) -> Attempt:
    """An attempt that has waited, and got no answer."""
    attempt = attempts.attempt(requested, "")
    with attempts.waits(attempt):
        assert not attempt.answer.done()
    return attempt


def answer_of(attempt: Attempt) -> Answer | None:
    return attempt.answer.result(0) if attempt.answer.done() else None


def test_what_was_carried_out_for_an_attempt_that_timed_out_is_the_answer_to_the_next_one() -> None:
    attempts = Attempts()
    attempts.take(timed_out(attempts).ask, DONE)
    second = attempts.attempt(AGAIN, "")
    with attempts.waits(second):
        assert answer_of(second) == Completed("k1", EVENTS, repeated=True)


def test_what_was_carried_out_for_an_earlier_attempt_ends_the_one_that_waits() -> None:
    attempts = Attempts()
    first, second = timed_out(attempts), attempts.attempt(AGAIN, "")
    with attempts.waits(second):
        attempts.take(first.ask, DONE)
        assert answer_of(second) == Completed("k1", EVENTS, repeated=True)


ITS_OWN: Sequence[Answer] = (
    Declined("k1", "Expired", "it was to be carried out until then"),
    Completed("k1", (), note="it is tripped already"),
)


@pytest.mark.parametrize("answer", ITS_OWN, ids=["expired", "without events"])
def test_an_answer_that_says_nothing_of_a_later_attempt_ends_its_own_alone(answer: Answer) -> None:
    attempts = Attempts()
    first, second = attempts.attempt(FIRST, ""), attempts.attempt(AGAIN, "")
    with attempts.waits(first), attempts.waits(second):
        attempts.take(first.ask, answer)
        assert (answer_of(first), answer_of(second)) == (answer, None)
    third = attempts.attempt(AGAIN, "")
    with attempts.waits(third):
        assert answer_of(third) is None


OTHERS = {
    "key": replace(AGAIN, id="k2"),
    "actor": replace(AGAIN, actor="bob"),
    "role": replace(AGAIN, role=Role.TRADER),
    "content": replace(AGAIN, request=TripKillSwitch("dinner")),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_request_with_another_key_actor_role_or_content_gets_no_answer_of_this_one(
    other: Requested,
) -> None:
    attempts = Attempts()
    attempts.take(timed_out(attempts).ask, DONE)
    attempt = attempts.attempt(other, "")
    with attempts.waits(attempt):
        assert answer_of(attempt) is None


def test_answers_to_another_door_are_not_taken() -> None:
    attempts, foreign = Attempts(), Attempts().attempt(FIRST, "")
    attempts.take(foreign.ask, DONE)
    own = attempts.attempt(FIRST, "")
    assert own.ask != foreign.ask
    with attempts.waits(own):
        assert answer_of(own) is None
        assert not attempts.is_known(foreign.ask)
