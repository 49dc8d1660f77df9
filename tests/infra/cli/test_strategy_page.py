"""docs/strategies.md is what the code states: rules, formulas, sources, parameters and their defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.settings import AlphaSettings
from domain.strategies.builtin import BUILTIN, about
from infra.cli.strategy_page import page

PAGE = Path(__file__).parents[3] / "docs" / "strategies.md"


def test_the_page_equals_the_code() -> None:
    assert PAGE.read_text() == page(), "run python -m infra.cli.strategy_page > docs/strategies.md"


@pytest.mark.parametrize("name", BUILTIN)
def test_a_strategy_states_its_formula_its_source_and_when_it_loses(name: str) -> None:
    known = about(name)
    assert known is not None
    assert all((known.formula, known.source, known.loses))
    assert all(hasattr(AlphaSettings(), limit) for limit in known.alpha)


@pytest.mark.parametrize("name", BUILTIN)
def test_every_preset_is_accepted_by_its_strategy(name: str) -> None:
    known = about(name)
    assert known is not None
    for given in known.presets.values():
        assert BUILTIN[name](given) != BUILTIN[name]({})
