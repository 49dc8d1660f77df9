"""Taps and commands: who may, what is late, and the kill switch while the API is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.alert import Alert
from adapters.telegram.outbox import ScreenUpdate
from adapters.telegram.polling import NotTakenUp
from adapters.telegram.sender import Sender
from adapters.telegram.settings import ChatSettings, Language, TelegramSettings, UserSettings
from adapters.telegram.update import Tap, Typed, Update
from commands.roles import Role
from infra.run.clock import utc_now
from infra.telegram.api import Api, ApiDown, ApiFault, ApiRefused
from infra.telegram.desk import Desk
from infra.telegram.mutations import PAUSE_STRATEGY, RESUME_STRATEGY, TRIP_KILL_SWITCH
from infra.telegram.people import People
from infra.telegram.sandbox.commands import DebugCommands
from infra.telegram.screen_key import EXPIRES, new_key
from infra.telegram.state import Open, StateFile
from tests.infra.telegram.test_screens import DATA, STATE

pytestmark = pytest.mark.anyio
TRADER, VIEWER, STRANGER, SECOND, ADMIN = 11, 12, 13, 14, 15
GROUP, OTHER_GROUP, DESK = -100, -200, -300
SETTINGS = TelegramSettings(
    users=(
        UserSettings(id=TRADER, role=Role.TRADER),
        UserSettings(id=SECOND, role=Role.TRADER),
        UserSettings(id=VIEWER, language=Language.EN),
        UserSettings(id=ADMIN, role=Role.ADMIN),
    ),
    chats=(ChatSettings(id=GROUP, role=Role.VIEWER), ChatSettings(id=DESK, role=Role.TRADER)),
)


class Recorded:
    """Stands for API, bot and sender, and records what reaches each."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Mapping[str, object], Role, int | None]] = []
        self.answers: list[str] = []
        self.screens: list[tuple[int, ScreenUpdate]] = []
        self.faults: list[ApiFault] = []
        self.alerts: list[tuple[int, Alert]] = []
        self.drops_answers = False
        self.api: Any = None
        self.data: Mapping[str, Any] = DATA
        self.switched: Mapping[str, Any] = {"repeated": False, "events": [{"type": "SettingsChanged"}]}
        self.trip: Mapping[str, Any] = {"repeated": False, "events": [{"type": "KillSwitchTripped"}]}

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        self.sent.append((document, variables, role, user))
        if self.faults:
            raise self.faults.pop(0)
        if self.api is not None:
            return cast(Mapping[str, Any], await self.api.execute(document, variables, role, user))
        if document == TRIP_KILL_SWITCH:
            return {"tripKillSwitch": self.trip}
        if document in (PAUSE_STRATEGY, RESUME_STRATEGY):
            return {"switched": self.switched}
        return self.data

    async def answer(self, tap: str, text: str, *, as_alert: bool = False) -> bool:
        self.answers.append(text)
        return not self.drops_answers

    def add(self, chat: int, alert: Alert) -> None:
        self.alerts.append((chat, alert))

    def show(self, chat: int, screen: ScreenUpdate) -> None:
        self.screens.append((chat, screen))

    @property
    def trips(self) -> Sequence[object]:
        return [variables["key"] for document, variables, _, _ in self.sent if document == TRIP_KILL_SWITCH]


