"""Short tapes written by hand, and the runs on them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import read_tape
from domain.log import Envelope, EventLog
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from infra.trading import trading_settings
from projections.summary import Summary

Prices = tuple[float, float, float, float]
"""Open, high, low and close of one candle."""

BEGUN = datetime(2024, 3, 1, tzinfo=UTC)

SETTINGS = """
[alpha]
minimum_reward_to_risk = 0
[simulation]
slippage = 0
slippage_jitter = 0
"""
"""Settings under which an entry fills at the open of the next candle, at its price."""


def flat(price: float) -> Prices:
    """A candle whose prices are all the same."""
    return (price, price, price, price)


def write(
    file: Path, candles: Iterable[Prices], interval: timedelta = timedelta(minutes=5), begun: datetime = BEGUN
) -> Path:
    """Writes a candle file; returns its path."""
    rows: list[str] = []
    for number, prices in enumerate(candles):
        opened = int((begun + number * interval).timestamp() * 1000)
        rows.append(",".join([str(opened), *(f"{price:.2f}" for price in prices), "9000000.0"]))
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows, ""]))
    return file


@dataclass(frozen=True)
class Played:
    """A run that was played to its end: its summary, and all its events."""

    summary: Summary
    events: Sequence[Envelope]

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of this class, in order."""
        return [one.event for one in self.events if isinstance(one.event, kind)]


def plan(files: Sequence[Path], say: str, settings: str = SETTINGS, leverage: int = 1) -> Plan:
    """The plan of these files with the scripted strategy and a balance of 10,000."""
    tapes = [read_tape(file, now=datetime.now(UTC)) for file in files]
    strategies = [{"name": "scripted", "parameters": {"say": say}}]
    trading = trading_settings({**tomllib.loads(settings), "strategies": strategies})
    return plan_of(tapes, "paper", Decimal(10_000), Decimal(leverage), trading)


def play(plan: Plan, log: EventLog | None = None) -> Played:
    """Plays the plan on the log, by default a new one in memory, as `whence paper` does."""
    summary, events = Summary(), list[Envelope]()

    def seen(envelope: Envelope) -> None:
        summary.fold(envelope)
        events.append(envelope)

    run = PaperRun(plan, log or open_memory(AvroCodec()), seen)
    for _instant in run.instants():
        pass
    if (mark := run.driver.engine.latest_mark) is not None:
        summary.take(mark)
    return Played(summary, events)
