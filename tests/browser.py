"""Debian's Chromium without a screen, cut off from every network but this machine's loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, WebError, WebSocket, expect, sync_playwright

# A page is waited for as long as a busy machine may need; what never comes still fails.
expect.set_options(timeout=30_000)
_PASTES = 10
_SOON = 700
"""Milliseconds within which a wrong name is answered."""
_LOOPBACK_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@dataclass
class Visit:
    """One page, and everything it asked for, said and stumbled over.

    Playwright keeps a note on whoever listens to it, so this has no slots.
    """

    page: Page
    asked: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        context = self.page.context
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("requestfailed", lambda request: self.faults.append(f"{request.url}: {request.failure}"))
        context.on("console", self._console)
        context.on("weberror", self._stumbled)
        self.page.on("websocket", self._socket)

    @property
    def origins(self) -> set[str]:
        """Every `host:port` that was asked for anything; what a page holds in itself (data:, blob:) has none."""
        return {urlsplit(url).netloc for url in self.asked if not url.startswith(("data:", "blob:"))}

    def _socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _stumbled(self, error: WebError) -> None:
        self.faults.append(str(error.error))


@contextmanager
def chromium() -> Generator[Browser]:
    """The running browser. Raises AssertionError where it is not installed: `make test` installs it."""
    program = shutil.which("chromium")
    assert program, "no chromium on the PATH: python -m infra.servers.system_parts"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=os.geteuid() != 0, args=[_LOOPBACK_ONLY]
        )
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser) -> Generator[Visit]:
    """An empty page of a person nobody knows: no cookies, no storage, no cache."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield Visit(context.new_page())
    context.close()


def open_graphiql(page: Page, address: str) -> None:
    """Goes there and waits until the editor holds what it offers: before that its buttons do nothing."""
    page.goto(address)
    expect(page.locator(".graphiql-query-editor .view-line").first).to_be_visible()


def run_in_graphiql(page: Page, operation: str) -> None:
    """Replaces what GraphiQL's editor holds, as a person pastes it (typing would close brackets), and runs it.

    The operation needs a name of its own: its tab takes that name once GraphiQL has read it. The editor is made anew
    when a schema arrives, and then loses what was just pasted: as a person would, this pastes it again.
    """
    pasted = any(_pasted(page, operation) for _ in range(_PASTES))
    assert pasted, f"GraphiQL does not take {operation}"
    executed = any(_executed(page) for _ in range(_PASTES))
    assert executed, f"GraphiQL does not run {operation}"


def _pasted(page: Page, operation: str) -> bool:
    page.locator(".graphiql-query-editor .monaco-editor").click()
    page.evaluate("words => navigator.clipboard.writeText(words)", operation)
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    try:
        expect(page.get_by_role("tab", selected=True)).to_contain_text(operation.split()[1], timeout=3_000)
    except AssertionError:
        return False
    return True


def _executed(page: Page) -> bool:
    """Presses the button; false where GraphiQL then asked by the name of the operation before."""
    page.get_by_role("button", name="Execute query").click()
    try:
        expect(page.locator(".graphiql-response")).to_contain_text("Unknown operation", timeout=_SOON)
    except AssertionError:
        return True
    return False
