"""The table `[telegram]` and the secrets beside it: what is wrong, where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.telegram.level import Level
from adapters.telegram.settings import Mode, TelegramSettings
from commands.roles import Role
from domain.errors import InvalidInput, InvalidSettings
from infra.config import load
from infra.telegram.secrets import telegram_secrets
from infra.telegram.state import Cursor, Kill, Open, StateFile, owned

SECRETS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_VIEWER_TOKEN", "TELEGRAM_TRADER_TOKEN", "TELEGRAM_WEBHOOK_SECRET")
TABLE = """
[[telegram.users]]
id = 7
role = "trader"
alerts = "low"
language = "ru"
[[telegram.chats]]
id = -100
alerts = "none"
"""


def settings_of(folder: Path, text: str) -> TelegramSettings:
    file = folder / "whence.toml"
    file.write_text(text, encoding="utf-8")
    return load(config=str(file)).telegram


def test_users_and_chats_have_role_level_and_language(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TABLE)
    (user,), (chat,) = settings.users, settings.chats
    assert (user.role, user.alerts, user.language) == (Role.TRADER, Level.LOW, "ru")
    assert (chat.role, chat.alerts) == (Role.VIEWER, None)
    assert settings.recipients == (user,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[telegram.users]]\nid = 7\nrole = "source"',
            "telegram.users.0.role: must be viewer, trader or admin",
        ),
        ('[[telegram.users]]\nid = 7\nalerts = "LOUD"', "alerts: must be NONE, HIGH, MEDIUM or LOW"),
        ("[[telegram.users]]\nid = -7", "telegram.users.0.id"),
        ("[[telegram.chats]]\nid = 7", "telegram.chats.0.id"),
        ("[[telegram.users]]\nid = 7\n[[telegram.users]]\nid = 7", "the id 7 is listed twice"),
        ('[telegram]\nmode = "webhook"', "mode WEBHOOK needs the url of [telegram.webhook]"),
        ('[telegram.webhook]\nurl = "http://example.com"', "Telegram accepts no other"),
        ('[telegram]\napi = "https://me:secret@example.com"', "without credentials"),
        ("[telegram]\nrefresh_seconds = 1", "telegram.refresh_seconds"),
        ("[telegram]\nreport_hour = 24", "telegram.report_hour"),
        ('[telegram]\ntoken = "1:a"', "telegram.token"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        settings_of(tmp_path, text)
    assert message in str(raised.value)


def test_secrets_come_from_the_environment_before_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        (tmp_path / name.lower()).write_text(f"{name} of the place", encoding="utf-8")
        (tmp_path / name.lower()).chmod(0o600)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:environment")
    settings = TelegramSettings.model_validate(
        {"mode": "webhook", "webhook": {"url": "https://example.com"}, "users": [{"id": 7, "role": "trader"}]}
    )
    found = telegram_secrets(settings, str(tmp_path))
    assert settings.mode is Mode.WEBHOOK
    assert (found.bot, found.webhook) == ("1:environment", "TELEGRAM_WEBHOOK_SECRET of the place")
    assert found.tokens[Role.TRADER] == "TELEGRAM_TRADER_TOKEN of the place"
    assert "environment" not in repr(found)
    assert "place" not in repr(found)


def test_missing_secrets_are_named_with_what_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidSettings) as raised:
        telegram_secrets(TelegramSettings(), None)
    assert "set TELEGRAM_BOT_TOKEN, TELEGRAM_VIEWER_TOKEN" in str(raised.value)
    assert "whence tokens create telegram-ROLE" in str(raised.value)


def test_the_state_is_read_again_but_not_for_another_api(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = StateFile(path, "http://a")
    first.state.cursor, first.state.arrived = Cursor("log", 0, 5), {7: [6]}
    first.state.screens[7] = Open(1, "risk", "", 7)
    first.state.kills = [Kill("0123", 7, 7, 1, "t")]
    first.save()
    assert StateFile(path, "http://a").state == first.state
    assert StateFile(path, "http://b").state.cursor is None
    assert StateFile(path, "http://b").state.kills == first.state.kills
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_state_that_is_none_of_ours_is_refused_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"state\.json cannot be read as the state of `whence telegram`"):
        StateFile(path, "http://a")


def test_a_second_bot_with_the_same_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with owned(path), pytest.raises(InvalidInput, match="another `whence telegram` uses"), owned(path):
        pytest.fail("two bots have one state")
    with owned(path):
        assert not path.exists()


def test_a_state_in_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidInput, match=r"telegram\.state: .* cannot be written"),
        owned(tmp_path / "no" / "s"),
    ):
        pytest.fail("the folder was written")
