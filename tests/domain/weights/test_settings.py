"""The table of weights: the most specific row counts, and what no entry could have is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.adjusting import adjusted, differences
from domain.errors import InvalidSettings
from domain.regime import Regime
from domain.settings import Settings, faults
from domain.weights.scale import WeightScale
from domain.weights.settings import ANY, Weight, WeightSettings, weights_of_text, weights_text
from tests.domain.history import BTC, ETH

D = Decimal


def row(weight: str, instrument: str = ANY, regime: str = ANY, strategy: str = "trend") -> Weight:
    return Weight(strategy=strategy, instrument=instrument, regime=regime, weight=D(weight))


TABLE = (row("0.1"), row("0.2", regime="RANGE"), row("0.3", BTC), row("0.4", BTC, "RANGE"))


@pytest.mark.parametrize("table", [TABLE, TABLE[::-1]], ids=["general first", "specific first"])
def test_the_most_specific_row_counts_in_whichever_order_the_rows_are(table: tuple[Weight, ...]) -> None:
    settings = WeightSettings(table=table)
    cases = [
        (BTC, Regime.RANGE, "0.4"),
        (BTC, Regime.TREND, "0.3"),
        (BTC, None, "0.3"),
        (ETH, Regime.RANGE, "0.2"),
        (ETH, Regime.TREND, "0.1"),
        (ETH, None, "0.1"),
    ]
    for instrument, regime, expected in cases:
        found = settings.of("trend", instrument, regime)
        assert found is not None
        assert found.weight == D(expected), (instrument, regime)
    assert settings.of("breakout", BTC, Regime.RANGE) is None


def test_a_row_of_a_regime_fits_no_entry_without_one() -> None:
    assert WeightSettings(table=(row("0.2", regime="RANGE"),)).of("trend", BTC, None) is None


def test_a_table_as_text_is_read_as_it_was_written() -> None:
    assert weights_of_text(weights_text(TABLE)) == TABLE
    assert weights_of_text("") == ()


@pytest.mark.parametrize(
    "text", ["trend", "trend=1", "trend/*=1", "trend/*/*=", "trend/*/*=nan", "a/*/*/*=1", ","]
)
def test_a_text_that_is_no_table_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"weights\.table = .* is not a list of weights, as trend/"):
        adjusted(Settings(), {"weights.table": text})


def test_weights_are_changed_by_the_names_of_their_settings_and_back() -> None:
    wanted = Settings(weights=WeightSettings(scales=WeightScale.CONFIDENCE, table=TABLE))
    changes = differences(Settings(), wanted)
    assert set(changes) == {"weights.scales", "weights.table"}
    assert adjusted(Settings(), changes) == wanted
    assert adjusted(wanted, differences(wanted, Settings())) == Settings()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((row("2.01"),), "weights.table.0.weight = 2.01 of trend/*/* must be in 0 … 2"),
        ((row("-0.01"),), "weights.table.0.weight = -0.01 of trend/*/* must be in 0 … 2"),
        ((row("1"), row("NaN", BTC)), "weights.table.1.weight = NaN of trend/BTCUSDT-LINEAR.BYBIT/* must be"),
        ((row("1", "BTCUSDT"),), "weights.table.0.instrument = 'BTCUSDT' is not an instrument"),
        ((row("1", regime="trend"),), "weights.table.0.regime = 'trend' is none of TREND, RANGE, VOLATILE"),
        ((row("1", strategy=""),), "weights.table.0.strategy = '' is not the id of a strategy instance"),
        ((row("1", strategy="a,b"),), "weights.table.0.strategy = 'a,b': an id with one of /=, can have no"),
        ((row("1"), row("0.5")), "weights.table: more than one row is of trend/*/*; leave one of each"),
    ],
)
def test_a_fault_of_the_table_is_named_by_its_row(rows: tuple[Weight, ...], message: str) -> None:
    (found,) = faults(Settings(weights=WeightSettings(table=rows)))
    assert found.startswith(message)


def test_a_table_beyond_its_bound_is_refused_whole() -> None:
    rows = tuple(row("1", strategy=f"s{number}") for number in range(1_001))
    assert list(faults(Settings(weights=WeightSettings(table=rows[:-1])))) == []
    (found,) = faults(Settings(weights=WeightSettings(table=rows)))
    assert found == "weights.table has 1,001 rows; at most 1,000 are possible"
