"""The secrets of `whence telegram`: from the environment, or from the place of secrets (`secrets`, `--secrets`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from adapters.secrets.place import read_secrets
from adapters.telegram.settings import Mode, TelegramSettings
from commands.roles import Role
from domain.errors import InvalidSettings

BOT_TOKEN = "telegram_bot_token"  # noqa: S105  # the name of a secret
WEBHOOK_SECRET = "telegram_webhook_secret"  # noqa: S105  # the name of a secret


@dataclass(frozen=True)
class TelegramSecrets:
    """`webhook` is empty where updates are polled. `tokens` are those of the API, by role."""

    bot: str = field(repr=False)
    webhook: str = field(repr=False)
    tokens: Mapping[Role, str] = field(repr=False)


def api_token_name(role: Role) -> str:
    """The name of the API's token of this role; a variable of the environment has it in capitals."""
    return f"telegram_{role.word}_token"


def telegram_secrets(settings: TelegramSettings, place: str | None) -> TelegramSecrets:
    """The secrets that these settings need; a variable of the environment comes before the place.

    Raises InvalidSettings, which names each missing one, and what `adapters.secrets.place.read_secrets` raises.
    """
    roles = sorted({one.role for one in (*settings.users, *settings.chats)} | {Role.VIEWER})
    wanted = [BOT_TOKEN, *map(api_token_name, roles)]
    if settings.mode is Mode.WEBHOOK:
        wanted.append(WEBHOOK_SECRET)
    stored: Mapping[str, SecretStr] = {} if place is None else read_secrets(place, wanted)
    found = {name: stored[name].get_secret_value() for name in stored}
    found |= {name: text for name in wanted if (text := os.environ.get(name.upper(), "").strip())}
    missing = [name for name in wanted if not found.get(name)]
    if missing:
        raise InvalidSettings(_missing(missing))
    tokens = {role: found[api_token_name(role)] for role in roles}
    return TelegramSecrets(found[BOT_TOKEN], found.get(WEBHOOK_SECRET, ""), tokens)


def _missing(names: list[str]) -> str:
    variables = ", ".join(name.upper() for name in names)
    return (
        f"secrets of [telegram] are missing: set {variables}, or put them as {', '.join(names)} into the place "
        "that the setting `secrets` names; `whence tokens create telegram-ROLE --role ROLE` makes a token of the API"
    )
