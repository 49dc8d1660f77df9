"""The daily report: when it is due, once even after a restart, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from adapters.telegram.alert import Alert
from adapters.telegram.sender import Sender
from adapters.telegram.settings import ChatSettings, Language, UserSettings
from commands.roles import Role
from infra.telegram.api import Api, ApiDown
from infra.telegram.daily import ACCOUNTS, Daily, due
from infra.telegram.state import StateFile

pytestmark = pytest.mark.anyio
USER, GROUP = 7, -100
RECIPIENTS = (UserSettings(id=USER), ChatSettings(id=GROUP, language=Language.RU))
ACCOUNT = {"account": "main", "openedBy": "live", "currency": "USDT"}
RESULT = {"value": "2026-03-01", "trades": 3, "fees": "1.5", "net": "20", "largestLoss": "-7.25"}


def points(*equities: str | None) -> Mapping[str, Any]:
    """Points of the equity, an hour apart from 01:00 on."""
    return {
        "edges": [
            {"node": {"equity": one, "at": f"2026-03-01T{hour:02}:00:00+00:00"}}
            for hour, one in enumerate(equities, 1)
        ]
    }


class Bench:
    """Stands for API, sender and clock."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now, self.is_down = now, False
        self.accounts: list[Mapping[str, Any]] = [ACCOUNT]
        self.given: list[Mapping[str, object]] = []
        self.sent: list[tuple[int, Alert]] = []
        self.data: Mapping[str, Any] = {
            "begun": points(None, "1000"),
            "ended": points("1020"),
            "marks": points("1010", None, "1005"),
            "performance": [{**RESULT, "value": "2026-02-28", "trades": 9}, RESULT],
        }
        self.file = StateFile(folder / "state.json", "http://api")
        self.daily = Daily(cast(Api, self), self.file, RECIPIENTS, 8, lambda: self.now)

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        if self.is_down:
            raise ApiDown("no answer")
        if document == ACCOUNTS:
            return {"accounts": self.accounts}
        self.given.append(variables)
        return self.data

    def add(self, chat: int, alert: Alert) -> None:
        self.sent.append((chat, alert))

    async def step(self) -> list[tuple[int, str]]:
        """Looks once; returns the chats and ids of what was sent."""
        self.sent.clear()
        await self.daily.step(cast(Sender, self))
        return sorted((chat, alert.id) for chat, alert in self.sent)

    def arrive(self, chat: int) -> None:
        self.daily.arrived(chat, [alert for to, alert in self.sent if to == chat])


BEFORE, AFTER = datetime(2026, 3, 2, 8, 4, tzinfo=UTC), datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
BOTH = [(GROUP, "report-2026-03-01"), (USER, "report-2026-03-01")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, BEFORE)


@pytest.mark.parametrize(
    ("now", "hour", "day"),
    [
        (BEFORE, 8, date(2026, 2, 28)),
        (AFTER, 8, date(2026, 3, 1)),
        (datetime(2026, 3, 2, 0, 5, tzinfo=UTC), 0, date(2026, 3, 1)),
        (datetime(2026, 3, 2, 23, 59, tzinfo=UTC), 23, date(2026, 3, 1)),
        (datetime(2026, 3, 3, 23, 4, tzinfo=UTC), 23, date(2026, 3, 1)),
    ],
)
def test_a_report_is_due_at_its_hour_of_the_next_day(now: datetime, hour: int, day: date) -> None:
    assert due(now, hour) == day


async def test_each_recipient_receives_the_report_once_at_its_hour(bench: Bench) -> None:
    assert await bench.step() == []
    bench.now = AFTER
    assert await bench.step() == BOTH
    assert bench.given == [
        {
            "account": "main",
            "begin": "2026-03-01T00:00:00+00:00",
            "end": "2026-03-02T00:00:00+00:00",
            "afterEnd": "2026-03-02T00:00:00.000001+00:00",
        }
    ]
    assert await bench.step() == []


