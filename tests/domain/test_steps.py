"""The steps of figures, with the noise that binary floating point leaves in them."""

from __future__ import annotations

import pytest

from domain.steps import clean, finest_step, finest_written, is_multiple
from tests.domain.history import D


@pytest.mark.parametrize(
    ("figure", "cleaned"),
    [
        ("58000.100000000006", "58000.1"),
        ("0.30000000000000004", "0.3"),
        ("0.7999999999999999", "0.8"),
        ("1234.5600000000013", "1234.56"),
        ("0.33399999141693115", "0.334"),
        ("42265.1875", "42265.1875"),
        ("0.000012340000000000001", "0.00001234"),
        ("9000000000000.0", "9E+12"),
        ("0.50000000", "0.5"),
        ("58000.12345678", "58000.1234568"),
    ],
)
def test_a_figure_loses_its_noise_and_its_closing_zeros(figure: str, cleaned: str) -> None:
    assert clean(D(figure)) == D(cleaned)


@pytest.mark.parametrize(
    ("figures", "step", "written"),
    [
        ("100 101", "1", "1"),
        ("100.5 101", "0.1", "0.1"),
        ("100 1E+2", "1", "1"),
        ("0.001 5", "0.001", "0.001"),
        ("1.0 1.0134 1.5", "0.0001", "0.0001"),
        ("100.00 101.00", "1", "0.01"),
        ("58000.100000000006 58010.1", "0.1", "0.1"),
        ("0.50000000 0.50100000", "0.001", "1e-8"),
    ],
)
def test_the_finest_step_counts_digits_and_the_written_one_zeros_too(
    figures: str, step: str, written: str
) -> None:
    values = list(map(D, figures.split()))
    assert (finest_step(values), finest_written(values)) == (D(step), D(written))
    assert all(is_multiple(value, D(step)) for value in values)


@pytest.mark.parametrize(
    ("figure", "step", "fits"),
    [
        ("58000.100000000006", "0.1", True),
        ("100.25", "0.25", True),
        ("100.3", "0.25", False),
        ("1e18", "1e-18", True),
        ("0.30000000000000004", "0.2", False),
    ],
)
def test_a_figure_fits_a_step_apart_from_noise(figure: str, step: str, fits: bool) -> None:
    assert is_multiple(D(figure), D(step)) is fits
