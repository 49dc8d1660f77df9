"""Which alerts a response of the API has, and up to where they have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.alert import Alert
from adapters.telegram.level import Level
from adapters.telegram.sender import Sender
from adapters.telegram.settings import Language, UserSettings
from commands.roles import Role
from infra.alerts import AlertSettings
from infra.telegram.alert_content import alert_of
from infra.telegram.alerting import Alerting
from infra.telegram.alerts import PAGE, Ledger, look_at
from infra.telegram.api import Api
from infra.telegram.cooldowns import Cooldowns
from infra.telegram.reminders import Reminders
from infra.telegram.state import Cursor, StateFile
from infra.telegram.words import words_of
from tests.infra.telegram.responses import LOG, LOG_ID, build, log

AT = "2026-03-02T14:00:00+00:00"


def alert(ordinal: int, kind: str = "ORDER_REJECTED", severity: str = "WARNING", stream: str = "s") -> Any:
    json = {"reason": "170131: insufficient balance"}
    event = {"id": f"e{ordinal}", "type": "OrderRejected", "line": "line", "json": json}
    found = {"ordinal": ordinal, "kind": kind, "severity": severity, "stream": stream, "event": event}
    return {"node": found | {"line": "line", "account": "main", "at": AT}}


def opened(ordinal: int) -> Any:
    found = {"ordinal": ordinal, "id": f"e{ordinal}", "type": "PositionOpened", "line": "line"}
    return {"node": found | {"account": "main", "stream": "s", "occurredAt": AT}}


def signal(ordinal: int, minute: int, direction: str = "LONG", account: str = "main") -> Any:
    json = {
        "strategy": "trend",
        "instrument": "BTCUSDT-LINEAR.BYBIT",
        "direction": direction,
        "intent": "ENTER",
    }
    found = {"ordinal": ordinal, "id": f"e{ordinal}", "type": "SignalDetected", "line": "line", "json": json}
    at = AT.replace(":00:", f":{minute:02}:", 1)
    return {"node": found | {"account": account, "stream": "s", "occurredAt": at}}


def notice(ordinal: int | None, kind: str = "ORDER_REJECTED", subject: str = "s", name: str = "") -> Any:
    found = {"id": name or f"e{ordinal}", "ordinal": ordinal, "kind": kind, "subject": subject, "event": None}
    return found | {"account": "main", "severity": "CRITICAL", "line": "line", "at": AT, "count": 3}


def data(alerts: list[Any], events: list[Any], notices: list[Any]) -> dict[str, Any]:
    found = {"alerts": {"edges": alerts}, "events": {"edges": events}, "notices": notices}
    return found | {
        "projections": [build("journal", 1_000), build("alerts", 1_000)],
        "log": LOG,
        "witness": {"edges": []},
        "accounts": [],
    }


def test_events_and_alerts_come_in_the_order_of_the_log_with_their_levels() -> None:
    look = look_at(data([alert(4, "KILL_SWITCH_TRIPPED", "CRITICAL"), alert(9)], [opened(5)], []), 3)
    assert [(one.ordinal, one.level) for one in look.alerts] == [
        (4, Level.HIGH),
        (5, Level.MEDIUM),
        (9, Level.MEDIUM),
    ]
    assert look.upto == 9


def test_a_full_page_ends_the_look_at_its_last_ordinal() -> None:
    page = [alert(n, stream=f"s{n}") for n in range(1, PAGE + 1)]
    look = look_at(data(page, [opened(PAGE + 5)], []), 0)
    assert (look.upto, len(look.alerts)) == (PAGE, PAGE)


def test_an_alert_whose_id_no_button_has_room_for_is_sent_without_its_button() -> None:
    found = data([alert(5, stream="reconciliation-" + "a" * 60)], [], [])
    found["alerts"]["edges"][0]["node"]["event"] = None
    (one,) = look_at(found, 0).alerts
    content = alert_of(one, words_of(Language.EN), may_acknowledge=True).shown(False)
    assert content.buttons == ()
    assert one.id in content.text.plain


def test_an_alert_of_an_open_notice_is_suppressed_and_counted() -> None:
    look = look_at(data([alert(4), alert(9), alert(11, stream="t")], [], [notice(4)]), 0)
    assert [one.ordinal for one in look.alerts] == [4, 11]
    assert look.suppressed[Level.MEDIUM] == 1


@pytest.mark.parametrize("kind", ["DAILY_LOSS", "ROUTE_REFUSED"])
def test_daily_losses_and_refused_routes_of_one_day_are_one_alert(kind: str) -> None:
    found = [alert(4, kind), alert(9, kind, stream="t")]
    look = look_at(data(found, [], [notice(4, kind, "2026-03-02")]), 0)
    assert [one.ordinal for one in look.alerts] == [4]
    assert look.suppressed[Level.MEDIUM] == 1


def test_a_notice_without_an_event_is_an_alert() -> None:
    look = look_at(data([], [], [notice(None, "DEAD_LETTERS", name="letters")]), 6)
    assert [(one.id, one.ordinal) for one in look.alerts] == [("letters", None)]
    assert (look.upto, look.standing) == (6, frozenset({"letters"}))


@pytest.mark.parametrize(("arrived", "cursor"), [([], 10), ([11], 11), ([12], 10), ([11, 12], 20)])
def test_the_cursor_is_before_the_first_alert_that_has_not_arrived(arrived: list[int], cursor: int) -> None:
    ledger = Ledger(10, {})
    for ordinal in (11, 12):
        assert ledger.owe(ordinal, [7]) == [7]
    ledger.looked = 20
    ledger.arrived(7, arrived)
    assert ledger.cursor == cursor
    assert ledger.behind() == ({7: [12]} if arrived == [12] else {})


def test_after_a_restart_only_what_has_not_arrived_is_owed() -> None:
    ledger = Ledger(10, {7: [12]})
    assert [ledger.owe(11, [7, 8]), ledger.owe(12, [7, 8])] == [[7, 8], [8]]


def test_what_a_group_is_owed_follows_its_new_id() -> None:
    ledger = Ledger(10, {})
    ledger.owe(11, [-1])
    ledger.looked = 11
    ledger.move(-1, -2)
    ledger.arrived(-2, [11])
    assert ledger.cursor == 11


@pytest.mark.parametrize(("journal", "alerts"), [(9, 4), (4, 9)], ids=["alerts", "journal"])
def test_the_look_ends_where_the_read_model_that_is_behind_ends(journal: int, alerts: int) -> None:
    builds = [build("journal", journal), build("alerts", alerts), build("alerts", 9, "HISTORY")]
    found = data([alert(4)], [opened(9)], []) | {"projections": builds}
    look = look_at(found, 3)
    assert ([one.ordinal for one in look.alerts], look.upto) == ([4], 4)


def test_nothing_is_looked_at_while_a_read_model_is_not_built() -> None:
    builds = [build("journal", 9), build("alerts", 9, status="BUILDING")]
    look = look_at(data([], [opened(9)], []) | {"projections": builds}, 3)
    assert (look.alerts, look.upto) == ((), 3)


class Responses:
    """Stands for the API and the sender: responds with `data`, and records the alerts that are sent."""

    def __init__(self) -> None:
        self.data = data([], [], [])
        self.sent: list[str] = []
        self.texts: list[str] = []
        self.alerts: list[Alert] = []
        self.waiting = 0

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        return self.data

    def add(self, chat: int, alert: Alert) -> None:
        self.sent.append(alert.id)
        self.texts.append(alert.shown(False).text.plain)
        self.alerts.append(alert)


class Bench:
    """The bot's alerts with one recipient, whose cursor is at `ordinal` of the log `LOG_ID`."""

    def __init__(self, folder: Path, ordinal: int) -> None:
        self.responses, self.file = Responses(), StateFile(folder / "state.json", "http://api")
        self.file.state.cursor = Cursor(LOG_ID, 0, ordinal)
        metrics = TelegramMetrics(new_registry())
        self.now = datetime.fromisoformat(AT)
        reminders = Reminders(self.file, AlertSettings(repeat_minutes=30), lambda: self.now)
        self.alerting = Alerting(
            cast(Api, self.responses),
            self.file,
            [UserSettings(id=7, alerts=Level.LOW)],
            metrics,
            0,
            reminders,
            Cooldowns(self.file, 15),
        )

    async def look(self) -> list[str]:
        """The ids of the alerts that are sent after one look."""
        await self.alerting.step(cast(Sender, self.responses))
        return self.responses.sent


