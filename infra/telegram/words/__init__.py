"""The words of the bot in English and Russian, in Fluent's files beside this one, as those of the dashboard are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource

from adapters.telegram.settings import Language

FOLDER = Path(__file__).parent
_LOCALES: Mapping[Language, str] = {Language.EN: "en-GB", Language.RU: "ru-RU"}


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._bundle = FluentBundle([_LOCALES[language]], use_isolating=False)
        self._bundle.add_resource(FluentResource((FOLDER / f"{language}.ftl").read_text(encoding="utf-8")))

    def __call__(self, name: str, **values: str | int) -> str:
        """The text of this name with its values. Raises LookupError for a name or a value that is missing."""
        pattern = self._bundle.get_message(name).value
        if pattern is None:
            raise LookupError(f"{self.language}.ftl: {name} has no text")
        text, faults = self._bundle.format_pattern(pattern, values)
        if faults:
            raise LookupError(f"{self.language}.ftl: {name}: {faults[0]}")
        return str(text)

    def has(self, name: str) -> bool:
        """Whether the language has a text of this name."""
        return self._bundle.has_message(name)


@cache
def words_of(language: Language) -> Words:
    """The words of a language, read once."""
    return Words(language)
