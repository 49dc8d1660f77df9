"""Taps and texts of the screens on which a person trades: what is sent, once, for whom, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.graphql.confirmation import GOOD_FOR
from adapters.telegram.update import Tap, Update
from commands.roles import Role
from infra.telegram.api import ApiDown, ApiFault, ApiRefused
from infra.telegram.draft import Draft, is_over
from infra.telegram.mutations import (
    CANCEL_ORDER,
    CHANGE_SETTINGS,
    CLOSE_POSITION,
    DRAFT_ORDER,
    MOVE_PROTECTION,
    PLACE_ORDER,
)
from infra.telegram.state import StateFile
from tests.infra.telegram.test_desk import ADMIN, DESK, SECOND, TRADER, VIEWER, Bench, Recorded
from tests.infra.telegram.test_screens import DATA

pytestmark = pytest.mark.anyio
BTC = "BTCUSDT-LINEAR.BYBIT"
POSITION = f"{BTC}-LONG-1"
DONE: Mapping[str, Any] = {"repeated": False, "events": [{"type": "OrderPlaced"}]}
REPEATED: Mapping[str, Any] = {**DONE, "repeated": True}
REFUSED: Mapping[str, Any] = {"code": "Refused", "reason": "beyond risk.max_positions"}
UNKNOWN: Mapping[str, Any] = {"known": "the engine has not answered"}
VOTES: Sequence[Mapping[str, Any]] = [
    {"member": "kill_switch", "chamber": "RISK", "approves": True, "reasons": []},
    {"member": "max_positions", "chamber": "RISK", "approves": False, "reasons": ["TOO_MANY"]},
]
DRAFTED: Mapping[str, Any] = {
    "confirmation": "c" * 700,
    "expiresAt": (datetime.now(UTC) + timedelta(minutes=2)).isoformat(),
    "price": "54596.8",
    "notional": "545.968",
    "margin": "546.5",
    "fee": "0.3",
    "risk": "5.968",
    "warnings": ["it trades at the market's price on arrival"],
    "votes": VOTES[:1],
}


@dataclass
class Engine(Recorded):
    """Answers drafts and mutations with `responses`, by document, and keeps their variables."""

    responses: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    mutations: list[tuple[str, Mapping[str, Any], Role, int | None]] = field(
        default_factory=list[tuple[str, Mapping[str, Any], Role, int | None]]
    )
    breaks: list[ApiFault] = field(default_factory=list[ApiFault])

    is_down: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.responses[DRAFT_ORDER] = DRAFTED

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        if self.is_down and not document.startswith("mutation"):
            raise ApiDown("no answer")
        if not document.startswith("mutation"):
            return await super().execute(document, variables, role, user)
        self.mutations.append((document, variables, role, user))
        if self.is_down:
            raise ApiDown("no answer")
        if self.breaks:
            raise self.breaks.pop(0)
        return {"draftOrder": self.responses.get(document, DONE)}


class Trader(Bench):
    """The bench with one message, in which the screen is, so that each tap is in it."""

    outside: Engine

    def __init__(self, folder: Path, engine: Engine | None = None) -> None:
        super().__init__(folder, engine or Engine())

    async def tap(
        self, user: int, data: str, *, is_late: bool = False, chat: int = 0, message: int = 5
    ) -> None:
        await super().tap(user, data, is_late=is_late, chat=chat, message=message)
        self.arrives(chat or user)

    async def type(self, user: int, text: str, chat: int = 0) -> None:
        await super().type(user, text, chat)
        self.arrives(chat or user)

    async def press(self, user: int, label: str, chat: int = 0, *, is_late: bool = False) -> None:
        """Taps the button of the chat's screen."""
        await self.tap(user, self.buttons[label], chat=chat, is_late=is_late)

    @property
    def buttons(self) -> dict[str, str]:
        content = self.outside.screens[-1][1].content
        return {button.label: button.data for row in content.buttons for button in row}

    def sent(self, document: str) -> list[Mapping[str, Any]]:
        return [variables for one, variables, _, _ in self.outside.mutations if one == document]


@pytest.fixture
def bench(tmp_path: Path) -> Trader:
    return Trader(tmp_path)


async def drafted(bench: Trader, words: str = "buy btcusdt 0.0129", chat: int = 0) -> None:
    await bench.type(TRADER, f"/trade {words}", chat)
    await bench.press(TRADER, "✓ Check the order", chat)


