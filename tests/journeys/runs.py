"""Runs of tapes on logs, and the events of a log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.log import Envelope, EventLog, LogReader, Recorded
from domain.settings import AlphaSettings, RiskSettings, Settings, TierSettings
from domain.sizing.settings import SizingSettings
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from infra.trading import on_tapes

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
CANDLES = 77_760

EAGER = Settings(
    tiers=TierSettings(normal_confidence=0.0, strict_confidence=0.0, relaxed_confidence=0.0),
    alpha=AlphaSettings(minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0)),
    risk=RiskSettings(cooldown_seconds=0, max_daily_loss=Decimal(1), minimum_win_rate=Decimal(0)),
    sizing=SizingSettings(risk=Decimal("0.0002")),
)
"""Settings with which every signal is traded with a small size, so that a short tape has trades of every kind."""


def files(market_data: Path) -> Sequence[Path]:
    """The files of the recorded 5-minute candles."""
    return [market_data / "bybit_klines" / f"{symbol}_5m.csv" for symbol in SYMBOLS]


def recorded_plan(market_data: Path) -> Plan:
    """The plan of all three symbols together, with the default settings."""
    now = datetime.now(UTC)
    return plan([read_tape(file, now=now) for file in files(market_data)], on_tapes(Settings()))


def short_plan() -> Plan:
    """The plan of two synthetic symbols with 400 candles each: five entries, closed by stop, target and reversal."""
    return plan(synthetic_tape(4, SYMBOLS[:2], candles=400), EAGER)


def plan(tapes: Sequence[Tape], settings: Settings) -> Plan:
    """The plan of these tapes with a balance of 10,000."""
    return plan_of(tapes, "paper", Decimal(10_000), Decimal(1), settings)


def play(plan: Plan, log: EventLog, *, skips: bool = False) -> list[Envelope]:
    """Plays the plan to its end; returns the events it recorded or replayed."""
    seen: list[Envelope] = []
    for _instant in PaperRun(plan, log, seen.append, skips=skips).instants():
        pass
    return seen


def play_at(plan: Plan, address: str) -> None:
    """Plays the plan on the log at this address, as its owner."""
    with closing(open_owned(WhenceSettings(log=address))) as log:
        play(plan, log)


def events_at(address: str) -> list[Recorded]:
    """Every event of the log at this address, read without owning the log."""
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        return events_of(reader)


def events_of(reader: LogReader) -> list[Recorded]:
    """Every event of a log with its canonical bytes, which are equal on every log, with and without a registry."""
    return list(reader.read())


def rows_in(path: Path) -> list[tuple[object, ...]]:
    """The stored rows of a log in a SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT rowid, * FROM stored_events ORDER BY rowid").fetchall()
