"""Invalid data is refused before anything is recorded, with an error that names the field and the value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from commands.account import OpenAccount, SettleBalance
from commands.exchange import AnyReport, Filled, Submitted
from commands.instrument import ListInstrument
from commands.order import PlaceOrder
from commands.settings import ChangeSettings
from commands.stimulus import Ask, Stimulus
from domain.account import BalanceReason
from domain.errors import InvalidEvent, InvalidInput, InvalidSettings
from domain.settings import AlphaSettings, RiskSettings, Settings
from domain.sizing.settings import SizingSettings
from tests.commands.an_order import PLACE, PLACED, RULES
from tests.commands.desk import Desk, a_fill_of, funding, long, snapshot
from tests.domain.history import BTC, NOW, D, an_instrument
from tests.replacing import replace

NAIVE = NOW.replace(tzinfo=None)
LOCAL = datetime(2025, 4, 3, 12, 0, tzinfo=UTC).astimezone()


def refused(step: Callable[[Desk], object], error: type[InvalidInput], words: str) -> None:
    """Asserts that the step raises this error with these words and changes nothing at the desk."""
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:before")
    desk.tell(a_fill_of("abc-e1", "x0", D("0.1"), D(100)))
    before, head, letters = snapshot(desk.world), desk.log.head(), list(desk.exchange.letters)
    with pytest.raises(error, match=re.escape(words)):
        step(desk)
    assert (snapshot(desk.world), desk.log.head(), desk.exchange.letters) == (before, head, letters)


def placing(**changed: object) -> Callable[[Desk], object]:
    terms = replace(PLACED, **changed)
    return lambda desk: desk.ask(PlaceOrder("bad-e1", terms, RULES), cause="command:bad")


def telling(report: AnyReport) -> Callable[[Desk], object]:
    return lambda desk: desk.tell(report)


def seeing(**changed: object) -> Callable[[Desk], object]:
    return lambda desk: desk.see(long(**changed))


def changing(settings: Settings) -> Callable[[Desk], object]:
    return lambda desk: desk.ask(ChangeSettings(settings), cause="command:bad")


def at(moment: datetime) -> Callable[[Desk], object]:
    ask = Ask(
        command=PlaceOrder("bad-e1", PLACED, RULES), cause="command:bad", occurred_at=NOW, actor="a person"
    )
    return lambda desk: desk.handle(Stimulus(moment, (ask,)))


def occurred_at(moment: datetime) -> Callable[[Desk], object]:
    ask = Ask(
        command=PlaceOrder("bad-e1", PLACED, RULES), cause="command:bad", occurred_at=moment, actor="a person"
    )
    return lambda desk: desk.handle(Stimulus(NOW, (ask,)))


def a_bad_fill(**changed: object) -> AnyReport:
    good: Filled = a_fill_of("abc-e1", "x1", D("0.1"), D(100))
    return replace(good, **changed)


STEPS: dict[str, tuple[Callable[[Desk], object], type[InvalidInput], str]] = {
    "recorded at a naive time": (
        at(NAIVE),
        InvalidEvent,
        "OrderPlaced.meta.recorded_at = datetime.datetime(",
    ),
    "occurred at a naive time": (occurred_at(NAIVE), InvalidEvent, "is a naive time; give it its zone, UTC"),
    "fresh until a naive time": (
        placing(fresh_until=NAIVE),
        InvalidEvent,
        "OrderPlaced.fresh_until = datetime.datetime(",
    ),
    "an order of NaN": (
        placing(quantity=D("NaN")),
        InvalidInput,
        "quantity NaN must be a positive, finite number",
    ),
    "an order of infinity": (placing(quantity=D("Infinity")), InvalidInput, "quantity Infinity must be"),
    "an order of zero": (placing(quantity=D(0)), InvalidInput, "quantity 0 must be a positive"),
    "an order of a negative quantity": (
        placing(quantity=D(-1)),
        InvalidInput,
        "quantity -1 must be a positive",
    ),
    "an order of a float": (placing(quantity=0.5), InvalidInput, "quantity 0.5 is not a Decimal"),
    "an order in finer lots": (
        placing(quantity=D("0.0001")),
        InvalidInput,
        "quantity 0.0001 has more digits than the instrument allows: its step is 0.001",
    ),
    "an order between ticks": (
        placing(limit_price=D("100.01")),
        InvalidInput,
        "the limit price of a LIMIT order 100.01 has more digits than the instrument allows: its step is 0.1",
    ),
    "an order at a price of NaN": (
        placing(limit_price=D("NaN")),
        InvalidInput,
        "the limit price of a LIMIT order NaN must be a positive, finite number",
    ),
    "a fill of NaN": (
        telling(a_bad_fill(quantity=D("NaN"))),
        InvalidInput,
        "the quantity of execution x1 of order abc-e1 NaN must be a positive, finite number",
    ),
    "a fill at infinity": (
        telling(a_bad_fill(price=D("Infinity"))),
        InvalidInput,
        "the price of execution x1",
    ),
    "a fill with a fee of NaN": (telling(a_bad_fill(fee=D("NaN"))), InvalidInput, "the fee of execution x1"),
    "a fill of a float": (telling(a_bad_fill(quantity=0.1)), InvalidInput, "0.1 is not a Decimal"),
    "funding of NaN": (
        telling(funding("f1", D("NaN"))),
        InvalidInput,
        "funding of NaN on position-main-BTCUSDT",
    ),
    "a signal of an invalid instrument": (
        seeing(instrument="BTC"),
        InvalidInput,
        "'BTC' is not an instrument",
    ),
    "a signal with a confidence above 1": (
        seeing(confidence=1.5),
        InvalidInput,
        "LINEAR.BYBIT is 1.5; it must be in 0 … 1",
    ),
    "a signal with a confidence of NaN": (
        seeing(confidence=float("nan")),
        InvalidInput,
        "LINEAR.BYBIT is nan; it must be in 0 … 1",
    ),
    "a signal at a price of NaN": (seeing(price=D("NaN")), InvalidInput, "LINEAR.BYBIT, NaN must be"),
    "a signal with an input of NaN": (
        seeing(inputs={"rsi": float("nan")}),
        InvalidInput,
        "the input rsi of the signal of trend on",
    ),
    "an instrument with an invalid id": (
        lambda desk: desk.ask(ListInstrument(an_instrument("BTC-USDT")), cause="command:bad"),
        InvalidInput,
        "'BTC-USDT' is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT",
    ),
    "an instrument with a tick of NaN": (
        lambda desk: desk.ask(ListInstrument(an_instrument(BTC, tick=D("NaN"))), cause="command:bad"),
        InvalidInput,
        "BTCUSDT-LINEAR.BYBIT: tick = NaN must be in",
    ),
    "settings out of range": (
        changing(Settings(risk=RiskSettings(max_daily_loss=D(2)))),
        InvalidSettings,
        "risk.max_daily_loss = 2 must be in 0 … 1",
    ),
    "settings of NaN": (
        changing(Settings(sizing=SizingSettings(risk=D("NaN")))),
        InvalidSettings,
        "sizing.risk = NaN must be in 0 … 1",
    ),
    "settings with a float for a decimal": (
        changing(Settings(alpha=AlphaSettings(minimum_reward_to_risk=1.5))),  # type: ignore[arg-type]
        InvalidEvent,
        "SettingsChanged.settings.alpha.minimum_reward_to_risk = 1.5 is not a Decimal",
    ),
    "a sum of infinity": (
        lambda desk: desk.ask(SettleBalance(BalanceReason.FILL, D("Infinity")), cause="command:bad"),
        InvalidEvent,
        "BalanceChanged.amount = Decimal('Infinity') is not a number",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_invalid_data_is_refused_and_nothing_is_recorded(name: str) -> None:
    refused(*STEPS[name])


def test_an_account_with_a_starting_balance_of_nan_is_refused() -> None:
    desk = Desk()
    with pytest.raises(InvalidInput, match="a starting balance of NaN USDT is not a positive sum"):
        desk.ask(OpenAccount("USDT", D("NaN"), D(5)), cause="command:bad")
    assert (desk.log.head(), desk.world.ordinal) == (0, 0)


def test_valid_data_beside_invalid_data_is_not_recorded_either() -> None:
    good = Submitted(order_id="abc-e1", at=NOW, fact="exchange:test:sent", venue_order_id="v1")
    refused(
        lambda desk: desk.tell(good, a_bad_fill(quantity=D(0))),
        InvalidInput,
        "the quantity of execution x1 of order abc-e1 0 must be a positive, finite number",
    )


def test_a_time_with_a_zone_is_accepted() -> None:
    desk = Desk().opened()
    at(LOCAL)(desk)
    assert desk.log.envelopes[-1].meta.recorded_at == LOCAL