async def test_an_order_is_drafted_with_the_entered_terms_in_the_steps_of_the_instrument(
    bench: Trader,
) -> None:
    await bench.type(TRADER, "/trade")
    for label in ("BTCUSDT-LINEAR", "Sell", "Limit", "Price …"):
        await bench.press(TRADER, label)
    await bench.type(TRADER, "50000.04")
    for name, text in (("Quantity", "0.0129"), ("Stop", "51000.06"), ("Target", "49000.04")):
        await bench.press(TRADER, f"{name} …")
        await bench.type(TRADER, text)
    await bench.press(TRADER, "✓ Check the order")
    ((document, variables, role, user),) = bench.outside.mutations
    assert (document, role, user) == (DRAFT_ORDER, Role.TRADER, TRADER)
    assert variables["account"] == "main"
    assert variables["terms"] == {
        "instrument": BTC,
        "side": "SELL",
        "type": "LIMIT",
        "limitPrice": "50000.1",
        "quantity": "0.012",
        "stop": "51000.1",
        "target": "49000.0",
    }


async def test_a_draft_shows_its_figures_warnings_and_votes_and_places_nothing(bench: Trader) -> None:
    await drafted(bench)
    shown = bench.shown.splitlines()
    expected = [
        "Notional: 545.97 USDT",
        "Margin: 546.50 USDT",
        "Loss at the stop, with fees: 5.97 USDT",
        "⚠ it trades at the market's price on arrival",
        "RISK: 1 of 1 approve",
    ]
    assert [line for line in expected if line not in shown] == []
    assert bench.sent(PLACE_ORDER) == []


async def test_the_draft_of_a_sale_with_a_target_shows_the_gain_there(bench: Trader) -> None:
    await bench.type(TRADER, "/trade sell btcusdt 0.012")
    await bench.press(TRADER, "Target …")
    await bench.type(TRADER, "49000")
    await bench.press(TRADER, "✓ Check the order")
    assert "Gain at the target, before fees: +67.16 USDT" in bench.shown.splitlines()


async def test_an_order_is_entered_in_russian_words(bench: Trader) -> None:
    await bench.type(TRADER, "/trade продать btcusdt лимит 60000 0.01")
    assert "Side: Sell\nType: Limit\nPrice: 60000\nQuantity: 0.01\n" in bench.shown


async def test_the_second_tap_places_the_order_with_the_key_of_its_draft(bench: Trader) -> None:
    await drafted(bench)
    await bench.press(TRADER, "Place the order now")
    (draft,), (placed,) = bench.sent(DRAFT_ORDER), bench.sent(PLACE_ORDER)
    assert placed == {"key": draft["key"], "account": "main", "confirmation": "c" * 700}
    assert bench.outside.answers[-1] == "The order is placed."
    assert bench.shown.startswith("Positions")
    assert bench.file.state.drafts == {}


async def test_a_refused_order_shows_the_reason_and_the_members_that_reject_it(bench: Trader) -> None:
    bench.outside.responses[DRAFT_ORDER] = {"reason": "beyond risk.max_positions", "votes": VOTES}
    await drafted(bench)
    assert "beyond risk.max_positions" in bench.shown
    assert "RISK: 1 of 2 approve\n✕ max_positions: TOO_MANY" in bench.shown
    assert "Place the order now" not in bench.buttons
    assert {"↻ Check again", "✎ Change"} < set(bench.buttons)


@pytest.mark.parametrize(
    "fault", [UNKNOWN, ApiDown("no answer"), ApiRefused("UNAVAILABLE", "later")], ids=str
)
async def test_an_order_without_a_known_outcome_is_placed_by_the_same_button_with_the_same_key(
    bench: Trader, fault: ApiFault | Mapping[str, Any]
) -> None:
    await drafted(bench)
    if isinstance(fault, ApiFault):
        bench.outside.breaks.append(fault)
    else:
        bench.outside.responses[PLACE_ORDER] = fault
    await bench.press(TRADER, "Place the order now")
    assert "Tap the same button again: it is carried out once." in bench.outside.answers[-1]
    assert "Whether this order was placed is not known" in bench.shown
    assert {"↻ Check again", "✎ Change"} & set(bench.buttons) == set()
    bench.outside.responses[PLACE_ORDER] = REPEATED
    await bench.press(TRADER, "Place the order now")
    first, second = bench.sent(PLACE_ORDER)
    assert first == second
    assert bench.outside.answers[-1] == "The order was placed by an earlier tap of this button."


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "FORBIDDEN"])
async def test_a_refusal_of_the_token_leaves_the_outcome_of_an_earlier_attempt_open(
    bench: Trader, code: str
) -> None:
    await drafted(bench)
    bench.outside.breaks.append(ApiDown("no answer"))
    await bench.press(TRADER, "Place the order now")
    bench.outside.breaks.append(ApiRefused(code, "this token is not in force"))
    await bench.press(TRADER, "Place the order now")
    assert "this token is not in force" in bench.outside.answers[-1]
    assert "Whether this order was placed is not known" in bench.shown
    assert {"↻ Check again", "✎ Change"} & set(bench.buttons) == set()


