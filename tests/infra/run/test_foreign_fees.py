"""The log of the program names each currency other than the account's in which the exchange takes fees."""

from __future__ import annotations

import pytest

from infra.run.foreign_fees import ForeignFees
from tests.domain.history import D, History, a_fill
from tests.replacing import replace


def test_each_currency_of_fees_beside_the_accounts_is_warned_of_once_with_its_first_fill(
    caplog: pytest.LogCaptureFixture,
) -> None:
    history = History()
    for number, (fee, currency) in enumerate(
        (("0.1", "USDT"), ("0", "ETH"), ("0.0005", "BNB"), ("0.0007", "BNB"), ("0.43", "BTC"))
    ):
        history.order("abc-e1", replace(a_fill(D(1), f"x{number}"), fee=D(fee), fee_currency=currency))
    watched = ForeignFees(lambda: "USDT")
    for envelope in history.envelopes:
        watched.recorded([envelope], 0.0, 0.0)
    lines = [f"{one.levelname} {one.getMessage()}" for one in caplog.records]
    assert [line.partition(" for")[0] for line in lines] == [
        "WARNING the exchange takes fees in BNB (first: 0.0005 BNB",
        "WARNING the exchange takes fees in BTC (first: 0.43 BTC",
    ]
    assert "execution x2, order-main-abc-e1" in lines[0]
    assert lines[0].endswith("neither the balance nor a result of this log, which are in USDT, contains them")
