"""10,000 alerts at once on a virtual clock: none is lost, HIGH is first, limits hold, and the kill switch trips."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.bot import TelegramBot, opened_bot
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Pace
from adapters.telegram.polling import Intake, poll
from adapters.telegram.sender import Sender
from adapters.telegram.settings import TelegramSettings, UserSettings
from commands.roles import Role
from infra.alerts import AlertSettings
from infra.telegram.alerting import Alerting
from infra.telegram.api import Api
from infra.telegram.cooldowns import Cooldowns
from infra.telegram.daily import NO_HOUR, Daily
from infra.telegram.desk import Desk
from infra.telegram.mutations import TRIP_KILL_SWITCH
from infra.telegram.people import People
from infra.telegram.process import Receipts
from infra.telegram.reminders import Reminders
from infra.telegram.state import Cursor, StateFile
from tests.infra.telegram.responses import LOG, LOG_ID, build
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.refused import GATEWAY, too_many
from tests.telegram_server.server import TOKEN, BotServer, CallLost, Message, ReplyLost
from tests.telegram_server.virtual_clock import run

USER = 7
COUNT = 10_000
"""Alerts of the longest burst."""
KINDS = (("KILL_SWITCH_TRIPPED", "CRITICAL"), ("ORDER_REJECTED", "WARNING"), ("BREAKER_CLOSED", "INFO"))


def event_id(ordinal: int) -> str:
    return f"00000000-0000-4000-8000-{ordinal:012d}"


def severity_of(ordinal: int) -> int:
    """One of a hundred is HIGH, the others MEDIUM and LOW in turn."""
    return 0 if ordinal % 100 == 0 else 1 + ordinal % 2


def alert(ordinal: int) -> dict[str, Any]:
    kind, severity = KINDS[severity_of(ordinal)]
    return {
        "ordinal": ordinal,
        "severity": severity,
        "kind": kind,
        "line": f"{kind} number {ordinal}",
        "account": "main",
        "stream": f"order-main-{ordinal}",
        "at": "2026-03-02T14:00:00+00:00",
        "event": {"id": event_id(ordinal), "type": "OrderRejected", "line": f"{kind} number {ordinal}"},
    }


class FullLog:
    """The API of a log with `count` alerts, without a socket."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.tripped_at: float | None = None
        self.keys: list[object] = []

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        if document == TRIP_KILL_SWITCH:
            self.tripped_at = asyncio.get_running_loop().time()
            self.keys.append(variables["key"])
            return {"tripKillSwitch": {"repeated": False, "events": [{"type": "KillSwitchTripped"}]}}
        if "log: events" not in document:
            return {"accounts": [], "tradingStates": []}
        after = cast(int, variables["after"])
        page = [{"node": alert(n)} for n in range(after + 1, min(after + 200, self.count) + 1)]
        return {
            "accounts": [{"account": "main", "openedBy": "paper-live"}],
            "projections": [build("journal", self.count), build("alerts", self.count)],
            "log": LOG,
            "witness": {"edges": []},
            "events": {"edges": []},
            "alerts": {"edges": page},
            "notices": [],
        }


class Bench:
    """The parts of the bot on the virtual clock."""

    def __init__(self, server: BotServer, bot: TelegramBot, log: FullLog, file: StateFile) -> None:
        user = UserSettings(id=USER, role=Role.TRADER, alerts="LOW")  # type: ignore[arg-type]
        metrics = TelegramMetrics(new_registry())
        api = cast(Api, log)
        self.alerting = Alerting(
            api, file, [user], metrics, 0, Reminders(file, AlertSettings()), Cooldowns(file, 15)
        )
        receipts = Receipts(self.alerting, Daily(api, file, [user], NO_HOUR))
        self.sender = Sender(bot, Outbox(Pace(), self.alerting.digest), receipts)
        people = People(TelegramSettings(users=(user,)), {}, {})
        self.desk = Desk(api, bot, self.sender, file, people, metrics)
        receipts.desk = self.desk
        self.parts = (
            self.sender.run(),
            self.alerting.run(self.sender),
            self.desk.kills.run(),
            poll(bot, Intake(self.desk.take)),
        )


def names_in(messages: list[Message]) -> list[int]:
    """The ordinals of the events that the messages name, in order."""
    found: list[int] = []
    for message in messages:
        words = message.text.replace("\n", " ").split(" ")
        found += [int(word[-12:]) for word in words if word.startswith("00000000-0000-4000-8000-")]
    return found


async def burst(folder: Path, count: int, *faults: Exception) -> tuple[BotServer, FullLog, StateFile, float]:
    """The server and the log after all alerts have arrived, and when the user tapped the kill switch."""
    clock = asyncio.get_running_loop().time
    server, log = BotServer(clock), FullLog(count)
    server.chats.add(USER)
    file = StateFile(folder / "state.json", "http://api")
    file.state.cursor = Cursor(LOG_ID, 0, 0)
    server.fail("sendMessage", *faults)
    request = DirectRequest(server)
    async with opened_bot(TOKEN, "http://bot", (request, request)) as bot:
        bench = Bench(server, bot, log, file)
        parts = [asyncio.create_task(part) for part in bench.parts]
        await asyncio.sleep(60)
        question = Message(
            10_000_000, USER, "?", {"inline_keyboard": [[{"text": "Trip", "callback_data": "trip:1"}]]}, 0
        )
        server.tap(USER, question, "Trip")
        tapped = clock()
        ended: set[asyncio.Task[None]] = set()
        while file.state.cursor != Cursor(LOG_ID, 0, count) and not ended:
            ended, _ = await asyncio.wait(parts, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        for part in ended:
            part.result()
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
    return server, log, file, tapped


def test_a_burst_arrives_whole_and_in_order_while_the_kill_switch_trips(tmp_path: Path) -> None:
    server, log, file, tapped = run(burst(tmp_path, COUNT))
    named = names_in(server.sent)
    assert sorted(named) == list(range(1, COUNT + 1))
    for level in range(3):
        of_level = [one for one in named if severity_of(one) == level]
        assert of_level == sorted(of_level)
    high = [n for n, one in enumerate(named) if severity_of(one) == 0]
    assert log.tripped_at is not None
    assert log.tripped_at - tapped < 2
    assert [one for one in server.refused if one[0] == "sendMessage"] == []
    assert len(server.sent) < 500
    assert max(high) < COUNT / 4
    assert file.state.arrived == {}


def test_only_an_alert_whose_answer_was_lost_is_repeated_and_says_so(tmp_path: Path) -> None:
    server, _, _, _ = run(burst(tmp_path, 1_000, ReplyLost(), CallLost(), GATEWAY, too_many(30)))
    named = names_in(server.sent)
    twice = sorted(one for one in set(named) if named.count(one) > 1)
    assert sorted(set(named)) == list(range(1, 1_001))
    assert twice == names_in(server.sent[:1])
    repeat = next(one for one in server.sent[1:] if twice[0] in names_in([one]))
    assert "may be a repeat" in repeat.text