async def test_an_order_that_is_refused_for_its_token_at_the_first_attempt_was_not_placed(
    bench: Trader,
) -> None:
    await drafted(bench)
    bench.outside.breaks.append(ApiRefused("FORBIDDEN", "this token is not in force"))
    await bench.press(TRADER, "Place the order now")
    assert "The order was not placed: this token is not in force" in bench.shown


async def test_a_restart_between_draft_and_second_tap_loses_neither(bench: Trader, tmp_path: Path) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    later = Trader(tmp_path)
    await later.tap(TRADER, button)
    assert later.sent(PLACE_ORDER)[0]["key"] == bench.sent(DRAFT_ORDER)[0]["key"]


async def test_a_restart_while_terms_are_entered_keeps_them(bench: Trader, tmp_path: Path) -> None:
    await bench.type(TRADER, "/trade buy btcusdt")
    await bench.press(TRADER, "Quantity …")
    later = Trader(tmp_path)
    await later.type(TRADER, "0.01")
    await later.press(TRADER, "✓ Check the order")
    assert later.sent(DRAFT_ORDER)[0]["terms"] == {
        "instrument": BTC,
        "side": "BUY",
        "type": "MARKET",
        "quantity": "0.01",
    }


async def test_an_expired_draft_is_refused_with_its_reason_and_drafted_again_by_a_button(
    bench: Trader,
) -> None:
    await drafted(bench)
    expired = "the draft was valid until 2026-03-02 14:02:00 UTC; draft the order again"
    bench.outside.breaks.append(ApiRefused("REFUSED", expired))
    await bench.press(TRADER, "Place the order now")
    assert f"The order was not placed: {expired}" in bench.shown
    assert "Place the order now" not in bench.buttons
    await bench.press(TRADER, "↻ Check again")
    await bench.press(TRADER, "Place the order now")
    first, second = bench.sent(DRAFT_ORDER)
    assert first["terms"] == second["terms"]
    assert bench.sent(PLACE_ORDER)[-1]["key"] == second["key"] != first["key"]


@pytest.mark.parametrize(
    "change",
    [
        {"confirmation": ""},
        {"risk": "6.1"},
        {"notional": "560"},
        {"fee": None},
        {"warnings": ["the price is old"]},
        {"price": "1"},
    ],
    ids=["refused", "more risk", "more notional", "unknown fee", "new warning", "lower price"],
)
async def test_a_late_tap_places_nothing_where_the_figures_of_its_draft_no_longer_hold(
    bench: Trader, change: Mapping[str, Any]
) -> None:
    await drafted(bench)
    bench.outside.responses[DRAFT_ORDER] = {**DRAFTED, **change}
    await bench.tap(TRADER, bench.buttons["Place the order now"], is_late=True)
    assert bench.sent(PLACE_ORDER) == []
    assert "the figures have changed since" in bench.outside.answers[-1]


CHANGED: Mapping[str, Any] = {**DRAFTED, "price": "55500"}
"""More than 1 % from the draft's price."""


async def test_the_screen_of_a_draft_states_that_a_late_tap_placed_nothing_and_offers_another_check(
    bench: Trader,
) -> None:
    await drafted(bench)
    bench.outside.responses[DRAFT_ORDER] = CHANGED
    await bench.press(TRADER, "Place the order now", is_late=True)
    assert "Nothing was placed: check the order again." in bench.shown
    assert "Place the order now" not in bench.buttons
    await bench.press(TRADER, "↻ Check again")
    await bench.press(TRADER, "Place the order now")
    (placed,) = bench.sent(PLACE_ORDER)
    assert placed["key"] == bench.sent(DRAFT_ORDER)[-1]["key"]


@pytest.mark.parametrize("is_restarted", [False, True], ids=["same process", "after a restart"])
@pytest.mark.parametrize(
    "found", [CHANGED, UNKNOWN, ApiDown("no answer")], ids=["changed", "unknown", "down"]
)
async def test_each_tap_after_a_late_one_is_compared_until_the_figures_hold(
    bench: Trader, tmp_path: Path, found: Mapping[str, Any] | ApiFault, is_restarted: bool
) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    if isinstance(found, ApiFault):
        bench.outside.breaks.append(found)
    else:
        bench.outside.responses[DRAFT_ORDER] = found
    await bench.tap(TRADER, button, is_late=True)
    later = Trader(tmp_path) if is_restarted else bench
    later.outside.responses[DRAFT_ORDER] = CHANGED
    await later.tap(TRADER, button)
    assert later.sent(PLACE_ORDER) == bench.sent(PLACE_ORDER) == []
    assert "the figures have changed since" in later.shown
    later.outside.responses[DRAFT_ORDER] = DRAFTED
    await later.tap(TRADER, button)
    (placed,) = later.sent(PLACE_ORDER)
    assert placed["key"] == bench.sent(DRAFT_ORDER)[0]["key"]