@pytest.mark.anyio
async def test_alerts_wait_for_read_models_that_are_behind_the_cursor_and_none_is_repeated(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], [], []) | {"projections": [build("journal", 20), build("alerts", 20)]}
    assert await bench.look() == []
    assert bench.file.state.cursor == Cursor(LOG_ID, 0, 50)
    bench.responses.data = data([alert(51)], [], [])
    assert await bench.look() == ["e51"]


@pytest.mark.anyio
async def test_with_another_log_alerts_begin_at_its_head_also_where_it_is_longer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], [], []) | {"log": log("another")}
    assert await bench.look() == []
    assert bench.file.state.cursor == Cursor("another", 0, 1_000)


@pytest.mark.anyio
async def test_alerts_begin_anew_where_the_api_serves_another_log_meanwhile(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    await bench.look()
    bench.responses.data = data([alert(60)], [], []) | {"log": log("another")}
    assert await bench.look() == []
    assert bench.file.state.cursor == Cursor("another", 0, 1_000)


@pytest.mark.anyio
async def test_nothing_is_sent_or_kept_while_the_read_models_have_no_event(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], [], []) | {"log": {"edges": []}, "projections": []}
    assert await bench.look() == []
    assert bench.file.state.cursor == Cursor(LOG_ID, 0, 50)


