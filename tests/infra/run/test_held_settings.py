"""Held changes of settings over a stop of the program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from adapters.avro.codec import AvroCodec
from adapters.log.sqlite import open_sqlite
from commands.door import Completed
from commands.request import Request, Requested, ReviewSettings, SubmitSettings
from domain.held import Review, id_of
from domain.settings import InForce, Settings
from infra.run.beginning import Beginning
from infra.run.manual import ManualRun
from infra.run.stake import Stake
from tests.old_logs.logs import stored

AT = datetime(2026, 3, 2, tzinfo=UTC)
BEGINNING = Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(5)), Settings())


def in_a_run(log: Path, act: Callable[[ManualRun], None]) -> InForce:
    """Starts the program on this log, and stops it after `act`; returns the settings in force at the end."""
    with closing(open_sqlite(log, AvroCodec())) as opened:
        run = ManualRun(opened, BEGINNING, lambda _envelope: None, clock=lambda: AT)
        act(run)
        found = run.world.portfolio.settings
        run.close()
    return found


def sent(key: str, request: Request) -> Callable[[ManualRun], None]:
    def send(run: ManualRun) -> None:
        valid_until = AT + timedelta(minutes=1)
        requested = Requested(id=key, account="paper", actor="eve", valid_until=valid_until, request=request)
        assert isinstance(run.answer(requested), Completed)

    return send


def test_what_is_held_is_held_after_a_restart_from_the_same_bytes_and_can_be_applied_then(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log.db"
    changes = {"risk.max_positions": "9", "risk.cooldown_seconds": "1000"}
    before = in_a_run(log, sent("a", SubmitSettings(changes, "why")))
    recorded = stored(log)
    assert [str(one) for one in before.held] == ["risk.max_positions = 9 (before: 5)"]
    assert in_a_run(log, lambda _run: None) == before
    assert stored(log) == recorded
    review = ReviewSettings(id_of(before.held), Review.APPLY, "seen")
    after = in_a_run(log, sent("b", review))
    assert (after.settings.risk.max_positions, after.held) == (9, ())
    assert in_a_run(log, lambda _run: None) == after