async def test_a_refusal_of_an_order_whose_figures_hold_again_is_shown(bench: Trader) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    bench.outside.responses |= {DRAFT_ORDER: CHANGED, PLACE_ORDER: REFUSED}
    await bench.tap(TRADER, button, is_late=True)
    bench.outside.responses[DRAFT_ORDER] = DRAFTED
    await bench.tap(TRADER, button)
    assert "The order was not placed: beyond risk.max_positions" in bench.shown


@pytest.mark.parametrize("is_known", [True, False], ids=["sent", "perhaps sent before a restart"])
async def test_a_late_tap_of_an_order_that_an_earlier_tap_may_have_placed_is_compared(
    bench: Trader, is_known: bool
) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    key = button.partition(":")[2]
    if is_known:
        bench.outside.breaks.append(ApiDown("no answer"))
        await bench.tap(TRADER, button)
    else:
        bench.file.state.open_requests.append(key)
    before = len(bench.sent(PLACE_ORDER))
    bench.outside.responses[DRAFT_ORDER] = CHANGED
    await bench.tap(TRADER, button, is_late=True)
    assert len(bench.sent(PLACE_ORDER)) == before
    assert "this tap placed nothing. Whether an earlier tap placed the order is not known." in bench.shown
    assert bench.file.state.open_requests == [key]
    after = datetime.fromisoformat(DRAFTED["expiresAt"]) + timedelta(minutes=2)
    bench.outside.responses |= {
        DRAFT_ORDER: {**CHANGED, "expiresAt": after.isoformat()},
        PLACE_ORDER: REPEATED,
    }
    await bench.press(TRADER, "Place the order now")
    assert bench.outside.answers[-1] == "The order was placed by an earlier tap of this button."
    assert bench.file.state.open_requests == []


async def test_a_draft_that_the_rules_refuse_by_now_is_over_two_minutes_after_its_expiry_by_the_bots_clock(
    bench: Trader,
) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    refusal = {"reason": "the kill switch is tripped", "votes": VOTES}
    bench.outside.responses |= {DRAFT_ORDER: refusal, PLACE_ORDER: REPEATED}
    for minutes, sent in ((1.9, 0), (2, 1)):
        bench.now = datetime.fromisoformat(DRAFTED["expiresAt"]) + timedelta(minutes=minutes)
        await bench.tap(TRADER, button, is_late=True)
        assert len(bench.sent(PLACE_ORDER)) == sent


def test_a_draft_is_over_after_the_time_for_which_the_api_offers_it() -> None:
    now = datetime.now(UTC)
    shown = Draft(user=TRADER, account="main", expires_at=now + GOOD_FOR)
    assert is_over(shown, replace(shown, expires_at=now + 2 * GOOD_FOR))
    assert not is_over(shown, replace(shown, expires_at=now + 2 * GOOD_FOR - timedelta(seconds=1)))


async def test_a_late_tap_places_the_order_of_a_draft_whose_figures_still_hold(bench: Trader) -> None:
    await drafted(bench)
    bench.outside.responses[DRAFT_ORDER] = {**DRAFTED, "confirmation": "d" * 700}
    await bench.tap(TRADER, bench.buttons["Place the order now"], is_late=True)
    (placed,) = bench.sent(PLACE_ORDER)
    first, second = bench.sent(DRAFT_ORDER)
    assert (placed["key"], placed["confirmation"]) == (first["key"], DRAFTED["confirmation"])
    assert (first["terms"], first["key"] != second["key"]) == (second["terms"], True)


async def test_a_late_tap_of_an_expired_draft_places_nothing(bench: Trader) -> None:
    await drafted(bench)
    bench.outside.responses[PLACE_ORDER] = {
        "reason": "the draft was valid until 14:02:00 UTC",
        "code": "REFUSED",
    }
    await bench.tap(TRADER, bench.buttons["Place the order now"], is_late=True)
    assert "The order was not placed: the draft was valid until 14:02:00 UTC" in bench.shown


async def test_a_draft_that_the_bot_does_not_have_any_more_is_begun_again(bench: Trader) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    bench.file.state.drafts.clear()
    await bench.tap(TRADER, button)
    assert bench.sent(PLACE_ORDER) == []
    assert "does not have this draft any more" in bench.outside.answers[-1]
    assert "✓ Check the order" in bench.buttons


async def test_terms_that_change_after_a_draft_cannot_be_placed_by_its_button(bench: Trader) -> None:
    await drafted(bench)
    button = bench.buttons["Place the order now"]
    await bench.press(TRADER, "✎ Change")
    await bench.tap(TRADER, button)
    assert bench.sent(PLACE_ORDER) == []


