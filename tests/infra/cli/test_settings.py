"""`whence settings`: every setting with value, range, meaning and variable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.signals.settings import SignalSettings
from adapters.telegram.debug_settings import DebugSettings
from adapters.telegram.settings import TelegramSettings, WebhookSettings
from domain.settings import Settings, ranges
from infra.alerts import AlertSettings
from infra.backup_settings import BackupTable
from infra.book_view import BookViewSettings
from infra.config import WhenceSettings
from infra.model_settings import AutoTable, DriftTable, ModelsTable, StoreTable
from tests.infra.cli.conftest import Whence

SECRET = "hunter2"  # noqa: S105  # no password of anything


@pytest.fixture(autouse=True)
def no_other_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite keeps the index of logs on Kafka, and the keys, in folders of its own."""
    monkeypatch.delenv("WHENCE_INDEX", raising=False)
    monkeypatch.delenv("WHENCE_KEYS", raising=False)


def keys(whence: Whence, *words: str) -> dict[str, dict[str, str]]:
    return {one["key"]: one for one in json.loads(whence("settings", "--json", *words).out)}


def test_every_setting_is_listed_with_its_meaning_and_every_number_with_its_range(whence: Whence) -> None:
    found = keys(whence)
    tables = {"trading", "alerts", "signals", "models", "book_view", "telegram", "backup"}
    own = set(WhenceSettings.model_fields) - {"config"} - tables
    own |= {f"models.drift.{name}" for name in DriftTable.model_fields}
    own |= {f"models.store.{name}" for name in StoreTable.model_fields}
    own |= {f"models.auto.{name}" for name in AutoTable.model_fields}
    own |= {f"alerts.{name}" for name in AlertSettings.model_fields}
    own |= {f"backup.{name}" for name in BackupTable.model_fields}
    own |= {f"book_view.{name}" for name in BookViewSettings.model_fields}
    own |= {f"telegram.{name}" for name in set(TelegramSettings.model_fields) - {"webhook", "debug"}}
    own |= {f"telegram.webhook.{name}" for name in WebhookSettings.model_fields}
    own |= {f"telegram.debug.{name}" for name in DebugSettings.model_fields}
    own |= {f"signals.{name}" for name in SignalSettings.model_fields}
    own |= {f"models.{name}" for name in set(ModelsTable.model_fields) - {"drift", "auto", "store"}}
    assert own <= set(found)
    assert {f"trading.{name}" for name, *_ in ranges(Settings())} <= set(found)
    assert [one["key"] for one in found.values() if not one["meaning"]] == []
    assert found["trading.risk.max_positions"] == {
        "key": "trading.risk.max_positions",
        "value": "5",
        "default": "5",
        "range": "0 to 10000",
        "meaning": "Open positions at a time",
        "variable": "WHENCE_TRADING__RISK__MAX_POSITIONS",
    }
    assert found["trading.sizing.rule"]["range"] == "FIXED, PERCENT, RISK, MINIMUM, KELLY"


def test_each_variable_sets_its_setting(whence: Whence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys(whence)["trading.risk.max_positions"]["variable"], "2")
    monkeypatch.setenv(keys(whence)["leverage"]["variable"], "3")
    found = keys(whence, "--diff")
    assert {key: one["value"] for key, one in found.items()} == {
        "leverage": "3",
        "trading.risk.max_positions": "2",
    }
    assert keys(whence, "--defaults")["leverage"]["value"] == "1"


def test_the_file_is_read_and_its_secrets_are_masked(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text(
        f'log = "postgresql://me:{SECRET}@localhost/db"\n[kafka]\n"sasl.password" = "{SECRET}"\n'
        f'[alerts]\nwebhook = "https://hooks.example/{SECRET}"\nsecret = "{SECRET}"\n'
        '[[trading.strategies]]\nid = "slow"\nstrategy = "trend"\nparameters = { fast = 8 }\n'
    )
    done = whence("settings")
    assert done.code == 0
    assert SECRET not in done.out
    assert 'trading.strategies = [{id = "slow", strategy = "trend", parameters = {fast = "8"}}]' in " ".join(
        done.out.split()
    )


def test_a_default_that_depends_on_what_is_traded_is_shown_with_what_it_stands_for(
    whence: Whence, tmp_path: Path
) -> None:
    listed = " ".join(whence("settings").out.split())
    assert 'starting_balance = "" (that is 10000 in dollars, about as much in other currencies)' in listed
    assert "trading.risk.minimum_win_rate = 0.45 (that is 0.45 live, 0 on a tape)" in listed
    (tmp_path / "whence.toml").write_text('[trading.risk]\nminimum_win_rate = "0.45"\n')
    differing = whence("settings", "--diff").out
    assert "trading.risk.minimum_win_rate = 0.45 (default 0.45 live, 0 on a tape)" in differing


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[trading.risk]\nmax_daily_loss = "5%"\n',
            "not a number; write it like 10000 or 2500.50, and 5 % as 0.05",
        ),
        ('[trading.risk]\nmax_positions = "many"\n', "not a whole number; write it like 3"),
        ('leverage = "5%"\n', "not a number"),
        ('tracing = "perhaps"\n', "neither true nor false"),
    ],
)
def test_a_value_that_is_no_number_is_refused_in_plain_words(
    whence: Whence, tmp_path: Path, text: str, fault: str
) -> None:
    (tmp_path / "whence.toml").write_text(text)
    done = whence("settings")
    assert (done.code, fault in done.err, "Input should" in done.err) == (2, True, False)


def test_without_changes_nothing_differs(whence: Whence) -> None:
    done = whence("settings", "--diff")
    assert (done.code, done.out, done.err) == (0, "", "every setting has its default\n")


def test_the_schema_has_every_setting_with_meaning_and_range(whence: Whence) -> None:
    schema = json.loads(whence("settings", "--schema").out)
    risk = schema["$defs"]["RiskSettings"]["properties"]["max_positions"]
    assert risk["description"] == "Open positions at a time"
    assert (risk["minimum"], risk["maximum"], risk["default"]) == (0, 10_000, 5)
    assert schema["properties"]["trading"] == {"$ref": "#/$defs/Settings"}
    assert "config" not in schema["properties"]


def test_two_outputs_at_once_are_refused(whence: Whence) -> None:
    assert whence("settings", "--diff", "--schema").code == 2


def test_an_invalid_file_is_refused_with_its_fault(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("[trading.risk]\nmax_positions = -1\n")
    done = whence("settings")
    assert (done.code, done.out) == (2, "")
    assert "risk.max_positions = -1 must be in 0" in done.err
