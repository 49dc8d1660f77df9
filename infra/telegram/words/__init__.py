"""The words of the bot in English and Russian, in Fluent's files beside this one, as those of the dashboard are.

`<language>.ftl` has what the bot itself states. What the engine states is English: codes, and the sentences of events
and refusals. `codes.<language>.ftl` and `events.<language>.ftl` have them for a language other than English, and
`phrases.<language>.ftl` the sentences without a code, each under the name that its English form has in
`phrases.en.ftl`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource

from adapters.telegram.settings import Language
from infra.telegram.words.phrases import english_phrases

FOLDER = Path(__file__).parent
OWN_LANGUAGE = Language.EN
"""The language of the engine's codes and sentences."""
_LOCALES: Mapping[Language, str] = {Language.EN: "en-GB", Language.RU: "ru-RU"}
_OF_THE_ENGINE = ("codes", "events", "phrases")
_BETWEEN = "; "
"""Stands between several sentences of one refusal."""
_REASON = "reason"
"""The value of a text that is a sentence or a code of the engine."""
_CODE = re.compile("[A-Za-z_]+")
_REASONS = ("reason", "Direction", "Side", "Service")
"""The kinds of codes that are reasons, or stand in the sentences of reasons."""


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._bundle = FluentBundle([_LOCALES[language]], use_isolating=False)
        files = (
            [language]
            if language is OWN_LANGUAGE
            else [language, *(f"{one}.{language}" for one in _OF_THE_ENGINE)]
        )
        for name in files:
            text = (FOLDER / f"{name}.ftl").read_text(encoding="utf-8")
            self._bundle.add_resource(FluentResource(text))

    def __call__(self, name: str, /, **values: str | int) -> str:
        """The text of this name with its values; a `reason` is shown as `reason` has it. Raises LookupError for a name
        or a value that is missing."""
        pattern = self._bundle.get_message(name).value
        if pattern is None:
            raise LookupError(f"{self.language}.ftl: {name} has no text")
        if isinstance(reason := values.get(_REASON), str):
            values[_REASON] = self.reason(reason)
        text, faults = self._bundle.format_pattern(pattern, values)
        if faults:
            raise LookupError(f"{self.language}.ftl: {name}: {faults[0]}")
        return str(text)

    def has(self, name: str) -> bool:
        """Whether the language has a text of this name."""
        return self._bundle.has_message(name)

    @property
    def is_own(self) -> bool:
        """Whether the engine writes its codes and sentences in this language."""
        return self.language is OWN_LANGUAGE

    def code(self, kind: str, code: str) -> str:
        """A code of the engine in words, as `code("Side", "BUY")`; the code itself in English, and where it is one of
        another version."""
        name = f"{kind}-{code}"
        return self(name) if self.has(name) else code

    def reason(self, text: str) -> str:
        """A reason of the engine, which is a code or English sentences, in this language. What the exchange or a person
        has written, and a sentence that is not listed, stays as it is."""
        if self.is_own or not text:
            return text
        parts = [self._phrase(part) for part in text.split(_BETWEEN)]
        known = [part for part in parts if part is not None]
        return _BETWEEN.join(known) if len(known) == len(parts) else self._phrase(text) or text

    def reasons(self, codes: Sequence[str]) -> str:
        """Several reasons, with commas between them."""
        return ", ".join(map(self.reason, codes))

    def _phrase(self, text: str) -> str | None:
        if _CODE.fullmatch(text):
            kind = next((one for one in _REASONS if self.has(f"{one}-{text}")), None)
            return None if kind is None else self(f"{kind}-{text}")
        for phrase in english_phrases():
            if (found := phrase.pattern.fullmatch(text)) is not None:
                return self(
                    phrase.name, **{name: self.reason(value) for name, value in found.groupdict().items()}
                )
        return None


@cache
def words_of(language: Language) -> Words:
    """The words of a language, read once."""
    return Words(language)