async def test_two_taps_of_one_user_at_once_place_one_order(bench: Trader) -> None:
    await drafted(bench)
    data = bench.buttons["Place the order now"]
    for update in (1, 2):
        await bench.desk.take(Update(update, TRADER, TRADER, Tap("t", data, 5)), False)
    await bench.desk.close()
    assert len(bench.sent(PLACE_ORDER)) == 1


async def test_two_taps_at_once_that_enter_values_are_both_entered(bench: Trader) -> None:
    await bench.type(TRADER, "/trade btcusdt 0.01")
    for update, data in ((1, "set:side=SELL"), (2, "set:type=STOP")):
        await bench.desk.take(Update(update, TRADER, TRADER, Tap("t", data, 5)), False)
    await bench.desk.close()
    assert "Side: Sell\nType: Stop order" in bench.shown


async def test_in_a_group_only_who_entered_an_order_can_change_and_place_it(bench: Trader) -> None:
    await drafted(bench, chat=DESK)
    for label in ("✎ Change", "↻ Check again", "Place the order now"):
        await bench.press(SECOND, label, DESK)
    assert bench.sent(PLACE_ORDER) == []
    assert set(bench.outside.answers[-3:]) == {
        "Another user entered this. Send the command to begin your own."
    }
    await bench.press(TRADER, "Place the order now", DESK)
    assert bench.outside.mutations[-1][3] == TRADER


async def test_in_a_group_a_text_is_a_value_only_after_its_button_and_of_who_tapped_it(bench: Trader) -> None:
    await bench.type(TRADER, "/trade buy btcusdt", DESK)
    shown = len(bench.outside.screens)
    await bench.type(TRADER, "0.01", DESK)
    await bench.press(TRADER, "Quantity …", DESK)
    await bench.type(SECOND, "0.02", DESK)
    assert len(bench.outside.screens) == shown + 1
    await bench.type(TRADER, "0.03", DESK)
    assert "Quantity: 0.03" in bench.shown


@pytest.mark.parametrize(
    ("wanted", "text", "shown"),
    [
        ("quantity", "much", "That is not a number"),
        ("quantity", "-1", "That is not a number"),
        ("price", "1e3", "That is not a number"),
        ("stop", "0", "That is not a number"),
        ("instrument", "B/T", "That is not an instrument"),
        ("", "0.5", "Tap what the text is for first."),
    ],
)
async def test_a_text_that_cannot_be_used_is_explained_and_nothing_is_lost(
    bench: Trader, wanted: str, text: str, shown: str
) -> None:
    await bench.type(TRADER, "/trade buy btcusdt limit 50000 0.01")
    if wanted:
        await bench.tap(TRADER, f"set:wants={wanted}")
    await bench.type(TRADER, text)
    assert shown in bench.shown
    assert "Price: 50000\nQuantity: 0.01\n" in bench.shown


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/trade quantity=much&side=UP", "That is none of the choices"),
        ("/trade wants=everything", "That is none of the choices"),
        ("/trade size=10x&colour=red", "That is none of the choices"),
        ("/trade = ? &", "That is none of the choices"),
        ("/trade buy b/t", "That is not an instrument"),
        ("/position key=1&id=2", "key=1&id=2 is not open."),
        ("/order id=4&stop=x", "id=4&stop=x does not work any more."),
        ("/limits name=risk.max_positions&given=1&value=4", "Send the new value."),
        ("/limits name=nothing&given=1", "Tap a setting to change it."),
    ],
)
async def test_an_argument_that_no_button_makes_is_explained(bench: Trader, command: str, shown: str) -> None:
    bench.outside.data = {**DATA, "position": None, "order": None}
    user = ADMIN if command.startswith("/limits") else TRADER
    await bench.type(user, command)
    assert shown in bench.shown
    assert bench.outside.mutations == []


@pytest.mark.parametrize(
    ("words", "size", "quantity"),
    [
        ("buy btcusdt", "10", "0.022"),  # 10 % of 12345.678 at 54596.8, in steps of 0.001
        ("buy btcusdt limit 50000", "25", "0.061"),
        ("buy btcusdt limit 50000 stop=49000", "1r", "0.123"),
    ],
)
async def test_a_size_is_the_share_of_the_balance_or_of_what_is_lost_at_the_stop(
    bench: Trader, words: str, size: str, quantity: str
) -> None:
    words, _, stop = words.partition(" stop=")
    await bench.type(TRADER, f"/trade {words}")
    if stop:
        await bench.press(TRADER, "Stop …")
        await bench.type(TRADER, stop)
    await bench.tap(TRADER, f"set:size={size}")
    await bench.press(TRADER, "✓ Check the order")
    assert bench.sent(DRAFT_ORDER)[0]["terms"]["quantity"] == quantity


