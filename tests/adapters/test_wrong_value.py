"""The sentences for values that pydantic refuses."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from adapters.wrong_value import Repeated, sentence_of


class Word(StrEnum):
    FIXED = "FIXED"
    RISK = "RISK"


class Table(BaseModel):
    word: Word


CASES: list[tuple[Any, object, str]] = [
    (Annotated[int, Field(ge=1)], 0, "must be at least 1, not 0"),
    (Annotated[int, Field(gt=1)], 1, "must be above 1, not 1"),
    (Annotated[Decimal, Field(le=1)], "1.5", "must be at most 1"),
    (Annotated[float, Field(lt=1)], 2.5, "must be below 1.0, not 2.5"),
    (Annotated[float, Field(allow_inf_nan=False)], float("nan"), "must be a finite number, not nan"),
    (Word, "risk", "must be one of FIXED, RISK, not 'risk'; did you mean RISK?"),
    (Word, "luck", "must be one of FIXED, RISK, not 'luck'"),
    (Word, "x" * 16, "must be one of FIXED, RISK"),
    (Literal["a", "b"], "c", "must be one of a, b, not 'c'"),
    (Annotated[str, Field(max_length=2)], "abc", "must have at most 2 characters"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "must have at most 1 entries"),
    (Annotated[str, Field(pattern="^[a-z0-9]{1,30}$")], "A", "must be 1 to 30 lower-case letters and digits"),
    (IPv4Network, "x", "not an address or a network; write it like 203.0.113.7 or 203.0.113.0/24"),
    (tuple[int, ...], "x", "not a list; write it like [value, value]"),
    (dict[str, int], "x", "not a table; write it like { name = value }"),
    (Table, "x", "not a table; write it like { name = value }"),
    (Table, {}, "missing"),
    (str, 3, "not text; write it in quotes"),
    (int, "x", "not a whole number; write it like 3"),
    (bool, "x", "neither true nor false"),
]


def refused(kind: Any, value: object) -> Any:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    (fault,) = refused.value.errors(include_url=False)
    return fault


@pytest.mark.parametrize(("kind", "value", "sentence"), CASES)
def test_a_refused_value_has_a_sentence_with_what_is_allowed(kind: Any, value: object, sentence: str) -> None:
    assert sentence_of(refused(kind, value)) == sentence


@pytest.mark.parametrize(
    ("repeated", "sentence"),
    [
        (Repeated.NONE, "must have at most 2 characters"),
        (Repeated.WORDS, "must have at most 2 characters"),
        (Repeated.ALL, "must have at most 2 characters, not 'a\\nb'"),
    ],
)
def test_a_text_that_may_be_a_secret_is_repeated_where_the_caller_permits_it_alone(
    repeated: Repeated, sentence: str
) -> None:
    assert sentence_of(refused(Annotated[str, Field(max_length=2)], "a\nb"), repeated) == sentence
    assert sentence_of(refused(Word, "hunter2"), Repeated.NONE) == "must be one of FIXED, RISK"


@pytest.mark.parametrize("repeated", Repeated)
def test_a_value_as_long_as_a_secret_is_never_repeated(repeated: Repeated) -> None:
    assert "x" * 16 not in sentence_of(refused(Annotated[str, Field(max_length=2)], "x" * 16), repeated)
    assert "9" * 16 not in sentence_of(refused(Annotated[int, Field(le=1)], int("9" * 16)), repeated)
