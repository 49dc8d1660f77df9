"""Runs for benchmarks: on the recorded tapes where they exist, else on synthetic tapes of the same length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.events import Event
from domain.log import Envelope, event_id
from domain.settings import AlphaSettings, RiskSettings, Settings, TierSettings
from domain.sizing.settings import SizingSettings
from infra.run.plan import Plan, plan_of
from tests.replacing import replace

_RECORDED = Path(__file__).parents[3] / "shared" / "data" / "bybit_klines"
_SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
CANDLES = 25_920

EAGER = Settings(
    tiers=TierSettings(normal_confidence=0.0, strict_confidence=0.0, relaxed_confidence=0.0),
    alpha=AlphaSettings(minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0)),
    risk=RiskSettings(cooldown_seconds=0, max_daily_loss=Decimal(1), minimum_win_rate=Decimal(0)),
    sizing=SizingSettings(risk=Decimal("0.0002")),
)
"""Trades nearly every signal at a low risk, which gives the most orders and fills."""


def tapes() -> tuple[Sequence[Tape], str]:
    """Three symbols of 25,920 five-minute candles, and whether they are recorded or synthetic."""
    files = [_RECORDED / f"{symbol}_5m.csv" for symbol in _SYMBOLS]
    if all(file.is_file() for file in files):
        return [read_tape(file, now=datetime.now(UTC)) for file in files], "recorded"
    return synthetic_tape(7, _SYMBOLS, candles=CANDLES), "synthetic"


def plan(settings: Settings | None = None, of: Sequence[Tape] | None = None) -> Plan:
    """A plan over the tapes in `of` (default: `tapes`) with the settings (default: those of the program)."""
    chosen = tapes()[0] if of is None else of
    return plan_of(chosen, "paper", Decimal(10_000), Decimal(10), settings or Settings())


def copies(envelopes: Sequence[Envelope], count: int) -> Iterator[Sequence[Envelope]]:
    """Yields the same history once for each of `count` new accounts."""
    log_id = envelopes[0].meta.event_id
    for number in range(count):
        account = f"p{number}"
        own = uuid5(log_id, account)
        ids: dict[str, str] = {}
        yield [_moved(envelope, own, account, ids) for envelope in envelopes]


def _moved(envelope: Envelope, log_id: UUID, account: str, ids: dict[str, str]) -> Envelope:
    """The envelope in the account's own streams and chains, so that no two accounts share an id."""
    meta, chain = envelope.meta, envelope.meta.correlation_id
    own = f"{chain[:8]}{log_id.hex[:5]}"
    moved = meta.stream.replace(f"-{meta.account}", f"-{account}", 1).replace(chain, own)
    stream = moved if "-" in meta.stream else f"log-{account}"
    own_id = event_id(log_id, stream, meta.version)
    ids[str(meta.event_id)] = str(own_id)
    cause = ids.get(meta.causation_id, meta.causation_id)
    changed: dict[str, Any] = {
        "event_id": own_id,
        "stream": stream,
        "account": account,
        "causation_id": cause,
    }
    return Envelope(replace(meta, correlation_id=own, **changed), renamed(envelope.event, chain, own))


def renamed(event: Event, chain: str, own: str) -> Event:
    """The event with another chain in its texts."""
    named: dict[str, Any] = {
        name: value.replace(chain, own)
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str) and chain in value
    }
    changed: Event = replace(event, **named) if named else event
    return changed