async def test_after_a_restart_only_a_report_that_did_not_arrive_is_sent(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.step()
    bench.now = AFTER
    await bench.step()
    bench.arrive(USER)
    later = Bench(tmp_path, AFTER)
    assert await later.step() == [(GROUP, "report-2026-03-01")]
    later.arrive(GROUP)
    assert await Bench(tmp_path, AFTER).step() == []


async def test_of_several_missed_days_the_last_one_is_sent(bench: Bench, tmp_path: Path) -> None:
    await bench.step()
    later = Bench(tmp_path, datetime(2026, 3, 9, 20, tzinfo=UTC))
    assert {one for _, one in await later.step()} == {"report-2026-03-08"}


async def test_a_report_waits_until_the_api_answers(bench: Bench) -> None:
    await bench.step()
    bench.now, bench.is_down = AFTER, True
    with pytest.raises(ApiDown):
        await bench.step()
    bench.is_down = False
    assert await bench.step() == BOTH


async def test_a_group_with_a_new_id_receives_no_report_twice(bench: Bench, tmp_path: Path) -> None:
    await bench.step()
    bench.now = AFTER
    await bench.step()
    bench.file.state.moved[GROUP] = -200
    bench.daily.moved(GROUP, -200)
    bench.daily.arrived(-200, [alert for to, alert in bench.sent if to == GROUP])
    assert await bench.step() == []
    assert await Bench(tmp_path, AFTER).step() == [(USER, "report-2026-03-01")]


async def test_the_report_has_the_figures_of_its_day_in_the_language_of_its_chat(bench: Bench) -> None:
    await bench.step()
    bench.now = AFTER
    await bench.step()
    shown = {chat: alert.shown(False).text.plain.splitlines() for chat, alert in bench.sent}
    assert shown[USER] == [
        "Daily report 2026-03-01 (UTC)  [LIVE]",
        "",
        "main",
        "Equity at the start: 1 000.00 USDT",
        "Equity at the end: 1 020.00 USDT",
        "Change: +20.00 USDT, 2.00 %",
        "Trades: 3, Net: +20.00 USDT",
        "Fees of these trades: 1.50 USDT",
        "Largest loss: -7.25 USDT",
    ]
    assert shown[GROUP][0] == "Отчёт за 2026-03-01 (UTC)  [LIVE]"


async def test_a_day_without_trades_and_without_an_earlier_equity_shows_that(bench: Bench) -> None:
    await bench.step()
    bench.now = AFTER
    bench.data = {"begun": points(), "ended": points("1020"), "marks": points(), "performance": []}
    await bench.step()
    shown = next(alert.shown(True).text.plain for chat, alert in bench.sent if chat == USER)
    missing = [one for one in ("start: -", "Change: -", "Trades: 0", "may be a repeat") if one not in shown]
    assert missing == []


async def test_the_report_is_the_caption_of_the_picture_of_its_equity_curve(bench: Bench) -> None:
    await bench.step()
    bench.now = AFTER
    await bench.step()
    alert = next(alert for chat, alert in bench.sent if chat == USER)
    file = alert.shown(False).file
    assert file is not None
    assert (file.name, file.kind, alert.alone) == ("equity-2026-03-01.png", "photo", True)
    assert Image.open(BytesIO(file.body)).size == (800, 280)


async def test_a_day_without_marks_has_no_picture(bench: Bench) -> None:
    await bench.step()
    bench.now, bench.data = AFTER, {**bench.data, "marks": points()}
    await bench.step()
    assert {(alert.shown(False).file, alert.alone) for _, alert in bench.sent} == {(None, False)}


async def test_a_report_that_is_longer_than_a_caption_is_sent_whole_without_the_picture(bench: Bench) -> None:
    bench.accounts = [{**ACCOUNT, "account": f"account-{n}"} for n in range(6)]
    await bench.step()
    bench.now = AFTER
    await bench.step()
    content = bench.sent[0][1].shown(False)
    assert content.file is None
    assert all(f"account-{n}\n" in content.text.plain for n in range(6))
