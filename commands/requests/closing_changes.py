"""How many open positions a change of a setting could close at once, by the rules of the engine.

A limit may be tighter and close a position all the same: a shorter time, a smaller loss, or a limit of the day that is
reached already and trips the kill switch at the next loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from commands.managing import reading_of
from commands.requests.situation import Situation
from domain.daily_loss import loss_of_day
from domain.management.forced_exits import largest_loss, time_limit
from domain.management.reading import Reading
from domain.market import LastPrice, PriceSource
from domain.portfolio import OpenPosition
from domain.settings import OnDailyLoss, OnKill, Settings
from domain.win_rate import too_few_wins


def closed_by(name: str, settings: Settings, situation: Situation) -> int:
    """How many open positions the setting of this dotted name could close at once with its value in `settings`.

    A position whose price is not known counts where its loss decides.
    """
    count = CLOSING.get(name)
    return 0 if count is None else count(settings, situation)


def _past_their_time(settings: Settings, situation: Situation) -> int:
    return _closed(settings, situation, lambda reading: time_limit(reading) is not None)


def _past_their_loss(settings: Settings, situation: Situation) -> int:
    return _closed(settings, situation, _may_be_past_its_loss)


def _may_be_past_its_loss(reading: Reading) -> bool:
    is_unknown = reading.price is None and reading.settings.largest_loss > 0
    return is_unknown or largest_loss(reading) is not None


def _closed(settings: Settings, situation: Situation, closes: Callable[[Reading], bool]) -> int:
    readings = (_reading(held, settings, situation) for held in situation.portfolio.positions.values())
    return sum(1 for reading in readings if reading is not None and closes(reading))


def _reading(held: OpenPosition, settings: Settings, situation: Situation) -> Reading | None:
    known = situation.prices.get(held.state.instrument)
    price = None if known is None else LastPrice(known, situation.at, PriceSource.TRADE)
    return reading_of(held, situation.world, situation.at, price, settings=settings)


def _tripped_by_loss(settings: Settings, situation: Situation) -> int:
    risk, account = settings.risk, situation.portfolio.account
    trips = risk.on_daily_loss is OnDailyLoss.TRIP and loss_of_day(account, risk.max_daily_loss).is_reached
    return _closed_by_a_trip(settings, situation) if trips else 0


def _tripped_by_win_rate(settings: Settings, situation: Situation) -> int:
    portfolio = situation.portfolio
    won = too_few_wins(portfolio.trades, portfolio.reset_at, settings.risk)
    return 0 if won is None else _closed_by_a_trip(settings, situation)


def _closed_by_a_trip(settings: Settings, situation: Situation) -> int:
    closes = settings.risk.on_kill is OnKill.CLOSE and not situation.portfolio.account.tripped
    return len(situation.portfolio.positions) if closes else 0


CLOSING: Mapping[str, Callable[[Settings, Situation], int]] = {
    "management.time_limit_seconds": _past_their_time,
    "management.largest_loss": _past_their_loss,
    "risk.on_daily_loss": _tripped_by_loss,
    "risk.max_daily_loss": _tripped_by_loss,
    "risk.minimum_win_rate": _tripped_by_win_rate,
}
"""By each setting of `MAY_CLOSE` (`domain/directions.py`): how many positions it could close."""
