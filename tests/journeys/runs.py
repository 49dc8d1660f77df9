"""Runs of tapes on logs, and what a log holds once they are over."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.log import Envelope, EventLog, LogReader, Recorded
from domain.settings import (
    AlphaSettings,
    RiskSettings,
    Settings,
    SizingSettings,
    TierSettings,
)
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
CANDLES = 77_760

EAGER = Settings(
    tiers=TierSettings(normal_confidence=0.0, strict_confidence=0.0, relaxed_confidence=0.0),
    alpha=AlphaSettings(minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0)),
    risk=RiskSettings(cooldown_seconds=0, max_daily_loss=Decimal(1), minimum_win_rate=Decimal(0)),
    sizing=SizingSettings(risk=Decimal("0.0002")),
)
"""Trades every signal, with little at stake: a short tape holds everything that can happen to one."""


def files(market_data: Path) -> Sequence[Path]:
    """The recorded 5-minute candles."""
    return [market_data / "bybit_klines" / f"{symbol}_5m.csv" for symbol in SYMBOLS]


def recorded_plan(market_data: Path) -> Plan:
    """All three symbols together, on the settings of the house."""
    now = datetime.now(UTC)
    return plan([read_tape(file, now=now) for file in files(market_data)], Settings())


def short_plan() -> Plan:
    """Two synthetic symbols, 400 candles of each: five entries, left by stop, target and reversal."""
    return plan(synthetic_tape(4, SYMBOLS[:2], candles=400), EAGER)


def plan(tapes: Sequence[Tape], settings: Settings) -> Plan:
    """A run of these tapes with a stake of 10,000."""
    return plan_of(tapes, "paper", Decimal(10_000), Decimal(1), settings)


def play(plan: Plan, log: EventLog) -> list[Envelope]:
    """Plays the plan to its end; what it recorded and recalled."""
    seen: list[Envelope] = []
    for _instant in PaperRun(plan, log, seen.append).instants():
        pass
    return seen


def play_at(plan: Plan, address: str) -> None:
    """Plays the plan on the log at this address, as its owner."""
    with closing(open_owned(WhenceSettings(log=address))) as log:
        play(plan, log)


def told_at(address: str) -> list[Recorded]:
    """Everything the log at this address holds, read by somebody who does not own it."""
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        return told(reader)


def told(reader: LogReader) -> list[Recorded]:
    """What a log tells, however its bytes spell it: with a registry's ids, or with fingerprints."""
    return [recorded._replace(data=b"") for recorded in reader.read()]


def rows_in(path: Path) -> list[tuple[object, ...]]:
    """The bytes of a log in a SQLite file, row by row."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT rowid, * FROM stored_events ORDER BY rowid").fetchall()
