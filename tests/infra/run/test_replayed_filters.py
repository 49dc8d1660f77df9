"""A taped run with filters and regimes, of several sessions with a warm-up each, is made again byte for byte."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from domain.filters.settings import FilterSettings
from domain.regime import RegimeChanged
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.signal import DecisionMade
from tests.infra.run.taped import INSTANTS, TAPES, frames, replayed, trade
from tests.infra.run.test_series import KEEN
from tests.journeys.runs import EAGER, plan
from tests.replacing import replace

SETTINGS = replace(
    EAGER,
    strategies=(KEEN,),
    filters=FilterSettings(
        minimum_adx=30.0, timeframe="15m", timeframe_ema=3, maximum_correlation=0.2, correlation_candles=15
    ),
    regimes=RegimeSettings(
        confirmations=2,
        period=5,
        efficiency_period=5,
        volatile_window=20,
        range=RegimeLimits(minimum_trend=0.1),
    ),
)


def test_sessions_with_filters_and_regimes_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    made = plan(TAPES, SETTINGS)
    for first, upto in ((60, 150), (160, 220), (225, len(INSTANTS))):
        trade(path, first, upto, plan=made)
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(path, into=again)
    assert (replay.difference, replay.sessions) == (None, 3)
    assert frames(tmp_path / "again.db") == frames(path)
    with closing(read_log(path, AvroCodec())) as log:
        envelopes = [one.envelope for one in log.read()]
    assert type(envelopes[0].event).__name__ == "LogOpened"
    reasons = Counter(
        reason for one in envelopes if isinstance(one.event, DecisionMade) for reason in one.event.reasons
    )
    assert reasons["ADX_TOO_LOW"] > 0, reasons
    assert reasons["FILTER_FIGURES_MISSING"] == 0
    changes = [one for one in envelopes if isinstance(one.event, RegimeChanged)]
    starts = {INSTANTS[first][0] for first in (160, 225)}
    assert len(changes) > 4
    assert any(one.meta.recorded_at < min(starts) for one in changes)
