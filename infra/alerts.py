"""The settings of alerts: which are sent, and where."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from projections.severity import Severity


class AlertSettings(BaseModel):
    """The table `[alerts]`. Nothing is sent without a `webhook`, a `command`, a `heartbeat` or the bot of Telegram.

    Alerts of `level` and above are sent: INFO, WARNING or CRITICAL. A WARNING or CRITICAL alert is repeated every
    `repeat_minutes` until it is acknowledged; 0 sends it once. `secret` signs the webhook. `heartbeat` is requested
    every `heartbeat_seconds` while the program is ready. With `telegram` alerts are kept for `whence telegram`, which
    reads them from the API. The URLs are secrets, because many contain a token.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    level: Severity = Severity.WARNING
    webhook: SecretStr | None = None
    secret: SecretStr | None = None
    command: tuple[str, ...] = ()
    repeat_minutes: int = Field(default=30, ge=0, le=10_080)
    heartbeat: SecretStr | None = None
    heartbeat_seconds: int = Field(default=60, ge=5, le=86_400)
    telegram: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be sent anywhere."""
        return self.webhook is None and not self.command and self.heartbeat is None and not self.telegram

    def again(self, severity: Severity) -> timedelta | None:
        """The time between two messages of an open notice; None where the notice is sent once."""
        repeated = severity is not Severity.INFO and self.repeat_minutes > 0
        return timedelta(minutes=self.repeat_minutes) if repeated else None

    @field_validator("level", mode="before")
    @classmethod
    def _any_case(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("command", mode="before")
    @classmethod
    def _words(cls, command: object) -> object:
        """The environment has the command as one text, with a shell's quotes."""
        return tuple(shlex.split(command)) if isinstance(command, str) else command

    @field_validator("webhook", "heartbeat")
    @classmethod
    def _url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_url(url.get_secret_value()):
            raise PydanticCustomError("url", "Input should be a URL like https://HOST/PATH")
        return url

    @field_validator("secret")
    @classmethod
    def _key(cls, secret: SecretStr | None) -> SecretStr | None:
        from adapters.alerts.webhook import key_of

        try:
            empty = secret is not None and not key_of(secret.get_secret_value())
        except ValueError as fault:
            raise PydanticCustomError("secret", "{why}", {"why": str(fault)}) from None
        if empty:
            raise PydanticCustomError("secret", "Input should not be empty")
        return secret


LEVELS: Sequence[Severity] = tuple(Severity)
"""The levels, the least urgent first."""


def reaches(severity: Severity, level: Severity) -> bool:
    """Whether the severity is this level or a more urgent one."""
    return LEVELS.index(severity) >= LEVELS.index(level)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False