@pytest.mark.anyio
async def test_an_alert_is_repeated_every_repeat_minutes_until_it_is_acknowledged_also_after_a_restart(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, 50)
    tripped = data([alert(51, "KILL_SWITCH_TRIPPED", "CRITICAL")], [], [notice(51, "KILL_SWITCH_TRIPPED")])
    bench.responses.data = tripped
    assert await bench.look() == ["e51"]
    bench.alerting.arrived(7, bench.responses.alerts)
    later = Bench(tmp_path, 51)
    later.responses.data = data([], [], tripped["notices"])
    later.now += timedelta(minutes=29)
    assert await later.look() == []
    later.now += timedelta(minutes=1)
    assert await later.look() == ["e51"]
    assert "Nobody has acknowledged this yet: 3 alerts so far." in later.responses.texts[0]
    later.responses.data = data([], [], [])
    later.now += timedelta(minutes=30)
    assert await later.look() == ["e51"]
    assert later.file.state.sent == {}


@pytest.mark.anyio
async def test_a_repeated_alert_that_still_waits_is_not_repeated_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], [], [notice(40)])
    for _ in range(3):
        await bench.look()
        bench.now += timedelta(minutes=30)
    assert bench.responses.sent == ["e40"]
    bench.alerting.arrived(7, bench.responses.alerts)
    assert await bench.look() == ["e40", "e40"]


@pytest.mark.anyio
async def test_an_alert_of_level_info_is_not_repeated(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], [], [notice(40) | {"severity": "INFO"}])
    await bench.look()
    bench.now += timedelta(days=1)
    assert await bench.look() == []


SIGNALS = [
    signal(51, 0),
    signal(52, 5),
    signal(53, 5, "SHORT"),
    signal(54, 10, account="other"),
    signal(55, 14),
    signal(56, 15),
]
SUPPRESSED = "2 similar signals were suppressed before this one; the journal has them."


@pytest.mark.anyio
async def test_repeats_of_a_signal_are_suppressed_and_the_alert_that_ends_the_cooldown_states_their_number(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], SIGNALS, [])
    assert await bench.look() == ["e51", "e53", "e54", "e56"]
    assert [SUPPRESSED in one for one in bench.responses.texts] == [False, False, False, True]
    assert bench.responses.alerts[-1].line == f"{SUPPRESSED} main: line"


