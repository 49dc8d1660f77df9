"""The choice of a person's language."""

from __future__ import annotations

from typing import Final

from adapters.telegram.content import Button, Content
from adapters.telegram.settings import Language
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import Data, Scene, Screen, page

CHOOSE: Final = "language"
"""The verb of the button that chooses a language: `language:en`."""
NAMES: Final = {Language.EN: "English", Language.RU: "Русский"}
"""Each language's own name, which its speakers recognise on a screen in another one."""


def _render(data: Data, scene: Scene) -> Content:
    row = tuple(
        Button(f"✓ {name}" if one is scene.words.language else name, f"{CHOOSE}:{one}")
        for one, name in NAMES.items()
    )
    return page(scene, "language", badge(data["accounts"]), [scene.words("language-help")], (row,))


LANGUAGE = Screen("language", "query { accounts { account openedBy } }", _render)
