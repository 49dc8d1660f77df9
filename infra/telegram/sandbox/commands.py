"""The commands `/debug_*`: an administrator starts the sandbox, forces signals in it, looks at it and stops it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from adapters.telegram.content import Content
from commands.roles import Role
from domain.errors import InvalidInput
from infra.run.demo_log import PAPER_LIVE
from infra.telegram.api import Api, ApiDown, ApiFault
from infra.telegram.mutations import Done, NotDone, send
from infra.telegram.people import Person
from infra.telegram.sandbox.forced import RAISE_SIGNAL, NoPrice, read, request_of, signal_of
from infra.telegram.sandbox.plan import ACCOUNT
from infra.telegram.sandbox.sandbox import Sandbox, SandboxFailed
from infra.telegram.screens.figures import age
from infra.telegram.screens.sandbox import QUERY, sandbox_content
from infra.telegram.screens.screen import Data, Scene

ROLE: Final = Role.ADMIN
"""The least role that knows these commands."""


class DebugCommands:
    """Each command returns the sandbox's screen. Its requests go to the sandbox's API and to no other."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._commands: Mapping[str, Callable[[Scene, Person], Awaitable[Content]]] = {
            "debug_start": self._start,
            "debug_signal": self._signal,
            "debug_state": self._state,
            "debug_stop": self._stop,
        }

    def knows(self, name: str, person: Person) -> bool:
        """Whether this is a command, and the person may give it."""
        return person.role >= ROLE and name in self._commands

    def at_once(self, name: str, scene: Scene) -> Content | None:
        """What is shown while the command is carried out; None for one that takes no time."""
        is_start = name == "debug_start" and self._sandbox.api is None
        return self._without(replace(scene, argument=""), is_starting=True) if is_start else None

    async def content(self, name: str, scene: Scene, person: Person) -> Content:
        """Carries a command out; `scene.argument` is what follows its name."""
        return await self._commands[name](scene, person)

    async def _start(self, scene: Scene, person: Person) -> Content:
        try:
            began = await self._sandbox.start()
        except SandboxFailed:
            return self._without(scene)
        return await self._shown(scene, person, scene.words("sandbox-started" if began else "sandbox-runs"))

    async def _stop(self, scene: Scene, _person: Person) -> Content:
        was_running = await self._sandbox.stop()
        return self._without(scene, scene.words("sandbox-stopped") if was_running else "")

    def _without(self, scene: Scene, note: str = "", *, is_starting: bool = False) -> Content:
        """The screen where none runs: one is starting, the last start failed, or neither."""
        words, begun, failure = scene.words, self._sandbox.begun_at, self._sandbox.failure
        if begun is not None or is_starting:
            since = "" if begun is None else f" {age(begun.isoformat(), scene.now, words)}"
            return sandbox_content(None, scene, words("sandbox-starting") + since, is_starting=True)
        return sandbox_content(
            None, scene, note or (words("sandbox-failed", reason=failure) if failure else "")
        )

    async def _state(self, scene: Scene, person: Person) -> Content:
        return await self._shown(scene, person)

    async def _signal(self, scene: Scene, person: Person) -> Content:
        api = self._sandbox.api
        if api is None:
            return self._without(scene)
        return await self._shown(scene, person, await self._forced(api, scene, person))

    async def _forced(self, api: Api, scene: Scene, person: Person) -> str:
        """Forces the signal, and states what became of it."""
        words = scene.words
        try:
            symbol, direction = read(scene.argument)
            signal = signal_of(symbol, direction, (await _read(api, person))["prices"] or ())
        except InvalidInput:
            return words("sandbox-usage")
        except NoPrice as fault:
            return words("sandbox-no-price", known=str(fault) or "-")
        except ApiFault as fault:
            return _sentence(fault, scene)
        became = await send(api, RAISE_SIGNAL, request_of(f"debug-{secrets.token_hex(8)}", signal), person)
        if isinstance(became, Done):
            return words("sandbox-forced", direction=direction.value, symbol=symbol)
        if isinstance(became, NotDone):
            return words("sandbox-refused", reason=became.reason)
        return words("sandbox-open", reason=became.reason)

    async def _shown(self, scene: Scene, person: Person, note: str = "") -> Content:
        api = self._sandbox.api
        if api is None:
            return self._without(scene, note)
        try:
            return sandbox_content(await _read(api, person), scene, note)
        except ApiFault as fault:
            return sandbox_content(None, scene, f"{note} {_sentence(fault, scene)}".strip())


async def _read(api: Api, person: Person) -> Data:
    """The state of the sandbox. Raises ApiDown where what answers is the API of another account."""
    data: Mapping[str, Any] = await api.execute(QUERY, {}, person.role, person.user)
    if any((one["account"], one["openedBy"]) != (ACCOUNT, PAPER_LIVE) for one in data["accounts"]):
        raise ApiDown("what answers at the sandbox's address has another account")
    return data


def _sentence(fault: ApiFault, scene: Scene) -> str:
    return scene.words("sandbox-fault", reason=str(fault))
