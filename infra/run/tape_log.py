"""The id of a log that is made from a tape: a function of the tape, the account and the settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from msgspec import structs

from adapters.tapes import Tape, tape_identity
from domain.instrument import Instrument
from domain.opening import LogOpened, Mode
from domain.settings import OrphanSettings, Settings

_TAPES = UUID("5e6c1a52-6f0e-5b0c-8a35-0d4b7a8f3c11")


@dataclass(frozen=True, slots=True)
class Stake:
    """What the account begins with: a balance in `currency`, and how many times its margin a position may be."""

    currency: str
    balance: Decimal
    leverage: Decimal


def opening_of(
    tapes: Sequence[Tape], account: str, stake: Stake, settings: Settings, instruments: Sequence[Instrument]
) -> LogOpened:
    """The first event of the log that these make: the same for the same, on whatever technology it is kept."""
    identity = tape_identity(tapes)
    told = json.dumps(
        [identity, account, asdict(stake), _told(settings), [structs.asdict(one) for one in instruments]],
        default=str,
        sort_keys=True,
    )
    synthetic = any(tape.synthetic for tape in tapes)
    return LogOpened(log_id=uuid5(_TAPES, told), mode=Mode.TAPE, tape=identity, synthetic=synthetic)


def _told(settings: Settings) -> dict[str, Any]:
    """The settings, without those that came later where they are off: logs made before they came can go on."""
    told = asdict(settings)
    if not settings.paused:
        del told["paused"]
    if not settings.reverse_others:
        del told["reverse_others"]
    if settings.orphans == OrphanSettings():
        del told["orphans"]
    for one in told["strategies"]:
        for later in ("id", "strategy", "instruments", "interval"):
            if not one[later]:
                del one[later]
    if not settings.risk.minimum_win_rate:
        del told["risk"]["minimum_win_rate"], told["risk"]["win_rate_window"]
    return told