async def test_a_share_of_the_balance_without_a_price_cannot_be_checked(bench: Trader) -> None:
    bench.outside.data = {**DATA, "prices": None}
    await bench.type(TRADER, "/trade buy btcusdt")
    await bench.tap(TRADER, "set:size=10")
    assert "The quantity of this size cannot be computed" in bench.shown
    assert "✓ Check the order" not in bench.buttons


async def test_a_viewer_opens_and_sends_nothing(bench: Trader) -> None:
    await bench.type(VIEWER, "/trade buy btcusdt 0.01")
    for data in ("draft:", "place:0123", "close:0123", "protect:0123", "cancel:0123", "change:0123"):
        await bench.tap(VIEWER, data)
    assert bench.outside.mutations == []
    assert "This needs the role trader" in bench.shown


async def test_an_api_that_does_not_respond_to_a_draft_leaves_the_order_as_entered(bench: Trader) -> None:
    await bench.type(TRADER, "/trade buy btcusdt 0.01")
    bench.outside.breaks.append(ApiDown("no answer"))
    await bench.press(TRADER, "✓ Check the order")
    assert bench.outside.answers[-1] == "The API cannot be reached. Try again."
    assert "✓ Check the order" in bench.buttons


async def test_an_order_placed_while_the_api_is_down_keeps_its_button(bench: Trader) -> None:
    await drafted(bench)
    bench.outside.is_down = True
    await bench.press(TRADER, "Place the order now")
    assert "it is carried out once." in bench.outside.answers[-1]
    bench.outside.is_down = False
    await bench.press(TRADER, "Place the order now")
    first, second = bench.sent(PLACE_ORDER)
    assert first == second
    assert bench.outside.answers[-1] == "The order is placed."


async def test_a_value_that_is_typed_while_the_api_is_down_is_kept(bench: Trader) -> None:
    await bench.type(TRADER, "/trade buy btcusdt")
    await bench.press(TRADER, "Quantity …")
    bench.outside.is_down = True
    await bench.type(TRADER, "0.01")
    assert bench.shown == "The API cannot be reached. Try again."
    bench.outside.is_down = False
    await bench.press(TRADER, "↻ Refresh")
    assert "Quantity: 0.01" in bench.shown


async def test_a_tap_in_a_former_message_changes_and_places_nothing(bench: Trader) -> None:
    await drafted(bench)
    shown = len(bench.outside.screens)
    for data in ("set:side=SELL", bench.buttons["Place the order now"]):
        await bench.tap(TRADER, data, message=4)
    assert bench.sent(PLACE_ORDER) == []
    assert len(bench.outside.screens) == shown
    assert set(bench.outside.answers[-2:]) == {
        "This message is not the present screen of the chat. Send /home."
    }


async def test_a_position_is_closed_by_the_second_tap(bench: Trader) -> None:
    await bench.type(TRADER, "/positions")
    await bench.press(TRADER, f"{POSITION} …")
    assert "Close all of it at the market?" in bench.shown
    await bench.press(TRADER, "Close it now")
    (sent,) = bench.sent(CLOSE_POSITION)
    assert sent["position"] == POSITION
    assert bench.outside.answers[-1] == "The close has begun."


async def test_a_stop_is_moved_by_the_second_tap_old_beside_new(bench: Trader) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    await bench.press(TRADER, "Stop …")
    await bench.type(TRADER, "far")
    assert "That is neither a number" in bench.shown
    await bench.type(TRADER, "54100.52")
    assert "Stop: 54000 → 54100.5 (rounded from 54100.52)" in bench.shown
    assert bench.sent(MOVE_PROTECTION) == []
    await bench.press(TRADER, "Move it now")
    (sent,) = bench.sent(MOVE_PROTECTION)
    assert {name: value for name, value in sent.items() if name != "key"} == {
        "account": "main",
        "position": POSITION,
        "stop": "54100.5",
    }


async def test_a_request_with_another_level_has_another_key(bench: Trader) -> None:
    bench.outside.responses[MOVE_PROTECTION] = UNKNOWN
    await bench.type(TRADER, f"/position {POSITION}")
    for level in ("54100", "54200"):
        await bench.press(TRADER, "Stop …")
        await bench.type(TRADER, level)
        await bench.press(TRADER, "Move it now")
        await bench.press(TRADER, "Move it now")
    keys = [one["key"] for one in bench.sent(MOVE_PROTECTION)]
    assert (keys[0], keys[2]) == (keys[1], keys[3])
    assert keys[0] != keys[2]


