"""Debian's Chromium without a screen, with no network except this machine's loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, WebError, WebSocket, expect, sync_playwright

# The time that a busy machine may need; an element that does not appear within it fails the test.
expect.set_options(timeout=30_000)
_PASTES = 10
_SOON = 700
"""The time in milliseconds within which the response to an unknown operation arrives."""
_LOOPBACK_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@dataclass
class Visit:
    """One page with the URLs that it requested, its console messages and its errors.

    Playwright sets an attribute on its listeners, so the class has no slots.
    """

    page: Page
    requested: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        context = self.page.context
        context.on("request", lambda request: self.requested.append(request.url))
        context.on("requestfailed", lambda request: self.faults.append(f"{request.url}: {request.failure}"))
        context.on("console", self._console)
        context.on("weberror", self._error)
        self.page.on("websocket", self._socket)

    @property
    def origins(self) -> set[str]:
        """Every requested `host:port`; the data: and blob: URLs of a page itself have none."""
        return {urlsplit(url).netloc for url in self.requested if not url.startswith(("data:", "blob:"))}

    def _socket(self, socket: WebSocket) -> None:
        self.requested.append(socket.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
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
    """An empty page of a new visitor: without cookies, storage or cache."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield Visit(context.new_page())
    context.close()


def open_graphiql(page: Page, address: str) -> None:
    """Opens GraphiQL and waits until its editor has its text, because the buttons have no effect before."""
    page.goto(address)
    expect(page.locator(".graphiql-query-editor .view-line").first).to_be_visible()


def run_in_graphiql(page: Page, operation: str) -> None:
    """Replaces the text in GraphiQL's editor by pasting (typing would add closing brackets), and runs it.

    The operation needs a unique name, which its tab shows once GraphiQL has read the operation. GraphiQL creates the
    editor again when a schema arrives, and the pasted text is then lost, so the paste is repeated.
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
    """Presses the button; false where GraphiQL then sent the name of the previous operation."""
    page.get_by_role("button", name="Execute query").click()
    try:
        expect(page.locator(".graphiql-response")).to_contain_text("has no operation named", timeout=_SOON)
    except AssertionError:
        return True
    return False
