"""Random documents over the real schema have the answers, byte for byte, that graphql-core alone gives them."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from typing import Any, cast

import pytest
from graphql import ExecutionContext, GraphQLSchema, validate
from graphql import parse as parsed
from strawberry.types import ExecutionResult

from adapters.graphql.completion import Completion
from adapters.graphql.context import Context
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from tests.adapters.graphql.random_document import VARIABLES, RandomDocument
from tests.adapters.graphql.reading import Reading
from tests.adversary.mutated import INPUTS

_LIMITS = limiting(Limits(depth=40, cost=10**9, aliases=10**6, tokens=10**6))
QUICK, PLAIN = schema(_LIMITS), schema(_LIMITS)
PLAIN.execution_context_class = ExecutionContext
_DOCUMENTS = int(os.environ.get(INPUTS, "2000")) * 3 // 200
_AT_A_TIME = 15


def answer(reading: Reading, queried: MaskedSchema, document: str, variables: dict[str, Any]) -> str:
    context = Context(ANONYMOUS, reading.served)
    result = asyncio.run(queried.execute(document, variables, context_value=context))
    assert isinstance(result, ExecutionResult)
    return json.dumps({"data": result.data, "errors": [one.formatted for one in result.errors or ()]})


def _schema() -> GraphQLSchema:
    return cast(GraphQLSchema, cast(Any, QUICK)._schema)  # there is no other way to graphql-core's schema


# Where a root field fails, graphql-core leaves the coroutines of its siblings. They are collected before the test
# ends: later they would be the fault of whichever test runs then.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
@pytest.mark.parametrize("first", range(0, _DOCUMENTS, _AT_A_TIME))
def test_a_random_document_has_graphql_cores_answer_the_first_time_and_again(
    reading: Reading, first: int
) -> None:
    compared = 0
    for number in range(first, min(first + _AT_A_TIME, _DOCUMENTS)):
        document = RandomDocument(_schema(), number).text
        if validate(_schema(), parsed(document)):
            continue  # two fields of one name that differ
        compared += 1
        expected = {name: answer(reading, PLAIN, document, given) for name, given in VARIABLES.items()}
        for name in ("yes", "no", "yes"):
            assert answer(reading, QUICK, document, VARIABLES[name]) == expected[name], document
    gc.collect()
    assert compared > _AT_A_TIME // 2


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
def test_a_page_of_plain_fields_is_completed_without_graphql_core(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    completed: list[str] = []
    whole = Completion.complete_object_value

    def counted(self: Any, return_type: Any, *given: Any) -> Any:
        completed.append(return_type.name)
        return whole(self, return_type, *given)

    monkeypatch.setattr(Completion, "complete_object_value", counted)
    document = "{orders(first: 20) {edges {cursor node {id side placedAt limitPrice}} pageInfo {endCursor}}}"
    assert len(reading.query(document)["orders"]["edges"]) == 20
    assert completed == ["OrderConnection"]
