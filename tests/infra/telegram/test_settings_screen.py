"""The screen of the settings in force: which values are marked as changed, and the buttons of the groups."""

from __future__ import annotations

from dataclasses import replace

from adapters.telegram.content import Content
from adapters.telegram.settings import Language
from adapters.telegram.text import MOST_TEXT
from commands.roles import Role
from domain.settings import RiskSettings, Settings, StrategySettings
from infra.telegram.screens.screen import Scene
from infra.telegram.screens.settings import SETTINGS, values_of
from infra.telegram.words import words_of
from projections.accounts import plain
from tests.infra.telegram.test_journal import buttons
from tests.infra.telegram.test_screens import ACCOUNT, NOW

CHANGED = replace(
    Settings(),
    strategies=(StrategySettings("trend"), StrategySettings(id="fast", strategy="trend", interval="1m")),
    risk=RiskSettings(max_positions=2),
    order_freshness_seconds=30,
)


def shown(settings: Settings, argument: str = "") -> Content:
    account = {**ACCOUNT, "settings": plain(settings)}
    return SETTINGS.render({"accounts": [account]}, Scene(words_of(Language.EN), Role.VIEWER, NOW, argument))


def test_only_values_other_than_the_defaults_are_changed() -> None:
    changed = {one.path: (one.value, one.default) for one in values_of(plain(CHANGED)) if one.is_changed}
    assert changed == {
        "strategies.fast.interval": ("1m", ""),
        "risk.max_positions": (2, 5),
        "order_freshness_seconds": (30, 60),
    }


def test_a_decimal_written_otherwise_is_not_changed() -> None:
    settings = plain(Settings())
    settings["risk"]["max_total_risk"] = "0.1"
    assert [one.path for one in values_of(settings) if one.is_changed] == []


def test_a_group_has_all_its_values_and_the_changed_ones_are_marked() -> None:
    lines = shown(CHANGED, "risk").text.plain.splitlines()
    assert "● risk.max_positions = 2  (default 5)" in lines
    assert "risk.max_daily_loss = 0.05" in lines
    assert not [line for line in lines if "order_freshness_seconds" in line]


def test_a_strategy_has_its_names_and_what_it_has_of_its_own() -> None:
    lines = shown(CHANGED, "strategies").text.plain.splitlines()
    assert [line for line in lines if "strategies." in line] == [
        "strategies.trend.name = trend",
        "strategies.fast.id = fast",
        "strategies.fast.strategy = trend",
        "● strategies.fast.interval = 1m  (default -)",
    ]


def test_settings_without_a_group_are_in_the_general_one() -> None:
    lines = shown(CHANGED, "general").text.plain.splitlines()
    assert "● order_freshness_seconds = 30  (default 60)" in lines
    assert "reverse_others = false" in lines


def test_each_other_group_has_a_button_that_is_marked_where_a_value_is_changed() -> None:
    found = buttons(shown(CHANGED, "risk"))
    assert found["Changed values"] == "open:settings"
    assert found["● general"] == "open:settings:general"
    assert found["sizing"] == "open:settings:sizing"
    assert not {"risk", "● risk"} & found.keys()


def test_an_unknown_group_is_named_and_every_group_fits_into_a_message() -> None:
    assert "No setting in force has the group moon." in shown(CHANGED, "Moon").text.plain
    for one in {value.group for value in values_of(plain(CHANGED))}:
        content = shown(CHANGED, one)
        assert content.text.length < MOST_TEXT
        assert "… and" not in content.text.plain
