from __future__ import annotations

from uuid import uuid4

from commands.opening import OpenLog
from domain.errors import Refused
from domain.opening import LogOpened, Mode
from tests.commands.sentence import given
from tests.domain.history import LOG_ID
from tests.replacing import replace

OPENED = LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="BTCUSDT_5m", synthetic=False)


def test_opening_an_open_log_again_changes_nothing() -> None:
    given().when(OpenLog(OPENED), OpenLog(OPENED)).then(OPENED)


def test_opening_a_log_under_another_identity_is_refused() -> None:
    given(OPENED).when(OpenLog(replace(OPENED, log_id=uuid4()))).then_error(
        Refused, f"this log was opened as {LOG_ID} for BTCUSDT_5m"
    )
    live = LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False)
    given(live).when(OpenLog(OPENED)).then_error(Refused, "for live trading")
