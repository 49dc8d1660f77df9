"""The table `[telegram]`: who may use the bot of `whence telegram`, and where it finds the API and Telegram.

It is no setting of trading: the engine does not know it, and no event records it. The bot's token, the secret of its
webhook and the tokens of the API are never in it; see `infra/telegram/secrets.py`.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from adapters.telegram.debug_settings import DebugSettings
from adapters.telegram.level import Level
from commands.roles import Role
from domain.errors import InvalidInput

BOT_API = "https://api.telegram.org"
"""The Bot API of Telegram itself; a server of one's own has another address."""


class Language(StrEnum):
    """The languages of the screens."""

    EN = "en"
    RU = "ru"


class Mode(StrEnum):
    """How updates arrive. POLL: the bot asks for them. WEBHOOK: Telegram sends them to `webhook`."""

    POLL = "POLL"
    WEBHOOK = "WEBHOOK"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Allowed(_Table):
    """One user or chat: its id at Telegram, its role, and the least level of the alerts that it receives."""

    id: int
    role: Role = Role.VIEWER
    alerts: Level | None = Level.MEDIUM
    language: Language = Language.EN

    @field_validator("role", mode="before")
    @classmethod
    def _named_role(cls, role: object) -> object:
        if isinstance(role, Role):
            return role
        try:
            found = Role.named(role) if isinstance(role, str) else Role.SOURCE
        except InvalidInput:
            found = Role.SOURCE
        if found is Role.SOURCE:
            raise PydanticCustomError("role", "Input should be viewer, trader or admin")
        return found

    @field_validator("alerts", mode="before")
    @classmethod
    def _named_level(cls, level: object) -> object:
        if not isinstance(level, str):
            return level
        if level.upper() not in ("NONE", *Level.__members__):
            raise PydanticCustomError("level", "Input should be NONE, HIGH, MEDIUM or LOW")
        return None if level.upper() == "NONE" else Level[level.upper()]


class UserSettings(_Allowed):
    """A person. Alerts arrive in the private chat with the bot, once the person has begun it."""

    id: int = Field(gt=0)


class ChatSettings(_Allowed):
    """A group. Its users must be listed, too; the lower one of both roles counts."""

    id: int = Field(lt=0)


class WebhookSettings(_Table):
    """`url` is where Telegram sends updates, empty without a webhook; a proxy with a certificate passes them on to
    `host` and `port`."""

    url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=1, le=65_535)

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme != "https" or not parts.hostname):
            raise PydanticCustomError(
                "url", "Input should be a URL like https://HOST/PATH: Telegram accepts no other"
            )
        return url


class TelegramSettings(_Table):
    """The table `[telegram]`.

    `api` is GraphQL's address of `whence api`, or of an engine with it. `bot_api` is Telegram's. A live screen is
    looked at every `refresh_seconds`, and edited where it has changed. `state` is the file of what the bot has sent.
    The report of a UTC day is sent at `report_hour` (UTC) of the next one; -1 sends none. `debug` is the sandbox.
    Repeats of a signal within `signal_cooldown_minutes` are not sent but counted; 0 sends all.
    """

    api: str = "http://127.0.0.1:8000/graphql"
    bot_api: str = BOT_API
    mode: Mode = Mode.POLL
    webhook: WebhookSettings = WebhookSettings()
    refresh_seconds: int = Field(default=5, ge=3, le=3_600)
    state: Path = Path("whence-telegram.json")
    report_hour: int = Field(default=-1, ge=-1, le=23)
    signal_cooldown_minutes: int = Field(default=15, ge=0, le=1_440)
    users: tuple[UserSettings, ...] = ()
    chats: tuple[ChatSettings, ...] = ()
    debug: DebugSettings = DebugSettings()

    @field_validator("mode", mode="before")
    @classmethod
    def _any_case(cls, mode: object) -> object:
        return mode.upper() if isinstance(mode, str) else mode

    @field_validator("api", "bot_api")
    @classmethod
    def _url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise PydanticCustomError(
                "url", "Input should be a URL like https://HOST/PATH, without credentials"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> TelegramSettings:
        if self.mode is Mode.WEBHOOK and not self.webhook.url:
            raise PydanticCustomError("webhook", "mode WEBHOOK needs the url of [telegram.webhook]")
        twice = [one for one, n in Counter(one.id for one in (*self.users, *self.chats)).items() if n > 1]
        if twice:
            raise PydanticCustomError("twice", "the id {id} is listed twice", {"id": twice[0]})
        return self

    @property
    def recipients(self) -> tuple[UserSettings | ChatSettings, ...]:
        """Those who receive alerts."""
        listed: tuple[UserSettings | ChatSettings, ...] = (*self.users, *self.chats)
        return tuple(one for one in listed if one.alerts is not None)