class Bench:
    def __init__(
        self, folder: Path, outside: Recorded | None = None, debug: DebugCommands | None = None
    ) -> None:
        self.outside, self.registry = outside or Recorded(), CollectorRegistry()
        self.folder = folder
        self.file = StateFile(folder / "state.json", "http://api")
        self.now: datetime | None = None
        outside = self.outside
        metrics = TelegramMetrics(self.registry)
        self.desk = Desk(
            cast(Api, outside),
            cast(Any, outside),
            cast(Sender, outside),
            self.file,
            People(SETTINGS, self.file.state.moved, self.file.state.languages),
            metrics,
            lambda: self.now or utc_now(),
            debug,
        )

    async def tap(
        self, user: int, data: str, *, is_late: bool = False, chat: int = 0, message: int = 5
    ) -> None:
        await self.desk.take(Update(1, user, chat or user, Tap("t", data, message)), is_late)
        await self.attempt()

    def arrives(self, chat: int, message: int = 5) -> None:
        """The chat's latest screen has arrived in this message."""
        number = max((screen.number for _, screen in self.outside.screens), default=0)
        self.desk.shown(chat, message, number)

    async def attempt(self) -> None:
        """Tries the pending kill switches once."""
        await self.desk.kills.attempt()
        await self.desk.close()

    async def type(self, user: int, text: str, chat: int = 0) -> None:
        await self.desk.take(Update(1, user, chat or user, Typed(text, 4)), False)
        await self.desk.close()

    @property
    def shown(self) -> str:
        """The text of the latest screen."""
        return self.outside.screens[-1][1].content.text.plain


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("user", "chat"), [(STRANGER, STRANGER), (STRANGER, GROUP), (TRADER, OTHER_GROUP)], ids=str
)
async def test_a_stranger_gets_nothing_and_is_counted(bench: Bench, user: int, chat: int) -> None:
    await bench.tap(user, "trip:1", chat=chat)
    await bench.type(user, "/portfolio", chat=chat)
    outside = bench.outside
    assert (outside.sent, outside.answers, outside.screens) == ([], [], [])
    assert bench.registry.get_sample_value("whence_telegram_strangers_total") == 2


async def test_in_a_group_the_lower_role_counts(bench: Bench) -> None:
    await bench.tap(TRADER, "trip:1", chat=GROUP)
    assert bench.outside.trips == []
    assert bench.outside.answers == ["This needs the role trader; you have the role viewer."]


async def test_a_request_has_the_role_and_the_id_of_who_taps(bench: Bench) -> None:
    await bench.type(VIEWER, "/portfolio")
    assert bench.outside.sent[0][2:] == (Role.VIEWER, VIEWER)


async def test_a_late_tap_is_refused_with_the_reason(bench: Bench) -> None:
    await bench.tap(TRADER, "open:portfolio", is_late=True)
    assert bench.outside.sent == []
    assert bench.outside.answers == ["The bot was not running when you tapped. Open the screen again."]


async def test_a_late_tap_of_the_kill_switch_is_carried_out(bench: Bench) -> None:
    await bench.tap(TRADER, "trip:0123", is_late=True)
    assert bench.outside.trips == ["telegram-0123"]
    assert "Risk" in bench.shown


@pytest.mark.parametrize(
    "fault", [ApiDown("no answer"), ApiRefused("UNAVAILABLE", "later"), ApiRefused("RATE_LIMITED", "later")]
)
async def test_the_kill_switch_is_tried_again_with_its_key_until_its_outcome_is_known(
    bench: Bench, fault: ApiFault
) -> None:
    bench.outside.faults.append(fault)
    await bench.tap(TRADER, "trip:0123")
    assert "tried again until it is tripped" in bench.outside.answers[0]
    assert len(bench.file.state.kills) == 1
    await bench.attempt()
    assert bench.outside.trips == ["telegram-0123", "telegram-0123"]
    assert bench.file.state.kills == []


async def test_a_pending_kill_switch_is_carried_out_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    bench.outside.faults.append(ApiDown("no answer"))
    await bench.tap(TRADER, "trip:0123")
    later = Bench(tmp_path)
    await later.attempt()
    assert [(sent[1]["key"], sent[3]) for sent in later.outside.sent[:1]] == [("telegram-0123", TRADER)]
    assert StateFile(tmp_path / "state.json", "http://api").state.kills == []


async def test_other_taps_are_carried_out_while_a_kill_switch_is_pending(bench: Bench) -> None:
    bench.outside.faults.append(ApiDown("no answer"))
    await bench.tap(TRADER, "trip:0123")
    await bench.desk.take(Update(2, TRADER, TRADER, Tap("t", "open:risk", 5)), False)
    await bench.desk.close()
    assert "Risk" in bench.shown


