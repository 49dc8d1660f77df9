"""The sentence of every event is one line of printable characters."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import FULL_NAMES
from domain.model import ModelRole
from domain.models.score import Contribution
from domain.order import OrderAccepted
from domain.scored import ScoreOutcome, SignalScored
from projections.sentences import plain, sentence
from tests.adapters.avro.events import instances
from tests.domain.history import a_closing, a_fill, a_signal, a_stop
from tests.replacing import replace

D = Decimal


@pytest.mark.parametrize("event", FULL_NAMES)
def test_the_sentence_of_every_event_is_one_printable_line_for_any_values(event: type) -> None:
    @given(instances(event))
    def has_one_line(one: object) -> None:
        text = sentence(one)  # type: ignore[arg-type]  # an event
        assert len(text.splitlines()) <= 1
        assert not any(unicodedata.category(sign) == "Cc" for sign in text)

    has_one_line()


def test_a_sentence_states_the_main_figures_of_its_event() -> None:
    assert sentence(a_stop()) == "STOP SELL STOP 10 BTCUSDT-LINEAR.BYBIT at 97.9, reduce only"
    assert sentence(a_fill(D("2.50"))).startswith("2.5 at 100, fee ")
    assert "trend says ENTER LONG BTCUSDT-LINEAR.BYBIT at 100" in sentence(a_signal())
    assert "net -12.5 (gross " in sentence(a_closing(D("-12.50"), D(9987)))


def test_a_score_names_only_the_features_whose_effect_shows_in_three_decimals() -> None:
    score = SignalScored(
        model="a" * 64,
        name="main",
        role=ModelRole.CHALLENGER,
        feature_set="core.1",
        values=(),
        outcome=ScoreOutcome.OK,
        confidence=0.4164,
        risk=0.3,
        expected_return=0.001,
        reasons=(Contribution("adx", 20.0, -0.0006), Contribution("rsi", 50.0, 0.0004)),
    )
    assert sentence(score).endswith("expected return +0.100%; adx -0.001")
    level = replace(score, reasons=score.reasons[1:])
    assert sentence(level).endswith("+0.100%; no feature moves the confidence by 0.001 or more")


def test_a_stop_that_waits_as_a_part_of_its_entry_has_no_id_and_rests_nowhere() -> None:
    assert sentence(OrderAccepted("v1")) == "the exchange has accepted it as v1"
    assert sentence(OrderAccepted("")) == "it waits with its entry, as a part of it"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**12), max_value=10**12))
def test_plain_returns_the_same_number_without_exponent_and_trailing_zeros(value: Decimal) -> None:
    text = plain(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("value", "text"), [(D("1E+3"), "1000"), (D("0.00"), "0"), (D("100"), "100"), (D("1.10"), "1.1")]
)
def test_plain_removes_only_zeros_after_the_decimal_point(value: Decimal, text: str) -> None:
    assert plain(value) == text
