"""Early profit: a position is closed at the market once its net profit is worth it, before its target is reached.

Of a position that was held for the setting `early_seconds` or longer, this is compared:

    net = (gross + profit of a close now - fees so far - fee of that close + funding) / cost of all entries

A `net` of at least `early_profit` closes the position, and so does one of at most -`early_loss`. The price is the one
that a close would get: the bid for a long and the ask for a short where recent ones are known, else the last price.
"""

from __future__ import annotations

from datetime import timedelta

from domain.arithmetic import EXACT
from domain.closing import CloseReason
from domain.managed import Rule
from domain.management.action import Close, Finding
from domain.management.profit import net_share
from domain.management.reading import Reading


def early_profit(reading: Reading) -> Finding | None:
    """Closes the position where its net profit has reached `early_profit`, or its net loss `early_loss`."""
    settings, price = reading.settings, reading.close_price
    if price is None or not (settings.early_profit or settings.early_loss):
        return None
    if reading.held_for < timedelta(seconds=settings.early_seconds):
        return None
    net = net_share(reading.state, price, reading.rules.taker_fee)
    figures = {"net": f"{net:f}", "taker_fee": f"{reading.rules.taker_fee:f}"}
    if settings.early_profit and net >= settings.early_profit:
        figures["early_profit"] = f"{settings.early_profit:f}"
        return Finding(Rule.EARLY_PROFIT, Close(CloseReason.EARLY_PROFIT), figures)
    if settings.early_loss and net <= EXACT.minus(settings.early_loss):
        figures["early_loss"] = f"{settings.early_loss:f}"
        return Finding(Rule.EARLY_PROFIT, Close(CloseReason.EARLY_LOSS), figures)
    return None
