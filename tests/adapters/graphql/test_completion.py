"""Plain fields have the results, the order and the errors that graphql-core gives them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from adapters.graphql.completion import Completion
from adapters.graphql.scalars import SCALARS, Ordinal


@strawberry.enum
class Side(Enum):
    BUY = "B"
    SELL = "S"


@strawberry.type
class Thing:
    text: str
    whole: int
    share: float
    flag: bool
    side: Side
    money: Decimal
    at: datetime
    ordinal: Ordinal
    name: strawberry.ID
    maybe: str | None = None
    words: list[str] = strawberry.field(default_factory=list)
    within: list[Thing] = strawberry.field(default_factory=list)

    @strawberry.field
    def method(self) -> str:
        return self.text.upper()

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return self.text.lower()

    @strawberry.field
    def with_argument(self, times: int = 2) -> str:
        return self.text * times

    @strawberry.field
    def faulty(self) -> str | None:
        raise ValueError(self.text)


def thing(**changed: Any) -> Thing:
    values: dict[str, Any] = {
        "text": "Ab",
        "whole": 7,
        "share": 0.5,
        "flag": True,
        "side": Side.SELL,
        "money": Decimal("1.50"),
        "at": datetime(2026, 3, 2, 14, 0, 0, 5, tzinfo=UTC),
        "ordinal": 12,
        "name": "n",
    }
    return Thing(**(values | changed))


@strawberry.type
class Query:
    things: list[Thing] | None


def schema(**more: Any) -> strawberry.Schema:
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS), **more)


QUICK, PLAIN = schema(execution_context_class=Completion), schema()
ALL = "text whole share flag side money at ordinal name maybe words method withArgument(times: 3) __typename"
DOCUMENTS = {
    "all plain": "{ things { text whole share flag side money at ordinal name maybe } }",
    "all kinds": f"{{ things {{ {ALL} faulty }} }}",
    "in another order": "{ things { method b: text name a: text within { method text } side } }",
    "a fragment": "{ things { ...t text } } fragment t on Thing { whole within { ...u } } fragment u on Thing { at }",
    "left out": "query($no: Boolean = false) { things { text @include(if: $no) whole @skip(if: $no) } }",
}
SOURCES = {
    "as declared": [thing(), thing(text="", maybe="x", within=[thing(side=Side.BUY)], words=["a"])],
    "a required value is missing": [thing(text=None)],
    "a number is too large": [thing(whole=2**31)],
    "a number is a text": [thing(whole="7", flag=1, text=5)],
    "a word is no member": [thing(side="B")],
    "an unknown word": [thing(side="X")],
    "a time in another zone": [thing(at=datetime.fromisoformat("2026-03-02T14:00:00+05:30"))],
    "a decimal is a float": [thing(money=0.5)],
}


LATER = "{ things { later b: text name a: text within { later text } side last: later } }"
CASES = [(source, document) for source in SOURCES.values() for document in DOCUMENTS.values()]


@pytest.mark.parametrize(
    ("source", "document"),
    [*CASES, (SOURCES["as declared"], LATER)],
    ids=[
        *(f"{source}-{document}" for source in SOURCES for document in DOCUMENTS),
        "fields that are awaited",
    ],
)
def test_the_result_is_the_one_of_graphql_core(source: list[Thing], document: str) -> None:
    root = Query(things=source)

    async def both() -> tuple[ExecutionResult, ExecutionResult]:
        quick = await QUICK.execute(document, root_value=root)
        plain = await PLAIN.execute(document, root_value=root)
        return quick, plain

    quick, plain = asyncio.run(both())
    assert repr(quick.data) == repr(plain.data)
    assert _faults(quick) == _faults(plain)


NULLED = {
    "in place": "query($n: Boolean = true) { things { text @include(if: $n) } }",
    "in a fragment": "query($n: Boolean = true) { things { ...f } } fragment f on Thing { text @skip(if: $n) }",
    "below": "query($n: Boolean = true) { things { text within { text @skip(if: $n) } } }",
    "at the root": "query($n: Boolean = true) { things @skip(if: $n) { text } }",
}
"""Documents with a directive whose variable is null."""


@pytest.mark.parametrize("things", [[], [thing()], [thing(within=[thing()]), thing()]])
@pytest.mark.parametrize("document", NULLED.values(), ids=NULLED.keys())
def test_a_directive_whose_variable_is_null_has_the_error_of_graphql_core(
    document: str, things: list[Thing]
) -> None:
    root = Query(things=things)

    async def result(of: strawberry.Schema) -> ExecutionResult:
        return await of.execute(document, {"n": None}, root_value=root)

    quick, plain = asyncio.run(result(QUICK)), asyncio.run(result(PLAIN))
    assert (quick.data, _faults(quick)) == (plain.data, _faults(plain))


def _faults(result: ExecutionResult) -> list[str]:
    return sorted(f"{one.message} at {one.path}" for one in result.errors or ())
