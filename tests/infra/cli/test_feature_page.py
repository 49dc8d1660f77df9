"""docs/features.md is what the code states: the table of features with formula, units, window and source."""

from __future__ import annotations

from pathlib import Path

from domain.features.core import CORE_1
from infra.cli.feature_page import page

PAGE = Path(__file__).parents[3] / "docs" / "features.md"


def test_the_page_equals_the_code() -> None:
    assert PAGE.read_text() == page(), "run python -m infra.cli.feature_page > docs/features.md"


def test_a_feature_states_its_formula_units_and_source() -> None:
    assert all(all((one.name, one.formula, one.units, one.source)) for one in CORE_1.features)