@pytest.mark.anyio
async def test_the_number_of_suppressed_signals_survives_a_restart_at_any_event(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], SIGNALS[:3], [])
    await bench.look()
    later = Bench(tmp_path, 50)
    later.responses.data = data([], SIGNALS, [])
    assert await later.look() == ["e51", "e53", "e54", "e56"]
    last = Bench(tmp_path, 50)
    last.responses.data = data([], SIGNALS, [])
    assert await last.look() == ["e51", "e53", "e54", "e56"]
    assert [SUPPRESSED in one for one in last.responses.texts] == [False, False, False, True]


@pytest.mark.anyio
async def test_what_was_decided_is_forgotten_once_the_alerts_have_arrived(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    bench.responses.data = data([], SIGNALS, [])
    await bench.look()
    bench.alerting.arrived(7, bench.responses.alerts)
    bench.responses.data = data([], [], [])
    await bench.look()
    state = bench.file.state
    assert (state.suppressed, state.stated, state.decided) == ([], {}, 56)


class Log:
    """Stands for the API of a log with positions opened at some ordinals; a restored one has other events."""

    def __init__(self, **events: int) -> None:
        self.head, self.events = 60, {ordinal: name for name, ordinal in events.items()}

    async def execute(
        self, document: str, variables: Mapping[str, Any], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        found = data([], [], [])
        after, at = variables["after"], variables["witness"]
        page = [self._event(one) for one in sorted(self.events) if after < one <= self.head]
        witness = [self._event(at)] if at in self.events and at <= self.head else []
        builds = [build("journal", self.head), build("alerts", self.head)]
        return found | {"events": {"edges": page}, "witness": {"edges": witness}, "projections": builds}

    def _event(self, ordinal: int) -> Any:
        node = opened(ordinal)["node"]
        return {"node": node | {"id": self.events[ordinal]}}


async def restored(bench: Bench, log: Log) -> list[str]:
    """The ids of what is sent after the bot has looked at the log until it finds nothing more."""
    bench.responses.execute = log.execute  # type: ignore[method-assign]
    for _ in range(8):
        await bench.look()
    bench.alerting.arrived(7, bench.responses.alerts)
    return bench.responses.sent


ALERTED = {"a": 51, "b": 53, "c": 58}
NOTICE = f"restored-{LOG_ID}-53"


@pytest.mark.anyio
@pytest.mark.parametrize("is_restarted", [True, False])
@pytest.mark.parametrize("head", [58, 70], ids=["shorter", "longer"])
async def test_alerts_of_a_restored_log_begin_anew_where_it_differs_with_a_notice(
    tmp_path: Path, is_restarted: bool, head: int
) -> None:
    bench = Bench(tmp_path, 50)
    assert await restored(bench, Log(**ALERTED)) == ["a", "b", "c"]
    later = Bench(tmp_path, bench.file.state.cursor.ordinal) if is_restarted else bench  # type: ignore[union-attr]
    log = Log(a=51, b=53, d=55, e=58)
    log.head = head
    assert (await restored(later, log))[-3:] == [NOTICE, "d", "e"]
    assert "other events after event 53" in later.responses.texts[-3]
    assert later.file.state.cursor == Cursor(LOG_ID, 0, 58)


@pytest.mark.anyio
async def test_a_log_that_is_built_again_is_no_restored_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50)
    await restored(bench, Log(**ALERTED))
    log = Log(**ALERTED)
    for head in (0, 52, 54, 60):
        log.head = head
        await restored(bench, log)
    assert bench.responses.sent == ["a", "b", "c"]


@pytest.mark.anyio
async def test_a_restored_log_that_differs_from_every_remembered_event_begins_at_its_end(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, 50)
    await restored(bench, Log(**ALERTED))
    assert (await restored(bench, Log(x=51, y=53, z=58)))[3:] == [f"restored-{LOG_ID}-60"]
    assert bench.file.state.cursor == Cursor(LOG_ID, 0, 60)
