"""The fills of a period over the candles that were traded, one chart for each instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from domain.candle import Candle, interval_name
from domain.direction import Purpose, Side
from infra.pages.candle_chart import CandleChart, Execution, Role
from infra.pages.moment import joined
from projections.projection import Row
from projections.reports.figures import Figures
from projections.sentences import plain

_MOST_FILLS = 200
"""More marks in one chart would cover the candles."""
_MOST_NOTES = 16


def trade_charts(found: Figures, candles: Mapping[str, Sequence[Candle]]) -> Iterator[Markup]:
    """One chart for each instrument with a fill; of many fills, the time of the last `_MOST_FILLS`."""
    for instrument, market in candles.items():
        fills = [one for one in found.fills if one["instrument"] == instrument]
        if fills:
            yield _chart(instrument, market, fills)


def _chart(instrument: str, market: Sequence[Candle], fills: Sequence[Row]) -> Markup:
    shown = fills[-_MOST_FILLS:]
    begin = market[0].open_time if len(shown) == len(fills) else shown[0]["at"]
    drawn = joined(_from(market, begin))
    words = "all" if len(shown) == len(fills) else f"the last {len(shown)} of"
    title = f"{instrument}, {interval_name(drawn[0].interval)} candles, UTC: {words} {len(fills):,} fills"
    executions = [_execution(one, has_note=len(shown) <= _MOST_NOTES) for one in shown]
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
        CandleChart(title, drawn, executions=executions).svg(), title
    )


def _from(market: Sequence[Candle], begin: datetime) -> Sequence[Candle]:
    return [one for one in market if one.close_time > begin] or market[-1:]


def _execution(fill: Row, *, has_note: bool) -> Execution:
    is_buy = fill["side"] == Side.BUY
    note = f"{fill['side']} {plain(fill['quantity'])}" if has_note else ""
    role = Role.ENTRY if fill["purpose"] == Purpose.ENTRY else Role.EXIT
    return Execution(role, fill["price"], fill["at"], is_buy, note)