async def test_an_order_is_cancelled_by_the_second_tap_and_a_refusal_is_shown(bench: Trader) -> None:
    await bench.type(TRADER, "/order 4d8bnjj9dt473-t1")
    bench.outside.responses[CANCEL_ORDER] = REFUSED
    await bench.press(TRADER, "Cancel it now")
    assert bench.sent(CANCEL_ORDER)[0]["order"] == "4d8bnjj9dt473-t1"
    assert bench.outside.answers[-1] == "This was not carried out: beyond risk.max_positions"
    assert "This was not carried out: beyond risk.max_positions" in bench.shown
    assert "Cancel it now" in bench.buttons


async def test_a_close_without_a_known_outcome_stays_open_at_a_refusal_of_the_token_also_after_a_restart(
    bench: Trader, tmp_path: Path
) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    bench.outside.breaks.append(ApiDown("no answer"))
    button = bench.buttons["Close it now"]
    await bench.tap(TRADER, button)
    later = Trader(tmp_path)
    for refusal in (ApiRefused("FORBIDDEN", "this token is not in force"), ApiDown("no answer")):
        later.outside.breaks.append(refusal)
        await later.tap(TRADER, button)
        assert "Tap the same button again: it is carried out once." in later.outside.answers[-1]
    await later.tap(TRADER, button)
    assert later.outside.answers[-1] == "The close has begun."
    assert later.file.state.open_requests == []


async def test_a_close_that_is_refused_for_its_token_at_the_first_attempt_was_not_carried_out(
    bench: Trader,
) -> None:
    await bench.type(TRADER, f"/position {POSITION}")
    bench.outside.breaks.append(ApiRefused("FORBIDDEN", "this token is not in force"))
    await bench.press(TRADER, "Close it now")
    assert bench.outside.answers[-1] == "This was not carried out: this token is not in force"


async def test_an_order_that_only_reduces_has_neither_stop_nor_target(bench: Trader) -> None:
    await bench.type(TRADER, "/trade sell btcusdt 0.004")
    await bench.press(TRADER, "Stop …")
    await bench.type(TRADER, "60000")
    await bench.press(TRADER, "Only reduce a position")
    assert {"Stop …", "Target …"} & set(bench.buttons) == set()
    await bench.press(TRADER, "✓ Check the order")
    terms = bench.sent(DRAFT_ORDER)[0]["terms"]
    assert terms["reduceOnly"] is True
    assert {"stop", "target"} & set(terms) == set()


async def test_a_limit_is_changed_by_an_admin_with_old_beside_new_and_a_second_tap(bench: Trader) -> None:
    await bench.type(ADMIN, "/limits")
    await bench.press(ADMIN, "● risk.max_positions")
    await bench.type(ADMIN, "4")
    assert "3 → 4" in bench.shown
    assert bench.outside.mutations == []
    await bench.press(ADMIN, "Change it now")
    (document, variables, role, user) = bench.outside.mutations[0]
    assert (document, role, user) == (CHANGE_SETTINGS, Role.ADMIN, ADMIN)
    assert variables["changes"] == [{"name": "risk.max_positions", "value": "4"}]


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("risk.max_positions", "many", "risk.max_positions = 'many' is not a whole number"),
        ("risk.max_daily_loss", "7", "max_daily_loss"),
        ("management.trailing_levels", "high", "has no colon; write each level as profit:distance"),
        ("risk.max_positions", "3", "3 is in force already."),
    ],
)
async def test_a_value_that_cannot_be_put_in_force_shows_the_settings_own_error(
    bench: Trader, name: str, text: str, shown: str
) -> None:
    await bench.type(ADMIN, f"/limits {name}")
    await bench.type(ADMIN, text)
    assert shown in bench.shown
    assert "Change it now" not in bench.buttons
    assert bench.shown.startswith("Limits")


async def test_a_limit_is_reset_to_its_default_by_two_taps(bench: Trader) -> None:
    await bench.type(ADMIN, "/limits risk.max_positions")
    await bench.press(ADMIN, "↺ Reset to 5")
    assert "3 → 5" in bench.shown
    await bench.press(ADMIN, "Change it now")
    assert bench.sent(CHANGE_SETTINGS)[0]["changes"] == [{"name": "risk.max_positions", "value": "5"}]


async def test_a_trader_does_not_change_limits(bench: Trader) -> None:
    await bench.type(TRADER, "/limits")
    assert "This needs the role admin" in bench.shown


async def test_limits_of_an_engine_of_another_version_are_not_changed(bench: Trader) -> None:
    bench.outside.data = {
        **DATA,
        "accounts": [{**DATA["accounts"][0], "settings": {"risk": {"on_kill": "FLY"}}}],
    }
    await bench.type(ADMIN, "/limits")
    assert "run both with the same version" in bench.shown


