"""Taps whose outcome was not shown: what becomes of them after a restart, an error of the bot and a group's move."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.telegram.update import Tap, Update
from infra.telegram.api import ApiDown
from infra.telegram.mutations import CLOSE_POSITION, PLACE_ORDER
from infra.telegram.state import Begun, Kill, State, StateFile
from tests.infra.telegram.test_desk import DESK, STRANGER, TRADER
from tests.infra.telegram.test_trading import POSITION, Trader, drafted

pytestmark = pytest.mark.anyio
MOVED = -400
KEY = "65e1f0a00badcafe"


@pytest.fixture
def bench(tmp_path: Path) -> Trader:
    return Trader(tmp_path)


def written(folder: Path, **state: Any) -> None:
    """Writes the state that a former process left."""
    (folder / "state.json").write_bytes(msgspec.json.encode(State(api="http://api", **state)))


def reports(bench: Trader) -> list[tuple[int, str]]:
    return [(chat, alert.shown(False).text.plain) for chat, alert in bench.outside.alerts]


def report_arrives(bench: Trader) -> None:
    bench.desk.arrived([alert for _, alert in bench.outside.alerts])


def begun_in_file(folder: Path) -> list[Begun]:
    return StateFile(folder / "state.json", "http://api").state.begun


async def test_an_open_order_of_a_former_version_stays_open_after_the_upgrade(
    bench: Trader, tmp_path: Path
) -> None:
    await drafted(bench)
    (key,) = bench.file.state.drafts
    button = bench.buttons["Place the order now"]
    former = msgspec.json.decode((tmp_path / "state.json").read_bytes())
    former["drafts"][key]["is_open"] = True
    former["drafts"]["0" * 16] = {**former["drafts"][key], "is_open": False}
    del former["open_requests"]
    (tmp_path / "state.json").write_bytes(msgspec.json.encode(former))
    upgraded = Trader(tmp_path)
    assert upgraded.file.state.open_requests == [key]
    await upgraded.type(TRADER, f"/trade draft={key}")
    assert "Whether this order was placed is not known" in upgraded.shown
    assert list(upgraded.buttons.values())[:1] == [button]


async def test_a_draft_of_a_former_version_that_is_not_open_leaves_no_open_request(tmp_path: Path) -> None:
    draft = {"user": TRADER, "account": "main", "expires_at": "2026-03-02T14:02:00Z", "is_open": False}
    state = {"api": "http://api", "drafts": {KEY: draft}, "open_requests": ["65e1f0a0"]}
    (tmp_path / "state.json").write_bytes(msgspec.json.encode(state))
    assert StateFile(tmp_path / "state.json", "http://api").state.open_requests == ["65e1f0a0"]


async def test_a_tap_of_a_verb_that_this_version_does_not_have_is_reported_as_unknown_and_the_bot_starts(
    tmp_path: Path,
) -> None:
    written(tmp_path, begun=[Begun(TRADER, TRADER, f"liquidate:{KEY}"), Begun(TRADER, TRADER, "renamed")])
    bench = Trader(tmp_path)
    bench.desk.report_left()
    first, second = reports(bench)
    assert "“liquidate”, which this version does not have" in first[1]
    assert "“renamed”, which this version does not have" in second[1]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


async def test_a_tap_of_a_user_that_was_removed_ends_at_the_start_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kill = Kill(KEY, STRANGER, STRANGER, 5, "t")
    taps = [Begun(STRANGER, STRANGER, f"place:{KEY}"), Begun(STRANGER, STRANGER, f"trip:{KEY}")]
    written(tmp_path, begun=taps, kills=[kill])
    bench = Trader(tmp_path)
    bench.desk.report_left()
    await bench.attempt()
    assert begun_in_file(tmp_path) == []
    assert reports(bench) == []
    assert f"the tap place:{KEY} of user {STRANGER}" in caplog.text
    assert bench.file.state.kills == []


async def test_a_tap_that_an_error_of_the_bot_ends_is_reported_and_its_request_stays_open(
    bench: Trader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    button = bench.buttons["Close it now"]
    bench.outside.responses[CLOSE_POSITION] = {"unknown": "form"}
    await bench.tap(TRADER, button)
    ((chat, text),) = reports(bench)
    assert chat == TRADER
    assert "An error of the bot ended your button “Close it now”" in text
    assert "KeyError" in caplog.text
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []
    assert bench.file.state.open_requests == [button.partition(":")[2]]


async def test_a_tap_that_waits_for_its_response_while_its_group_gets_another_id_ends_there(
    bench: Trader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafted(bench, chat=DESK)
    button = bench.buttons["Place the order now"]
    execute = bench.outside.execute

    async def moving(document: str, *given: Any) -> Mapping[str, Any]:
        if document == PLACE_ORDER:
            bench.file.state.moved[DESK] = MOVED
            bench.desk.moved(DESK, MOVED)
            assert begun_in_file(tmp_path) == [Begun(TRADER, MOVED, button)]
        return await execute(document, *given)

    monkeypatch.setattr(bench.outside, "execute", moving)
    await bench.desk.take(Update(1, TRADER, DESK, Tap("t", button, 5)), False)
    await bench.desk.close()
    bench.arrives(MOVED, 7)
    assert len(bench.sent(PLACE_ORDER)) == 1
    assert begun_in_file(tmp_path) == []


async def test_a_tap_that_was_left_in_a_group_is_reported_under_the_groups_new_id(tmp_path: Path) -> None:
    written(tmp_path, begun=[Begun(TRADER, DESK, f"close:{KEY}")], moved={DESK: MOVED})
    bench = Trader(tmp_path)
    bench.desk.report_left()
    assert [chat for chat, _ in reports(bench)] == [MOVED]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


async def test_a_reported_tap_ends_also_where_its_group_gets_another_id_before_the_report_arrives(
    tmp_path: Path,
) -> None:
    written(tmp_path, begun=[Begun(TRADER, DESK, f"close:{KEY}")])
    bench = Trader(tmp_path)
    bench.desk.report_left()
    bench.file.state.moved[DESK] = MOVED
    bench.desk.moved(DESK, MOVED)
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


async def test_a_kill_switch_of_a_group_that_got_another_id_ends_its_tap(tmp_path: Path) -> None:
    written(
        tmp_path,
        begun=[Begun(TRADER, MOVED, f"trip:{KEY}")],
        kills=[Kill(KEY, TRADER, DESK, 5, "t")],
        moved={DESK: MOVED},
    )
    bench = Trader(tmp_path)
    bench.desk.report_left()
    assert reports(bench) == []
    await bench.attempt()
    assert [chat for chat, _ in bench.outside.screens] == [MOVED]
    bench.arrives(MOVED, 7)
    assert begun_in_file(tmp_path) == []


async def test_a_tap_is_not_ended_by_the_receipt_of_a_screen_that_was_sent_before_its_outcome(
    bench: Trader, tmp_path: Path
) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    await bench.desk.take(Update(1, TRADER, TRADER, Tap("t", button, 5)), False)
    await bench.desk.close()
    former, own = (screen.number for _, screen in bench.outside.screens[-2:])
    bench.desk.shown(TRADER, 5, former)
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    bench.desk.shown(TRADER, 5, own)
    assert begun_in_file(tmp_path) == []


async def test_a_sentence_that_telegram_does_not_show_over_the_message_is_sent_as_one_and_its_tap_ends_then(
    bench: Trader, tmp_path: Path
) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    bench.outside.drops_answers = True
    button = bench.buttons["Close it now"]
    await bench.tap(TRADER, button)
    assert reports(bench) == [(TRADER, "The close has begun.")]
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


@pytest.mark.parametrize("button", [f"trip:{KEY}", f"trip:{KEY}:paper"])
async def test_the_outcome_of_a_kill_switch_that_telegram_does_not_show_over_the_message_is_sent_as_one(
    bench: Trader, tmp_path: Path, button: str
) -> None:
    bench.outside.drops_answers = True
    bench.outside.breaks.append(ApiDown("no answer"))
    await bench.tap(TRADER, button)
    assert "tried again until it is tripped" in reports(bench)[0][1]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    await bench.attempt()
    bench.arrives(TRADER)
    assert reports(bench)[1:] == [(TRADER, "The kill switch is tripped.")]
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


async def test_a_tap_with_two_messages_on_their_way_is_kept_until_both_have_arrived(
    bench: Trader, tmp_path: Path
) -> None:
    bench.outside.drops_answers = True
    bench.outside.breaks.append(ApiDown("no answer"))
    button = f"trip:{KEY}:paper"
    await bench.tap(TRADER, button)
    await bench.attempt()
    bench.arrives(TRADER)
    waits, outcome = (alert for _, alert in bench.outside.alerts)
    bench.desk.arrived([waits])
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    bench.desk.arrived([outcome])
    assert begun_in_file(tmp_path) == []


async def test_the_refusal_of_a_late_tap_is_a_message_because_telegram_may_drop_its_answer(
    bench: Trader, tmp_path: Path
) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    button = bench.buttons["Close it now"]
    await bench.tap(TRADER, button, is_late=True)
    assert bench.sent(CLOSE_POSITION) == []
    assert reports(bench) == [(TRADER, "The bot was not running when you tapped. Open the screen again.")]
    assert begun_in_file(tmp_path) == [Begun(TRADER, TRADER, button)]
    report_arrives(bench)
    assert begun_in_file(tmp_path) == []


async def test_the_refusal_of_a_late_tap_that_opens_a_screen_is_no_message(bench: Trader) -> None:
    bench.outside.drops_answers = True
    await bench.tap(TRADER, "open:portfolio", is_late=True)
    assert reports(bench) == []


async def test_a_tap_ends_with_the_receipt_of_the_screen_that_took_the_place_of_its_own(
    bench: Trader, tmp_path: Path
) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    await bench.desk.take(Update(1, TRADER, TRADER, Tap("t", button, 5)), False)
    await bench.desk.close()
    await bench.type(TRADER, "/risk")
    assert begun_in_file(tmp_path) == []
