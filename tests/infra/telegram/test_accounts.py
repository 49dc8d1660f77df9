"""A log with two accounts that share every id: each screen names the accounts that it is of, and whatever its buttons
send is sent to the account that it showed first, whichever one is chosen meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse, print_ast

from adapters.telegram.settings import Language
from commands.roles import Role
from infra.run.clock import utc_now
from infra.telegram import mutations
from infra.telegram.alert_content import alert_of
from infra.telegram.alerts import look_at
from infra.telegram.mutations import (
    AMEND_ORDER,
    CANCEL_ORDER,
    CHANGE_SETTINGS,
    CLOSE_POSITION,
    MOVE_PROTECTION,
    PAUSE_STRATEGY,
    PLACE_ORDER,
    RESUME_STRATEGY,
    TRIP_KILL_SWITCH,
)
from infra.telegram.people import Person
from infra.telegram.screen_key import new_key
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.infra.telegram.test_alerts import alert, data, notice, opened
from tests.infra.telegram.test_desk import ADMIN
from tests.infra.telegram.test_screens import (
    ACCOUNT,
    ARGUMENTS,
    DATA,
    NOW,
    ORDER,
    POSITION,
    RESULT,
    RULES,
    STATE,
)
from tests.infra.telegram.test_trading import Engine, Trader

pytestmark = pytest.mark.anyio
OTHER: Final = "other"


def of_both(row: Mapping[str, Any], **changes: Any) -> list[Mapping[str, Any]]:
    """The row of the account `main`, and the same one of the account `other`."""
    return [row, {**row, "account": OTHER, **changes}]


def page_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"totalCount": 2, "edges": [{"node": one} for one in of_both(row)]}


BOTH: Mapping[str, Any] = {
    **DATA,
    "accounts": of_both(ACCOUNT, openedBy="live"),
    "tradingStates": of_both(STATE),
    "performance": of_both(RESULT),
    "instruments": of_both(RULES),
    "positions": page_of(POSITION),
    "orders": page_of(ORDER),
}


class TwoAccounts(Engine):
    """Answers a query of one position or order with that of the account in its variables, `main` without one."""

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        found = await super().execute(document, variables, role, user)
        if document.startswith("mutation"):
            return found
        account = variables.get("account") or "main"
        own = {name: {**DATA[name], "account": account} for name in ("position", "order")}
        return {**BOTH, **own}


@pytest.fixture
def bench(tmp_path: Path) -> Trader:
    return Trader(tmp_path, TwoAccounts())


def chosen(bench: Trader, account: str) -> None:
    """The user has chosen this account, in whichever chat."""
    bench.file.state.accounts[ADMIN] = account


WAYS: Sequence[tuple[str, Sequence[str], str, str]] = (
    ("place", ("/trade buy btcusdt 0.0129", ">✓ Check the order"), "Place the order now", PLACE_ORDER),
    ("close", (f"/position {POSITION['id']}",), "Close it now", CLOSE_POSITION),
    ("protect", (f"/position {POSITION['id']}", ">Stop …", "54100.5"), "Move it now", MOVE_PROTECTION),
    ("cancel", (f"/order {ORDER['id']}",), "Cancel it now", CANCEL_ORDER),
    ("amend", (f"/order {ORDER['id']}", ">Price …", "57100.5"), "Amend it now", AMEND_ORDER),
    ("change", ("/limits", ">● risk.max_positions", "4"), "Change it now", CHANGE_SETTINGS),
    ("pause all", ("/strategies", ">❚❚ Pause all …"), "Pause all of these now", PAUSE_STRATEGY),
    ("resume all", ("/strategies", ">▶ Resume all …"), "Resume all of these now", RESUME_STRATEGY),
    ("pause", ("/strategies", ">Pause trend …"), "Pause it now", PAUSE_STRATEGY),
    ("stop", ("/auto", ">■ Stop other/trend …"), "Stop it now", PAUSE_STRATEGY),
    ("kill", ("/kill",), f"Trip it now: {OTHER}", TRIP_KILL_SWITCH),
)


@pytest.mark.parametrize(("name", "ways", "button", "document"), WAYS, ids=[one[0] for one in WAYS])
async def test_a_button_acts_on_the_account_that_its_screen_showed_also_after_another_one_is_chosen(
    bench: Trader, name: str, ways: Sequence[str], button: str, document: str
) -> None:
    chosen(bench, OTHER)
    for way in ways:
        if way.startswith(">"):
            await bench.press(ADMIN, way[1:])
        else:
            await bench.type(ADMIN, way)
    title = bench.shown.splitlines()[0]
    assert OTHER in title, name
    chosen(bench, "main")
    await bench.press(ADMIN, button)
    sent = bench.sent(document)
    assert sent
    assert {one["account"] for one in sent} == {OTHER}


def test_every_request_of_the_bot_that_trades_or_changes_names_its_account() -> None:
    documents = {name: text for name, text in vars(mutations).items() if name.isupper() and name[0] != "_"}
    for name, text in documents.items():
        (operation,) = parse(text).definitions
        assert isinstance(operation, OperationDefinitionNode)
        (field,) = operation.selection_set.selections
        assert isinstance(field, FieldNode)
        given = next((one for one in field.arguments if one.name.value == "request"), None)
        assert given is None or "account: $account" in print_ast(given), name


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_of_a_log_with_two_accounts_names_those_that_it_is_of(name: str) -> None:
    screen = SCREENS[name]
    scene = Scene(words_of(Language.EN), Role.ADMIN, NOW, ARGUMENTS.get(name, ""))
    argument = scene.argument if screen.pins is None else screen.pins.pinned(scene.argument, BOTH)
    title = screen.render(BOTH, Scene(scene.words, scene.role, scene.now, argument)).text.plain.splitlines()[
        0
    ]
    own = {"explain", "position", "order", "all"}
    assert title.endswith("[DEMO] main" if name in own else "[DEMO] main [LIVE] other"), title


async def test_a_position_that_two_accounts_have_is_opened_by_a_button_of_each(bench: Trader) -> None:
    await bench.type(ADMIN, "/positions")
    buttons = [button.data for row in bench.outside.screens[-1][1].content.buttons for button in row]
    assert f"open:position:main/{POSITION['id']}" in buttons
    assert f"open:position:other/{POSITION['id']}" in buttons
    await bench.tap(ADMIN, f"open:position:other/{POSITION['id']}")
    await bench.press(ADMIN, "Close it now")
    (sent,) = bench.sent(CLOSE_POSITION)
    assert (sent["account"], sent["position"]) == (OTHER, POSITION["id"])


async def test_limits_of_several_accounts_are_changed_once_one_is_chosen(bench: Trader) -> None:
    await bench.type(ADMIN, "/limits")
    assert "choose one with /account" in bench.shown
    chosen(bench, OTHER)
    await bench.type(ADMIN, "/limits")
    assert "risk.max_positions = 3" in bench.shown


async def test_a_button_of_an_earlier_version_without_an_account_switches_nothing(bench: Trader) -> None:
    await bench.tap(ADMIN, f"pause:{new_key(utc_now())}:trend")
    assert bench.outside.mutations == []
    assert "another version of the bot" in bench.outside.answers[-1]


async def test_a_screen_without_its_account_sends_nothing(bench: Trader) -> None:
    await bench.type(ADMIN, f"/position {POSITION['id']}")
    data = bench.buttons["Close it now"]
    opened_screen = bench.file.state.screens[ADMIN]
    argument = opened_screen.argument.replace("account=main&", "")
    assert argument != opened_screen.argument
    person = Person(ADMIN, Role.ADMIN, Language.EN)
    await bench.desk.trading.close(person, argument, data.partition(":")[2])
    assert bench.outside.mutations == []


def test_an_alert_has_the_kind_of_run_and_the_name_of_its_own_account() -> None:
    found = data([{**alert(4), "node": {**alert(4)["node"], "account": OTHER}}], [opened(5)], [notice(4)])
    found["accounts"] = BOTH["accounts"]
    of_other, of_main = look_at(found, 3).alerts
    shown = [alert_of(one, words_of(Language.EN), may_acknowledge=True) for one in (of_other, of_main)]
    heads = [one.shown(False).text.plain.splitlines() for one in shown]
    assert heads[0][0].endswith("[LIVE]")
    assert heads[0][2].startswith("other, ")
    assert heads[1][0].endswith("[DEMO]")
    assert heads[1][2].startswith("main, ")
    assert [one.line.partition(":")[0] for one in shown] == ["other", "main"]