async def test_a_draft_shows_the_quantity_that_it_has_also_where_the_price_has_moved_since(
    bench: Trader,
) -> None:
    await bench.type(TRADER, "/trade buy btcusdt")
    await bench.press(TRADER, "10 % of the balance")
    await bench.press(TRADER, "✓ Check the order")
    quantity = bench.sent(DRAFT_ORDER)[-1]["terms"]["quantity"]
    moved = [{**one, "price": "99999.9"} for one in DATA["prices"]]
    bench.outside.data = {**DATA, "prices": moved}
    bench.outside.responses[PLACE_ORDER] = UNKNOWN
    await bench.press(TRADER, "Place the order now")
    assert f"Quantity: {quantity} (10 % of the balance)" in bench.shown


async def test_a_draft_of_another_user_is_not_shown(bench: Trader) -> None:
    await drafted(bench)
    (key,) = bench.file.state.drafts
    await bench.type(SECOND, f"/trade draft={key}")
    assert "545.97" not in bench.shown
    assert f"place:{key}" not in bench.buttons.values()


@pytest.mark.parametrize(
    "words", ["0.01 0.02", "sell 0.01", "0.01 ethusdt", "limit stop 50000 0.01", "0.01 1e3", "0.01 NaN"]
)
async def test_a_term_that_is_given_twice_is_explained_and_the_first_one_counts(
    bench: Trader, words: str
) -> None:
    await bench.type(TRADER, f"/trade buy btcusdt {words}")
    assert "A term is given twice" in bench.shown
    assert "Buy" in bench.shown
    assert BTC in bench.shown


@pytest.mark.parametrize(
    "text", ["1,5", "1e3", "\uff11", "-0", "0", "NaN", "inf", "1 5", "+1", "0x1", "9" * 40, "1_0"]
)
async def test_a_quantity_that_is_no_plain_positive_number_is_not_entered(bench: Trader, text: str) -> None:
    await bench.type(TRADER, "/trade buy btcusdt")
    await bench.press(TRADER, "Quantity …")
    await bench.type(TRADER, text)
    assert "That is not a number" in bench.shown
    assert "✓ Check the order" not in bench.buttons


async def test_a_draft_that_cannot_be_kept_is_not_shown(
    bench: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.file, "keep", full)
    await drafted(bench)
    assert "The draft is not kept, and nothing is placed" in bench.outside.answers[-1]
    assert bench.file.state.drafts == {}
    assert "Place the order now" not in bench.buttons


async def test_an_expired_draft_is_kept_for_an_hour(bench: Trader) -> None:
    now = datetime.now(UTC)
    for key, minutes in (("old", 61), ("recent", 59)):
        expires_at = now - timedelta(minutes=minutes)
        bench.file.state.drafts[key] = Draft(user=TRADER, account="main", expires_at=expires_at)
    await drafted(bench)
    kept = StateFile(bench.folder / "state.json", "http://api").state.drafts
    assert "recent" in kept
    assert "old" not in kept


async def test_an_order_in_a_log_with_several_accounts_is_that_of_the_chosen_one(bench: Trader) -> None:
    second = {**DATA["accounts"][0], "account": "second", "balance": "500", "available": "500"}
    bench.outside.data = {**DATA, "accounts": [*DATA["accounts"], second]}
    await drafted(bench)
    assert bench.outside.answers[-1] == "This log has no account, or several: choose one with /account."
    assert bench.sent(DRAFT_ORDER) == []
    await bench.type(TRADER, "/account")
    await bench.press(TRADER, "second")
    await drafted(bench)
    await bench.press(TRADER, "Place the order now")
    (draft,), (placed,) = bench.sent(DRAFT_ORDER), bench.sent(PLACE_ORDER)
    assert (draft["account"], placed["account"]) == ("second", "second")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("buy btcusdt 0.0009", "0.0009 is below one lot. Enter a larger quantity."),
        ("buy btcusdt limit 4000 0.0019", "The notional is below the least one of the instrument."),
        ("buy btcusdt 101", "The quantity is above the largest one of the instrument."),
        ("buy btcusdt 0.0019", "Quantity: 0.001 (rounded from 0.0019)"),
    ],
)
async def test_a_quantity_is_shown_on_the_lot_and_against_the_bounds_before_anything_is_requested(
    bench: Trader, words: str, shown: str
) -> None:
    await bench.type(TRADER, f"/trade {words}")
    screen = bench.outside.screens[-1][1].content.text.plain
    assert shown in screen
    assert "Lot 0.001, tick 0.1; 0.001 to 100 an order, 5.00 USDT at least" in screen
    assert bench.outside.mutations == []


async def test_an_order_that_only_reduces_has_no_least_notional(bench: Trader) -> None:
    await bench.type(TRADER, "/trade sell btcusdt limit 4000 0.001")
    await bench.press(TRADER, "Only reduce a position")
    assert "below the least" not in bench.outside.screens[-1][1].content.text.plain
