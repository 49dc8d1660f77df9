"""What a start refuses of its instruments: names that the exchange does not trade, a leverage beyond their rules."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from infra.run.live_plan import check_leverage, rules_of
from tests.domain.history import BTC, D, an_instrument

LISTED = [an_instrument(BTC, max_leverage=D(100)), an_instrument("ETHUSDT-LINEAR.BYBIT", max_leverage=D(50))]


def test_a_misspelled_instrument_is_refused_with_the_symbol_that_was_meant() -> None:
    with pytest.raises(InvalidInput, match=r"does not trade BTCUST-LINEAR.BYBIT now; did you mean BTCUSDT\?"):
        rules_of(["ETHUSDT-LINEAR.BYBIT", "BTCUST-LINEAR.BYBIT"], LISTED)


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(InvalidInput, match=r"does not trade XYZ-LINEAR\.BYBIT now$"):
        rules_of(["XYZ-LINEAR.BYBIT"], LISTED)


def test_a_leverage_beyond_the_rules_is_refused_with_the_option_and_each_instrument_that_forbids_it() -> None:
    check_leverage(LISTED, D(50))
    with pytest.raises(InvalidInput, match=r"^--leverage 51: ETHUSDT-LINEAR\.BYBIT permits 1 to 50; nothing"):
        check_leverage(LISTED, D(51))
