"""Each screen as a pure function of the data of its query, in both languages and within Telegram's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from adapters.telegram.content import Content
from adapters.telegram.settings import Language
from adapters.telegram.text import MOST_TEXT, units
from commands.roles import Role
from infra.telegram import alerts, daily, journal_export, mutations, words
from infra.telegram.sandbox import forced
from infra.telegram.screens import auto, next_entry, sandbox, strategies
from infra.telegram.screens.all_strategies import CONFIRMS
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.journal import KINDS
from infra.telegram.screens.limits import LIMITS, word_of
from infra.telegram.screens.order_terms import BOUNDS
from infra.telegram.screens.position import RESULTS
from infra.telegram.screens.screen import Scene
from infra.telegram.screens.strategies import ALL
from infra.telegram.screens.trade import CHECKS, NUMBERS, SIDES, TYPES
from infra.telegram.trading import SENDINGS
from infra.telegram.words import words_of

ROOT = Path(__file__).parents[3]
SCHEMA = build_schema((ROOT / "adapters" / "graphql" / "schema.graphql").read_text(encoding="utf-8"))
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
AT = "2026-03-02T13:55:00+00:00"
ACCOUNT: Mapping[str, Any] = {
    "account": "main",
    "openedBy": "paper-live",
    "currency": "USDT",
    "balance": "12345.678",
    "available": "11345.678",
    "equity": "12340.1",
    "equityAt": AT,
    "unrealised": "-5.578",
    "dayRealised": "20.5",
    "dayBalance": "12325.178",
    "exposure": "500",
    "openRisk": None,
    "drawdown": 0.0123,
    "peak": "12500",
    "openPositions": 1,
    "settings": {
        "risk": {"max_positions": 3, "max_daily_loss": "0.05", "on_kill": "HOLD"},
        "strategies": [{"name": "trend", "instruments": ["BTCUSDT-LINEAR.BYBIT"]}],
    },
    "settingsVersion": 2,
    "ordinal": 40,
    "updatedAt": AT,
}
STATE: Mapping[str, Any] = {
    "account": "main",
    "isHalted": False,
    "reasons": [],
    "killSwitch": "",
    "killSwitchAt": None,
    "killSwitchBy": None,
    "paused": ["scan"],
    "pauses": [],
    "heldSettings": None,
    "reconciling": "",
    "comparedAt": AT,
    "openDiscrepancies": [],
    "breakers": [{"service": "ORDERS", "mode": "OPEN", "since": AT, "reason": "no answer"}],
}
POSITION: Mapping[str, Any] = {
    "account": "main",
    "id": "BTCUSDT-LINEAR.BYBIT-LONG-1",
    "instrument": "BTCUSDT-LINEAR.BYBIT",
    "direction": "LONG",
    "quantity": "0.0100",
    "averagePrice": "54596.80",
    "stop": "54000.0",
    "target": None,
    "gross": "0",
    "cost": "545.968",
    "net": "-0.3",
    "closeReason": None,
    "owner": "trend",
    "openedAt": AT,
}
ORDER: Mapping[str, Any] = {
    "account": "main",
    "id": "4d8bnjj9dt473-t1",
    "instrument": "BTCUSDT-LINEAR.BYBIT",
    "side": "SELL",
    "type": "LIMIT",
    "purpose": "TARGET",
    "status": "ACCEPTED",
    "quantity": "0.0100",
    "leaves": "0.0100",
    "limitPrice": "57000.0",
    "triggerPrice": None,
    "placedAt": AT,
}
RULES: Mapping[str, Any] = {
    "account": "main",
    "instrument": "BTCUSDT-LINEAR.BYBIT",
    "quote": "USDT",
    "tick": "0.1",
    "lot": "0.001",
    "minQuantity": "0.001",
    "maxQuantity": "100",
    "minNotional": "5",
}
FILL = "SELL BTCUSDT-LINEAR.BYBIT 0.01 at 54596.8, fee 0.3 USDT (TAKER, execution x1)"
EVENT: Mapping[str, Any] = {
    "ordinal": 40,
    "id": "4d8bnjj9dt473-e1",
    "type": "OrderFilled",
    "line": FILL,
    "json": {
        "execution_id": "x1",
        "price": "54596.8",
        "quantity": "0.01",
        "fee": "0.3",
        "fee_currency": "USDT",
        "liquidity": "TAKER",
    },
    "account": "main",
    "occurredAt": AT,
}
RESULT: Mapping[str, Any] = {
    "account": "main",
    "value": "trend",
    "trades": 12,
    "winRate": "0.583333",
    "net": "41.5",
    "largestLoss": "-7.25",
    "maxDrawdown": "11",
}
SIGNAL: Mapping[str, Any] = {
    "account": "main",
    "id": "4d8bnjj9dt473",
    "strategy": "trend",
    "instrument": "BTCUSDT-LINEAR.BYBIT",
    "intervalSeconds": 900,
    "candleClosedAt": AT,
    "direction": "SHORT",
    "verdict": "SKIP",
    "reasons": ["COOLDOWN"],
}
DATA: Mapping[str, Any] = {
    "signals": {"edges": [{"node": SIGNAL}]},
    "waiting": {"edges": []},
    "accounts": [ACCOUNT],
    "tradingStates": [STATE],
    "positions": {"totalCount": 17, "edges": [{"node": POSITION}] * 15},
    "orders": {"totalCount": 2, "edges": [{"node": ORDER}, {"node": {**ORDER, "id": "4d8bnjj9dt473-t2"}}]},
    "position": POSITION,
    "order": ORDER,
    "instruments": [RULES],
    "journal": {
        "pageInfo": {"hasNextPage": True},
        "edges": [{"node": {**EVENT, "ordinal": 40 - n}} for n in range(8)],
    },
    "performance": [RESULT],
    "traded": [{"value": "ETHUSDT-LINEAR.BYBIT"}],
    "prices": [{"instrument": "BTCUSDT-LINEAR.BYBIT", "price": "54596.80", "at": AT}],
    "chain": {
        "beganAt": AT,
        "endedAt": AT,
        "nodes": [
            {"because": "" if n else "candle:x", "depth": n > 0, "event": {**EVENT, "ordinal": n}}
            for n in range(400)
        ],
    },
    "projections": [
        {"name": "orders", "kind": "TODAY", "status": "ACTIVE", "ordinal": 40, "parkedEvents": 0},
        {"name": "equity", "kind": "TODAY", "status": "ACTIVE", "ordinal": 38, "parkedEvents": 1},
    ],
    "deadLetters": [{"state": "NEW"}, {"state": "DISCARDED"}],
}
EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("accounts", "tradingStates", "projections", "deadLetters", "performance", "traded"), ()),
    "positions": {"totalCount": 0, "edges": []},
    "orders": {"totalCount": 0, "edges": []},
    "position": None,
    "order": None,
    "instruments": [],
    "signals": {"edges": []},
    "waiting": {"edges": []},
    "journal": {"pageInfo": {"hasNextPage": False}, "edges": []},
    "prices": None,
    "chain": None,
}
PAUSED = "Their entries are skipped then; their exits and the protection of their positions go on."
ARGUMENTS = {
    "explain": "4d8bnjj9dt473-e1",
    "kill": "0123456789abcdef",
    "strategy": "0123456789abcdef:trend",
    "position": "0123456789abcdef:BTCUSDT-LINEAR.BYBIT-LONG-1",
    "order": "0123456789abcdef:4d8bnjj9dt473-t1",
    "trade": "buy btcusdt limit 50000.06 0.01234",
    "limits": "name=risk.max_positions&given=1&value=4&key=0123456789abcdef",
    "switch": "0123456789abcdef:trend",
    "all": "key=0123456789abcdef&do=pause&account=main&names=trend%0Ascan",
}


def rendered(
    name: str, data: Mapping[str, Any] = DATA, role: Role = Role.TRADER, language: Language = Language.EN
) -> Content:
    scene = Scene(words_of(language), role, NOW, ARGUMENTS.get(name, ""))
    return SCREENS[name].render(data, scene)


def labels(content: Content) -> list[str]:
    return [button.label for row in content.buttons for button in row]


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("data", [DATA, EMPTY], ids=["full", "empty"])
@pytest.mark.parametrize("language", Language)
def test_a_screen_is_within_the_limits_of_telegram(
    name: str, data: Mapping[str, Any], language: Language
) -> None:
    content = rendered(name, data, language=language)
    assert 0 < content.text.length <= MOST_TEXT
    for span in content.text.spans:
        assert 0 < span.length <= units(content.text.plain) - span.offset


@pytest.mark.parametrize(
    "document",
    [
        *(one.query for one in SCREENS.values()),
        alerts.QUERY,
        daily.ACCOUNTS,
        daily.DAY,
        journal_export.COUNT_QUERY,
        journal_export.PAGE_QUERY,
        mutations.TRIP_KILL_SWITCH,
        mutations.ACKNOWLEDGE_NOTICES,
        mutations.KILL_SWITCHES,
        mutations.PAUSE_STRATEGY,
        mutations.RESUME_STRATEGY,
        mutations.DRAFT_ORDER,
        mutations.PLACE_ORDER,
        mutations.CLOSE_POSITION,
        mutations.MOVE_PROTECTION,
        mutations.AMEND_ORDER,
        mutations.CANCEL_ORDER,
        mutations.CHANGE_SETTINGS,
        sandbox.QUERY,
        forced.RAISE_SIGNAL,
        next_entry.SIGNALS,
        next_entry.DRAFT_ENTRY,
    ],
)
def test_every_document_is_valid_in_the_schema_of_the_api(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("market", ["Market  [DEMO] main", "BTCUSDT-LINEAR  54596.8  BYBIT, candle closed 5 min ago"]),
        (
            "portfolio",
            [
                "Balance: 12 345.68 USDT",
                "Unrealised: -5.58 USDT",
                "Realised today: +20.50 USDT",
                "… and 2 more",
            ],
        ),
        ("risk", ["main: trading", "max_daily_loss: 0.05", "Open risk: -"]),
        ("system", ["Breaker ORDERS: OPEN no answer", "Last event: 40", "Dead letters: 1"]),
        (
            "journal",
            [
                f"03-02 13:55:00  OrderFilled: {FILL}",
                "4d8bnjj9dt473-e1",
            ],
        ),
        (
            "strategies",
            [
                "trend  running",
                "trend: BTCUSDT-LINEAR.BYBIT",
                "Trades: 12, won: 58.33 %",
                "Net: +41.50 USDT",
                "Largest loss: -7.25 USDT",
                "Open positions: 15",
                "scan  paused",
            ],
        ),
        (
            "strategy",
            [
                "trend  running",
                "trend: BTCUSDT-LINEAR.BYBIT",
                "Trades: 12, won: 58.33 %",
                "Net: +41.50 USDT",
                "Largest loss: -7.25 USDT",
                "Open positions: 15",
            ],
        ),
        (
            "settings",
            [
                "main  version 2",
                "● risk.max_positions = 3  (default 5)",
                "● strategies.trend.instruments = BTCUSDT-LINEAR.BYBIT  (default -)",
            ],
        ),
        (
            "auto",
            [
                "trend BTCUSDT-LINEAR.BYBIT  RUNNING",
                "SELL, since 2026-03-02 13:55:00 UTC (5 min ago)",
                "long 0.01 @ 54596.8, 5 min ago",
                "stop 54000, target -",
                "Unrealised: 0.00 USDT",
                "Last signal skipped (5 min ago): COOLDOWN  4d8bnjj9dt473",
                "scan BTCUSDT-LINEAR.BYBIT  OFF",
                "Entries are blocked: STRATEGY_PAUSED",
            ],
        ),
        ("switch", ["trend BTCUSDT-LINEAR.BYBIT  RUNNING", "stop 54000, target -"]),
        ("all", ["trend", "scan", "Pause these 2 strategies? " + PAUSED]),
        (
            "explain",
            [
                "4d8bnjj9dt473-e1",
                "candle:x",
                f"  2026-03-02 13:55:00 OrderFilled {FILL} #0",
                f"    2026-03-02 13:55:00 OrderFilled {FILL} #1",
            ],
        ),
        (
            "trade",
            [
                "BTCUSDT-LINEAR.BYBIT  54596.8, 5 min ago",
                "Lot 0.001, tick 0.1; 0.001 to 100 an order, 5.00 USDT at least",
                "Side: Buy",
                "Type: Limit",
                "Price: 50000 (rounded from 50000.06)",
                "Quantity: 0.012 (rounded from 0.01234)",
                "Available: 11 345.68 USDT",
            ],
        ),
        (
            "positions",
            [
                "stop 54000, target -, trend",
                "… and 5 more",
                "BTCUSDT-LINEAR.BYBIT  TARGET SELL LIMIT 0.01 @ 57000, ACCEPTED, 5 min ago  4d8bnjj9dt473-t1",
            ],
        ),
        (
            "position",
            [
                "BTCUSDT-LINEAR.BYBIT  long 0.01 @ 54596.8",
                "Net: -0.30 USDT",
                "Last price: 54596.8, 5 min ago",
                "Close all of it at the market? Market orders are sent until it is flat.",
            ],
        ),
        (
            "order",
            ["BTCUSDT-LINEAR.BYBIT  TARGET SELL LIMIT 0.01 @ 57000, ACCEPTED, 5 min ago  4d8bnjj9dt473-t1"],
        ),
        ("limits", ["Open positions at a time", "Range: 0 … 10000", "Now: 3", "Default: 5", "3 → 4"]),
        ("kill", ["Exposure: 500.00 USDT", "on_kill: HOLD", "Working orders: 2"]),
    ],
)
def test_a_screen_shows_the_figures_of_its_data(name: str, lines: list[str]) -> None:
    shown = rendered(name).text.plain.splitlines()
    assert [line for line in lines if line not in shown] == []


def test_only_a_role_that_may_trip_the_kill_switch_has_its_button() -> None:
    assert "Kill switch …" in labels(rendered("risk"))
    assert "Kill switch …" not in labels(rendered("risk", role=Role.VIEWER))


def test_a_tripped_kill_switch_has_no_button_and_shows_who_tripped_it() -> None:
    state = {
        **STATE,
        "killSwitch": "news",
        "killSwitchAt": AT,
        "killSwitchBy": "telegram:7",
        "isHalted": True,
    }
    content = rendered("risk", {**DATA, "tradingStates": [state]})
    assert "Kill switch …" not in labels(content)
    assert "Kill switch tripped at 2026-03-02 13:55:00 UTC by telegram:7" in content.text.plain


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            Language.EN,
            [
                "Changes of settings that wait for a review, the oldest since 2026-03-02 13:55:00 UTC:",
                "management.time_limit_seconds = 60 (before: 0), closes 2 positions at once (eve: too long)",
                "risk.max_positions = 9 (before: 5) (settings)",
            ],
        ),
        (
            Language.RU,
            [
                "Изменения настроек ждут решения, самое старое от 2026-03-02 13:55:00 UTC:",
                "management.time_limit_seconds = 60 (before: 0), сразу закроет 2 позиции (eve: too long)",
                "risk.max_positions = 9 (before: 5) (settings)",
            ],
        ),
    ],
    ids=["English", "Russian"],
)
def test_held_changes_of_settings_are_on_the_screen_of_risk_with_who_and_why(
    language: Language, lines: list[str]
) -> None:
    limit = {"name": "management.time_limit_seconds", "before": "0", "after": "60"}
    positions = {"name": "risk.max_positions", "before": "5", "after": "9"}
    changes = [
        {**limit, "by": "eve", "reason": "too long", "closes": 2},
        {**positions, "by": "settings", "reason": "", "closes": 0},
    ]
    state = {**STATE, "heldSettings": {"id": "0a1b2c3d", "since": AT, "changes": changes}}
    scene = Scene(words_of(language), Role.VIEWER, NOW)
    shown = SCREENS["risk"].render({**DATA, "tradingStates": [state]}, scene).text.plain.splitlines()
    assert [line for line in lines if line not in shown] == []


def test_a_screen_is_the_same_until_its_data_or_its_coarse_age_changes() -> None:
    screen, scene = SCREENS["market"], Scene(words_of(Language.EN), Role.VIEWER, NOW)
    later = Scene(words_of(Language.EN), Role.VIEWER, NOW.replace(second=59))
    next_minute = Scene(words_of(Language.EN), Role.VIEWER, NOW.replace(minute=1))
    assert screen.render(DATA, scene) == screen.render(DATA, later)
    assert screen.render(DATA, scene) != screen.render(DATA, next_minute)


def test_a_history_that_is_written_at_checkpoints_is_not_behind() -> None:
    build = {"name": "orders", "status": "LIVE", "parkedEvents": 0}
    builds = [{**build, "kind": "TODAY", "ordinal": 40}, {**build, "kind": "HISTORY", "ordinal": 0}]
    assert "Read models: up to date" in rendered("system", {**DATA, "projections": builds}).text.plain
    builds[1]["parkedEvents"] = 2
    assert (
        "orders HISTORY LIVE: 40 behind, 2 parked"
        in rendered("system", {**DATA, "projections": builds}).text.plain
    )


def names(language: Language) -> set[str]:
    text = (words.FOLDER / f"{language}.ftl").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-zA-Z-]+) =", text, re.MULTILINE))


def used() -> set[str]:
    """The names of words in the source, and those that are made of a screen's, level's or direction's name."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "infra" / "telegram").rglob("*.py")
        if path.name != "sentences.py"
    )
    found = set(re.findall(r"words\(\s*\"([a-zA-Z-]+)\"", source))
    found |= set(re.findall(r"words\(\"([a-z-]+)\" if .+? else \"[a-z-]+\"", source))
    pairs = re.findall(r"words\(['\"]([a-z-]+)['\"] if .+? else ['\"]([a-z-]+)['\"]", source)
    found |= {name for pair in pairs for name in pair}
    found |= set(re.findall(r"words\('([a-z-]+)'", source))
    found |= {f"{kind}-{name}" for name in SCREENS for kind in ("screen", "command")}
    found |= {f"{one.name}-usage" for one in SCREENS.values() if one.needs_argument}
    found |= {f"alert-{level}" for level in ("HIGH", "MEDIUM", "LOW")}
    found |= {f"journal-{kind}" for kind in KINDS}
    found |= {f"{do}-all{end}" for do in ALL for end in ("", "-question", "-done")} | {*CONFIRMS.values()}
    found |= {*auto.LABELS, *auto.CONFIRMS, *strategies.LABELS, *strategies.CONFIRMS}
    found |= {"strategy-paused", "strategy-resumed", "auto-started", "auto-stopped"}
    found |= {*auto.STATE_WORDS.values(), *auto.PROPOSED_WORDS.values()}
    found |= {f"trade-{name}" for name in (*SIDES, *TYPES, "instrument", "side", "type", *NUMBERS)}
    found |= set(re.findall(r"FAULT: \"([a-z-]+)\"", source)) | {fault for _, fault in CHECKS.values()}
    found |= {*(f"trade-{name}" for name in BOUNDS), *RESULTS.values()}
    found |= {one.done for one in SENDINGS} | {word_of(name) for name in LIMITS}
    return found | {"long", "short"} | {name for name in names(Language.EN) if name.startswith("age-")}


def test_both_languages_have_every_word_and_none_that_is_not_used() -> None:
    assert names(Language.EN) == names(Language.RU)
    assert used() - names(Language.EN) == set()
    assert names(Language.EN) - used() == set()


def test_no_word_is_left_untranslated() -> None:
    same = {name for name in names(Language.EN) if not _letters(Language.RU, name)}
    assert same == {"screen-home"}


def _letters(language: Language, name: str) -> bool:
    text = (words.FOLDER / f"{language}.ftl").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)} = (.+?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    return found is not None and re.search("[\u0400-\u04ff]", found[1]) is not None
