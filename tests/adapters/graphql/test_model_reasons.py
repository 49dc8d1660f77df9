"""Registrations and promotions by GraphQL: what the schedule writes as a reason can be written by its rule alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from commands.request import RegisterModel
from domain.model import ModelPromoted, ModelRegistered
from tests.adapters.graphql.dealing import Dealing
from tests.commands.models_of_tests import FIRST

pytestmark = pytest.mark.anyio

_ANSWER = "{ __typename ... on Completed { note } ... on Refused { code reason } }"
_REGISTER = f"""mutation ($key: String!, $model: ModelInput!, $reason: String!, $rule: String) {{
  registerModel(request: {{idempotencyKey: $key}}, model: $model, reason: $reason, rule: $rule) {_ANSWER} }}"""
_PROMOTE = f"""mutation ($key: String!, $sha256: String!, $reason: String!, $rule: String) {{
  promoteModel(request: {{idempotencyKey: $key}}, sha256: $sha256, role: CHALLENGER, reason: $reason, rule: $rule)
  {_ANSWER} }}"""
_MODEL: dict[str, Any] = {
    "name": "main",
    "sha256": FIRST,
    "featureSet": "core.1",
    "dataFrom": "2026-01-01T00:00:00+00:00",
    "dataUntil": "2026-02-01T00:00:00+00:00",
    "labels": 400,
    "seed": "1",
    "passedGate": True,
}


@pytest.fixture
def dealing() -> Iterator[Dealing]:
    dealing = Dealing()
    yield dealing
    dealing.desk.close()


@pytest.mark.parametrize("reason", ["schedule: monthly", "schedule:x", " Schedule: monthly"])
async def test_a_reason_of_a_person_that_begins_as_the_schedules_is_refused(
    dealing: Dealing, reason: str
) -> None:
    for document, variables in ((_REGISTER, {"model": _MODEL}), (_PROMOTE, {"sha256": FIRST})):
        code, message = await dealing.code(document, "admin", key="k1", reason=reason, **variables)
        assert (code, "write another reason" in message) == ("BAD_INPUT", True)
    assert dealing.engine_door.received == []


async def test_a_registration_by_the_rule_of_the_schedule_has_its_reason(dealing: Dealing) -> None:
    answer = await dealing.answer(
        _REGISTER, "admin", key="k1", model=_MODEL, reason="7 days", rule="schedule"
    )
    assert answer["__typename"] == "Completed"
    request = dealing.engine_door.received[-1].request
    assert isinstance(request, RegisterModel)
    assert request.reason == "schedule: 7 days"
    code, message = await dealing.code(
        _REGISTER, "admin", key="k2", model=_MODEL, reason="x", rule="error budget"
    )
    assert (code, message) == ("BAD_INPUT", "the rule 'error budget' registers no models; 'schedule' does")
    await dealing.answer(
        _PROMOTE, "admin", key="k3", sha256=FIRST, reason="schedule: 7 days", rule="schedule"
    )
    events = [one.envelope.event for one in dealing.asking.desk.log.read()]
    assert [one.rule for one in events if isinstance(one, ModelPromoted)] == ["schedule"]
    assert len([one for one in events if isinstance(one, ModelRegistered)]) == 1


async def test_a_registration_with_another_verdict_is_refused_and_names_the_first_one(
    dealing: Dealing,
) -> None:
    await dealing.answer(_REGISTER, "admin", key="k1", model=_MODEL, reason="trained", rule=None)
    answer = await dealing.answer(
        _REGISTER, "admin", key="k2", model={**_MODEL, "passedGate": False}, reason="again", rule=None
    )
    assert answer["__typename"] == "Refused"
    assert (
        "with the reason 'trained': the verdict of the gate is passed there and not passed here"
        in answer["reason"]
    )


async def test_a_metric_that_is_given_twice_is_refused_by_its_name(dealing: Dealing) -> None:
    twice = {**_MODEL, "metrics": [{"name": "brier", "value": 0.2}, {"name": "brier", "value": 0.1}]}
    found = await dealing.code(_REGISTER, "admin", key="k1", model=twice, reason="trained", rule=None)
    assert found == ("BAD_INPUT", "metrics has 'brier' more than once; give each name once")


@pytest.mark.parametrize(
    ("name", "fault"), [("brier\x1b[31m", "has U+001B"), ("x" * 201, "1 to 200 characters, not 201")]
)
async def test_a_metric_whose_name_is_no_plain_text_or_too_long_is_refused(
    dealing: Dealing, name: str, fault: str
) -> None:
    model = {**_MODEL, "metrics": [{"name": name, "value": 0.2}]}
    answer = await dealing.answer(_REGISTER, "admin", key="k1", model=model, reason="trained", rule=None)
    assert (answer["__typename"], fault in answer["reason"]) == ("Refused", True)
