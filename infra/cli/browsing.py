"""Opening a page in the person's browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from threading import Thread

_WITH_A_SCREEN = ("darwin", "win32")
"""Systems on which a program of a terminal can open a window without further conditions."""
_SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
"""Elsewhere one of these variables is set where a browser can be opened. Without them `webbrowser` would start a
browser for terminals, such as lynx, in the terminal of the running command."""


def open_page(url: str) -> None:
    """Opens the page; does nothing where no browser can be opened. Returns at once: some browsers are waited for."""
    if sys.platform in _WITH_A_SCREEN or any(os.environ.get(name) for name in _SCREENS):
        Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()
