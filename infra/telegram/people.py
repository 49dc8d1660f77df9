"""Who may use the bot, and with which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.telegram.settings import Language, TelegramSettings
from commands.roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    """A user in a chat."""

    user: int
    role: Role
    language: Language


class People:
    """The allow-list. `moved` has the new ids of groups, which the settings do not have yet; `languages` has what users
    have chosen instead of the settings' language."""

    def __init__(
        self, settings: TelegramSettings, moved: Mapping[int, int], languages: Mapping[int, Language]
    ) -> None:
        self._users = {one.id: one for one in settings.users}
        self._chats = {one.id: one for one in settings.chats}
        self._moved, self._languages = moved, languages

    def person(self, user: int, chat: int) -> Person | None:
        """The user in the chat: in a group with the lower one of both roles. None for a stranger."""
        found = self._users.get(user)
        if found is None:
            return None
        language = self._languages.get(user, found.language)
        if chat == user:
            return Person(user, found.role, language)
        group = self._group(chat)
        return None if group is None else Person(user, min(found.role, group), language)

    def _group(self, chat: int) -> Role | None:
        listed = [chat, *(old for old, new in self._moved.items() if new == chat)]
        return next((self._chats[one].role for one in listed if one in self._chats), None)
