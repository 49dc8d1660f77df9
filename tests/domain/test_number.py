"""Numbers as text: plain and exponent notation is read; other texts that Python accepts are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.number import Misread, is_number, misread, number

OTHERS = (
    "\u0663",
    "\uff11\uff12",
    "1\uff12",
    "1_000",
    "_1",
    " 1",
    "1 ",
    "1\n",
    "",
    ".",
    "+",
    "1e",
    "0x10",
    "NaN",
    "inf",
    "1e1000",
    "--1",
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", Decimal(0)),
        ("-1.50", Decimal("-1.50")),
        ("+3", Decimal(3)),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e-8", Decimal("1e-8")),
        ("2E+3", Decimal(2_000)),
    ],
)
def test_plain_and_exponent_notation_are_read(text: str, value: Decimal) -> None:
    assert is_number(text)
    assert number(text, Decimal).as_tuple() == Decimal(text).as_tuple()
    assert number(text, float) == float(value)


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("kind", [int, float, Decimal])
def test_other_digits_underscores_and_blanks_are_refused_for_every_kind(text: str, kind: type) -> None:
    assert not is_number(text)
    with pytest.raises(ValueError, match="is not a number in the digits 0 to 9"):
        number(text, kind)


@pytest.mark.parametrize("text", ["1e309", "-1e999", "9" * 310])
def test_a_number_beyond_the_range_of_a_float_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is too large"):
        number(text, float)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1e101", "is too large"),
        ("-1e999", "is too large"),
        ("1e-101", "is too small"),
        ("9" * 101, "is too precise"),
        (f"0.{'9' * 101}", "is too precise"),
    ],
)
def test_a_decimal_with_too_many_digits_or_places_is_refused_for_what_it_is(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        number(text, Decimal)
    assert [one.place for one in misread({"a": text}, {"a": Decimal(text)})] == [("a",)]


@pytest.mark.parametrize("text", ["1.0", "1e3"])
def test_a_whole_number_has_no_point_and_no_exponent(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        number(text, int)


def test_values_that_a_lenient_parser_misread_are_found_with_their_places() -> None:
    given = {
        "a": "1_0",
        "b": ["x", {"c": True, "d": "no", "e": "TRUE", "f": True}],
        "g": 7,
        "h": "7",
        "i": "x",
    }
    read = {
        "a": 10,
        "b": ("x", {"c": 1.0, "d": False, "e": True, "f": True}),
        "g": Decimal(7),
        "h": 7,
        "i": "x",
    }
    assert list(misread(given, read)) == [
        Misread(("a",), "1_0", "a whole number in the digits 0 to 9"),
        Misread(("b", 1, "c"), True, "a number in the digits 0 to 9"),
        Misread(("b", 1, "d"), "no", "true or false"),
    ]
