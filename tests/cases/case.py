"""Plays a case: the candle files of its folder with the settings of its `whence.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import read_tape
from domain.log import Envelope
from infra.config import load
from infra.run.plan import Plan, plan_of
from infra.trading import trading_settings
from tests.journeys.runs import play

FOLDER = Path(__file__).parent


def plan_of_case(name: str) -> Plan:
    """The plan of the case's only candle file."""
    folder = FOLDER / name
    (file,) = folder.glob("*.csv")
    settings = load(config=folder / "whence.toml")
    tape = read_tape(file, now=datetime.now(UTC))
    trading = trading_settings(settings.trading)
    return plan_of([tape], settings.account, settings.starting_balance, settings.leverage, trading)


def events_of_case(name: str) -> Sequence[Envelope]:
    """The events of the whole case, on a log in memory."""
    return resumed(plan_of_case(name), ())


def resumed(plan: Plan, recorded: Sequence[Envelope]) -> Sequence[Envelope]:
    """The whole log of a run that was stopped after these events and started again."""
    with closing(open_memory(AvroCodec())) as log:
        for one in recorded:
            log.append([one])
        play(plan, log)
        return [one.envelope for one in log.read()]