def full() -> None:
    raise OSError(28, "No space left on device")


async def test_a_kill_switch_that_cannot_be_kept_is_tripped_once_and_confirmed_after_that(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.file, "keep", full)
    for _ in range(2):
        with pytest.raises(NotTakenUp, match="No space left"):
            await bench.tap(TRADER, "trip:0123")
    await bench.attempt()
    await bench.tap(TRADER, "trip:0123")
    assert bench.outside.trips == ["telegram-0123"]
    assert bench.outside.answers == ["The kill switch is tripped."]


async def test_screens_go_on_while_the_state_cannot_be_written_which_is_logged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bench.file, "keep", full)
    await bench.type(TRADER, "/risk")
    bench.arrives(TRADER, 5)
    assert "Risk" in bench.shown
    assert "cannot be written (No space left on device)" in caplog.text


async def test_a_live_screen_that_fails_is_logged_and_keeps_no_other_from_its_refresh(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.file.state.screens[TRADER] = Open(5, "market", "", TRADER)
    bench.file.state.screens[VIEWER] = Open(6, "risk", "", VIEWER)
    bench.outside.data = {**DATA, "prices": [{"instrument": "BTCUSDT-LINEAR.BYBIT"}]}
    await bench.desk.refresh()
    assert [chat for chat, _ in bench.outside.screens] == [VIEWER]
    assert "the screen market was not refreshed" in caplog.text


async def test_two_admins_taps_of_one_button_are_two_requests_with_their_own_actors(
    bench: Bench,
) -> None:
    for user in (TRADER, SECOND):
        await bench.desk.take(Update(user, user, DESK, Tap("t", "trip:0123", 5)), False)
        await bench.desk.take(Update(user + 100, user, DESK, Tap("t", "trip:0123", 5)), False)
    await bench.attempt()
    sent = [(one[1]["key"], one[3]) for one in bench.outside.sent if one[0] == TRIP_KILL_SWITCH]
    assert sent == [("telegram-0123", TRADER), ("telegram-0123", SECOND)]


async def test_a_refused_kill_switch_is_not_tried_again_and_its_reason_is_shown(bench: Bench) -> None:
    bench.outside.faults.append(ApiRefused("FORBIDDEN", "the token has another role"))
    await bench.tap(TRADER, "trip:0123")
    assert bench.outside.answers == ["The kill switch was not tripped: the token has another role"]


@pytest.mark.parametrize("is_restarted", [False, True], ids=["same process", "after a restart"])
async def test_a_kill_switch_without_a_known_outcome_is_tried_until_the_token_is_in_force_again(
    bench: Bench, tmp_path: Path, is_restarted: bool
) -> None:
    bench.outside.faults = [ApiDown("no answer")]
    await bench.tap(TRADER, "trip:0123abcd")
    later = Bench(tmp_path, bench.outside) if is_restarted else bench
    later.outside.faults = [ApiRefused("UNAUTHENTICATED", "this token is not in force")]
    await later.attempt()
    assert len(later.file.state.kills) == 1
    await later.attempt()
    assert later.file.state.kills == []
    assert not any("was not tripped" in one for one in later.outside.answers)


async def test_each_first_tap_of_the_kill_switch_makes_a_key_of_its_own(bench: Bench) -> None:
    keys = set[str]()
    for _ in range(2):
        await bench.tap(TRADER, "open:kill")
        keys.add(bench.outside.screens[-1][1].content.buttons[0][0].data)
    assert len(keys) == 2
    assert bench.outside.trips == []


@pytest.mark.parametrize(
    ("switch", "shown"),
    [("by hand", "was tripped before"), ("", "it is NOT tripped now")],
    ids=["tripped", "reset"],
)
async def test_a_kill_button_tapped_again_shows_the_present_state(
    bench: Bench, switch: str, shown: str
) -> None:
    bench.outside.trip = {**bench.outside.trip, "repeated": True}
    bench.outside.data = {**DATA, "tradingStates": [{**STATE, "killSwitch": switch}]}
    await bench.tap(TRADER, "trip:0123")
    assert shown in bench.outside.answers[0]


@pytest.mark.parametrize(
    ("verb", "document", "shown", "screen"),
    [
        ("pause", PAUSE_STRATEGY, "a:b is paused.", "Strategies"),
        ("resume", RESUME_STRATEGY, "a:b is resumed.", "Strategies"),
        ("stop", PAUSE_STRATEGY, "a:b is stopped.", "Auto"),
        ("start", RESUME_STRATEGY, "a:b is started.", "Auto"),
    ],
)
async def test_the_second_tap_switches_a_strategy_for_the_user_with_the_key_of_the_first(
    bench: Bench, verb: str, document: str, shown: str, screen: str
) -> None:
    key = new_key(utc_now())
    await bench.tap(TRADER, f"{verb}:{key}:main/a:b")
    given = {"key": f"telegram-{key}", "account": "main", "strategy": "a:b", "reason": "by Telegram"}
    assert bench.outside.sent[0] == (document, given, Role.TRADER, TRADER)
    assert bench.outside.answers == [shown]
    assert bench.shown.startswith(screen)


@pytest.mark.parametrize(
    ("switched", "shown"),
    [
        ({"repeated": True, "events": [{"type": "SettingsChanged"}]}, "This changed nothing now"),
        ({"repeated": False, "events": []}, "This changed nothing now"),
        ({"code": "UNKNOWN", "reason": "no such strategy"}, "was not changed: no such strategy"),
        (
            {"known": "the engine is busy"},
            "Tap the same button again: it is carried out once. the engine is busy",
        ),
    ],
    ids=["repeated", "unchanged", "refused", "open"],
)
async def test_the_outcome_of_a_switched_strategy_is_shown(
    bench: Bench, switched: Mapping[str, Any], shown: str
) -> None:
    bench.outside.switched = switched
    await bench.tap(TRADER, f"pause:{new_key(utc_now())}:main/trend")
    assert shown in bench.outside.answers[0]


async def test_a_pause_without_a_known_outcome_stays_open_at_a_refusal_of_the_token(bench: Bench) -> None:
    data = f"pause:{new_key(utc_now())}:main/trend"
    bench.outside.faults = [ApiDown("no answer")]
    await bench.tap(TRADER, data)
    bench.outside.faults = [ApiRefused("FORBIDDEN", "this token is not in force")]
    await bench.tap(TRADER, data)
    assert [one.split(".")[0] for one in bench.outside.answers] == [
        "Whether this was carried out is not known"
    ] * 2


@pytest.mark.parametrize("verb", ["pause", "resume", "stop", "start"])
async def test_a_late_switch_of_a_strategy_and_one_of_a_viewer_are_not_sent(bench: Bench, verb: str) -> None:
    key = new_key(utc_now())
    await bench.tap(TRADER, f"{verb}:{key}:main/trend", is_late=True)
    await bench.tap(VIEWER, f"{verb}:{key}:main/trend")
    assert bench.outside.sent == []


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_a_button_that_shows_old_figures_is_refused_however_its_tap_arrives(
    bench: Bench, verb: str
) -> None:
    bench.now = utc_now()
    await bench.type(TRADER, "/strategy trend")
    data = bench.outside.screens[-1][1].content.buttons[0][0].data
    bench.outside.sent.clear()
    bench.now += EXPIRES + timedelta(seconds=1)
    await bench.tap(TRADER, data.replace("pause", verb))
    await bench.tap(TRADER, f"{verb}:0123456789abcdef:main/trend")
    assert bench.outside.sent == []
    assert (
        bench.outside.answers
        == ["What this button showed is older than 2 minutes. Open the screen again."] * 2
    )


async def test_a_kill_switch_is_tripped_however_long_ago_its_screen_was_opened(bench: Bench) -> None:
    bench.now = utc_now()
    await bench.type(TRADER, "/kill now")
    data = bench.outside.screens[-1][1].content.buttons[0][0].data
    bench.now += timedelta(days=3)
    await bench.tap(TRADER, data)
    assert bench.outside.trips == [f"telegram-{data.split(':')[1]}"]
    assert data.endswith(":main")
    assert "now" not in data


async def test_a_screen_follows_its_group_to_the_new_id(bench: Bench) -> None:
    await bench.type(TRADER, "/risk", chat=DESK)
    bench.arrives(DESK, 5)
    bench.file.state.moved[DESK] = -400
    bench.desk.moved(DESK, -400)
    bench.outside.data = {**DATA, "accounts": []}
    await bench.desk.refresh()
    chat, screen = bench.outside.screens[-1]
    assert (chat, screen.message, screen.replaces) == (-400, None, None)
    assert bench.file.state.screens.keys() == {-400}


async def test_each_first_tap_of_a_strategy_makes_a_key_of_its_own(bench: Bench) -> None:
    keys = set[str]()
    for _ in range(2):
        await bench.tap(TRADER, "open:strategy:trend")
        keys.add(bench.outside.screens[-1][1].content.buttons[0][0].data)
    assert len(keys) == 2
    assert {key.partition(":")[0] for key in keys} == {"pause"}


@pytest.mark.parametrize("data", ["trip:0123", "open:risk"])
async def test_a_tap_in_a_former_screen_is_refused(bench: Bench, data: str) -> None:
    await bench.type(TRADER, "/portfolio")
    bench.arrives(TRADER, 6)
    bench.outside.sent.clear()
    await bench.tap(TRADER, data, message=5)
    assert bench.outside.sent == []
    assert bench.outside.answers == ["This message is not the present screen of the chat. Send /home."]


async def test_a_tap_in_an_alert_is_carried_out_beside_the_screen(bench: Bench) -> None:
    await bench.type(TRADER, "/portfolio")
    bench.arrives(TRADER, 6)
    await bench.tap(TRADER, "explain:4d8bnjj9dt473-e1", message=5)
    assert "2026-03-02 13:55:00 OrderFilled" in bench.shown


async def test_a_tap_in_the_screen_edits_it_and_a_command_replaces_it(bench: Bench) -> None:
    await bench.type(TRADER, "/portfolio")
    bench.arrives(TRADER, 5)
    await bench.tap(TRADER, "open:risk")
    bench.arrives(TRADER, 5)
    await bench.type(TRADER, "/system")
    first, edited, replaced = (screen for _, screen in bench.outside.screens)
    assert (first.message, edited.message, replaced.message, replaced.replaces) == (None, 5, None, 5)


async def test_a_live_screen_is_refreshed_only_when_it_has_changed_also_after_a_restart(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.type(TRADER, "/risk")
    bench.arrives(TRADER, 5)
    await bench.desk.refresh()
    assert len(bench.outside.screens) == 1
    later = Bench(tmp_path)
    later.outside.data = {**DATA, "accounts": []}
    await later.desk.refresh()
    await later.desk.refresh()
    assert [screen.message for _, screen in later.outside.screens] == [5]


async def test_a_refresh_does_not_replace_a_screen_that_is_on_its_way(bench: Bench) -> None:
    await bench.type(TRADER, "/risk")
    bench.arrives(TRADER, 5)
    await bench.tap(TRADER, "open:market")
    await bench.desk.refresh()
    assert [screen.content.text.plain.partition(" ")[0] for _, screen in bench.outside.screens] == [
        "Risk",
        "Market",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/start", "Tap a screen"),
        ("/menu@whence_bot", "Tap a screen"),
        ("hello", "Tap a screen"),
        ("/explain", "Send /explain and the id"),
        ("/explain 4d8bnjj9dt473-e1", "2026-03-02 13:55:00 OrderFilled"),
    ],
)
async def test_a_command_opens_its_screen_and_anything_else_the_list(
    bench: Bench, text: str, shown: str
) -> None:
    await bench.type(TRADER, text)
    assert shown in bench.shown


async def test_a_text_is_searched_for_while_the_journal_is_open(bench: Bench) -> None:
    await bench.type(TRADER, "/journal order")
    bench.arrives(TRADER, 5)
    await bench.type(TRADER, "btc")
    assert bench.outside.sent[-1][1]["where"] == {"noun": "order", "search": "btc"}
    assert bench.shown.startswith("Journal")
    await bench.type(TRADER, "/unknown")
    assert "Tap a screen" in bench.shown


async def test_words_of_people_in_a_group_are_not_answered(bench: Bench) -> None:
    await bench.type(TRADER, "hello", chat=GROUP)
    assert bench.outside.screens == []


async def test_without_an_answer_of_the_api_a_command_shows_that(bench: Bench) -> None:
    bench.outside.faults.append(ApiDown("refused"))
    await bench.type(TRADER, "/portfolio")
    assert bench.shown == "The API cannot be reached. Try again."


async def test_a_button_of_another_version_is_refused(bench: Bench) -> None:
    await bench.tap(TRADER, "fly:moon")
    await bench.tap(TRADER, "open:moon")
    assert set(bench.outside.answers) == {
        "This button belongs to another version of the bot. Open the screen again."
    }


async def test_a_user_keeps_the_chosen_language_after_a_restart_in_every_chat(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.tap(TRADER, "language:ru")
    assert "Выберите экран" in bench.shown
    later = Bench(tmp_path)
    await later.type(TRADER, "/risk", chat=DESK)
    assert later.shown.startswith("Риск")
    await later.type(SECOND, "/risk")
    assert later.shown.startswith("Risk")
    state, user = later.file.state, SETTINGS.users[0]
    assert state.language_of(user) is Language.RU


async def test_a_language_that_the_bot_does_not_have_is_refused(bench: Bench) -> None:
    await bench.tap(TRADER, "language:de")
    assert bench.outside.answers == [
        "This button belongs to another version of the bot. Open the screen again."
    ]
    assert bench.file.state.languages == {}


async def test_a_refreshed_screen_does_not_take_the_place_of_one_that_waits_to_be_sent(bench: Bench) -> None:
    await bench.type(TRADER, "/risk")
    bench.arrives(TRADER, 5)
    await bench.type(TRADER, "/journal")
    bench.outside.data = {**DATA, "accounts": []}
    await bench.desk.refresh()
    assert bench.shown.startswith("Journal")


async def test_the_chosen_account_narrows_screens_but_the_kill_switch_and_is_kept_after_a_restart(
    bench: Bench, tmp_path: Path
) -> None:
    other = {**DATA["accounts"][0], "account": "other", "openedBy": "live"}
    both = {**DATA, "accounts": [*DATA["accounts"], other]}
    bench.outside.data = both
    await bench.tap(TRADER, "account:other")
    assert "✓ other" in [row[0].label for row in bench.outside.screens[-1][1].content.buttons]
    later = Bench(tmp_path)
    later.outside.data = both
    await later.type(TRADER, "/portfolio")
    assert later.shown.startswith("Portfolio  [LIVE] other\n\nother\n")
    assert later.outside.sent[-1][1] == {"account": "other"}
    await later.type(TRADER, "/journal fill btc")
    where = {"types": ["OrderFilled"], "search": "btc", "account": "other"}
    assert later.outside.sent[-1][1] == {"where": where, "direction": "DESC"}
    await later.type(TRADER, "/kill")
    assert "\nmain\n" in later.shown
    assert "\nother\n" in later.shown
    await later.type(SECOND, "/portfolio")
    assert later.shown.startswith("Portfolio  [DEMO] main [LIVE] other\n\nmain\n")
    await later.tap(TRADER, "account:")
    await later.type(TRADER, "/risk")
    assert later.shown.startswith("Risk  [DEMO] main [LIVE] other\n")
