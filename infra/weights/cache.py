"""What fits are made from, kept by content, so that the same fit again reads no log and trades no candle.

A file that is lost or unreadable costs the time to make it again, and nothing else.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from platformdirs import user_cache_path

from adapters.simulated import RULES_VERSION
from adapters.whole_file import write_file
from domain.committees import POLICY_VERSION
from domain.events import SCHEMA_VERSIONS
from domain.opening import LogOpened
from domain.weights.result import ClosedTrades
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.log_id import settings_form
from infra.search.market import Market, Outcome
from infra.search.sources import candles_hash, code_hashes
from infra.search.workers import Task

_FORM = 3
"""Increased where the same key would mean another content."""
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def default_folder() -> Path:
    """`weights` in this user's cache folder of Whence."""
    return user_cache_path("whence") / "weights"


class Cache:
    """Trades of logs and outcomes of backtests, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def trades(self, key: str) -> ClosedTrades | None:
        """The trades of a log; None where they are not kept."""
        return self._read(key, ClosedTrades)

    def outcome(self, key: str) -> Outcome | None:
        """The outcome of a backtest; None where it is not kept."""
        return self._read(key, Outcome)

    def keep(self, key: str, value: Outcome | ClosedTrades) -> None:
        """Keeps a value. Raises InvalidInput where the file cannot be written."""
        content = msgspec.json.encode(value)
        write_file(self._place(key), lambda file: file.write(content))

    def _place(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, key: str, kind: type[_T]) -> _T | None:
        place = self._place(key)
        try:
            return msgspec.json.decode(place.read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as fault:
            _log.warning("%s cannot be read and is made again: %s", place, fault)
            return None


class LogKey(NamedTuple):
    """The id of a log, empty for an empty log, and the key of its trades."""

    log_id: str
    key: str


def log_key(settings: WhenceSettings) -> LogKey:
    """The key is of the log's id, its last event, and the versions of the events. Raises what `open_reader` raises."""
    with closing(open_reader(settings)) as log:
        head = log.head()
        first = next(iter(log.read(0, 1)), None)
        last = next(iter(log.read(head - 1, head)), None) if head else None
    opened = None if first is None else first.envelope.event
    name = str(opened.log_id) if isinstance(opened, LogOpened) else ""
    tip = "" if last is None else last.envelope.meta.event_id.hex
    return LogKey(name, _hashed(["log", name, head, tip]))


class BacktestKeys:
    """The keys of the backtests of one market."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._candles = candles_hash(market.tapes)

    def key(self, task: Task) -> str:
        """The key of its outcome: of candles, days, account, rules, settings and the strategies' source.

        Raises what `Market.plan` raises.
        """
        plan = self._market.plan(task.part, task.change)
        return _hashed(
            [
                "backtest",
                self._candles,
                task.part.spelled,
                task.with_trades,
                [plan.account, plan.stake.currency, str(plan.stake.balance), str(plan.stake.leverage)],
                [repr(one) for one in plan.instruments],
                settings_form(plan.settings),
                dict(code_hashes(plan.settings)),
                [RULES_VERSION, POLICY_VERSION],
            ]
        )


def _hashed(content: Sequence[Any]) -> str:
    versions = sorted((kind.__name__, version) for kind, version in SCHEMA_VERSIONS.items())
    spelled = json.dumps([_FORM, versions, *content], default=str, sort_keys=True)
    return sha256(spelled.encode()).hexdigest()[:32]
