"""Decimals, times and ordinals are written and read without loss, and invalid values are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from adapters.graphql.scalars import (
    decimal_text,
    read_decimal,
    read_ordinal,
    read_time,
    time_text,
)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_decimal_that_is_written_and_read_again_keeps_every_digit(value: Decimal) -> None:
    text = decimal_text(value)
    assert "E" not in text.upper()
    assert read_decimal(text).as_tuple() == value.as_tuple()


@pytest.mark.parametrize(("value", "text"), [("1E-7", "0.0000001"), ("0.0150", "0.0150"), ("1E+3", "1000")])
def test_a_decimal_is_written_in_plain_notation(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        True,
        "NaN",
        "Infinity",
        "",
        "1,5",
        None,
        [],
        "0x10",
        "1_0",
        " 1 ",
        "\u0661",
        "1e9999",
        "9" * 5_000,
    ],
)
def test_an_invalid_decimal_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="is not a decimal") as refused:
        read_decimal(value)
    assert len(str(refused.value)) < 200


_MOMENTS = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  (hypothesis adds the time zone)
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


@given(_MOMENTS)
def test_a_time_keeps_its_microseconds_and_is_read_in_utc(value: datetime) -> None:
    text = time_text(value)
    assert text.endswith("Z")
    assert read_time(text) == value
    assert read_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["2025-01-01T00:00:00", "yesterday", 17, None, "2025-13-01T00:00:00Z", "0001-01-01T00:00:00+05:00"],
)
def test_an_invalid_time_or_a_time_without_time_zone_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="is not a time with its time zone"):
        read_time(value)


@pytest.mark.parametrize(("value", "read"), [(0, 0), ("17", 17), (2**53 - 1, 2**53 - 1)])
def test_an_ordinal_is_read_from_a_number_or_from_digits_as_text(value: object, read: int) -> None:
    assert read_ordinal(value) == read


@pytest.mark.parametrize("value", [-1, 2**53, True, 1.0, "1e3", "", "-1", "٣", None])
def test_an_invalid_ordinal_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="is not an ordinal"):
        read_ordinal(value)
