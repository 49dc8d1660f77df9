"""The commands of the debug sandbox: who knows them, and what each shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.telegram.outbox import ScreenUpdate
from adapters.telegram.settings import Language
from adapters.telegram.update import Typed, Update
from commands.roles import Role
from infra.telegram.api import Api, ApiDown, ApiFault
from infra.telegram.people import Person
from infra.telegram.sandbox.commands import DebugCommands
from infra.telegram.sandbox.forced import RAISE_SIGNAL
from infra.telegram.sandbox.sandbox import Sandbox, SandboxFailed
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.infra.telegram.sandbox.test_forced import DATA
from tests.infra.telegram.test_desk import ADMIN, Bench
from tests.infra.telegram.test_desk import Recorded as RecordedDesk
from tests.infra.telegram.test_screens import ACCOUNT, NOW

pytestmark = pytest.mark.anyio
COMMANDS = ("debug_start", "debug_signal", "debug_state", "debug_stop")


class Recorded:
    """Stands for the sandbox and its API, and records what reaches them."""

    def __init__(self, *, runs: bool = True) -> None:
        self.runs, self.fails, self.failure = runs, "", ""
        self.begun_at: datetime | None = None
        self.may_begin = asyncio.Event()
        self.may_begin.set()
        self.data: Mapping[str, Any] = DATA
        self.raised: Mapping[str, Any] = {"repeated": False, "events": [{"type": "SignalDetected"}]}
        self.fault: ApiFault | None = None
        self.signals: list[Mapping[str, Any]] = []

    @property
    def api(self) -> Api | None:
        return cast(Api, self) if self.runs else None

    async def start(self) -> bool:
        self.begun_at = NOW
        await self.may_begin.wait()
        self.begun_at, self.failure = None, self.fails
        if self.fails:
            raise SandboxFailed(self.fails)
        before, self.runs = self.runs, True
        return not before

    async def stop(self) -> bool:
        before, self.runs = self.runs, False
        return before

    async def execute(
        self, document: str, variables: Mapping[str, Any], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        if self.fault is not None:
            raise self.fault
        if document == RAISE_SIGNAL:
            self.signals.append(variables)
            return {"raiseSignal": self.raised}
        return self.data


def person(role: Role = Role.ADMIN) -> Person:
    return Person(7, role, Language.EN)


async def shown(recorded: Recorded, name: str, argument: str = "") -> str:
    scene = Scene(words_of(Language.EN), Role.ADMIN, NOW, argument)
    content = await DebugCommands(cast(Sandbox, recorded)).content(name, scene, person())
    return content.text.plain


@pytest.mark.parametrize("name", COMMANDS)
def test_only_administrators_know_the_commands(name: str) -> None:
    commands = DebugCommands(cast(Sandbox, Recorded()))
    assert commands.knows(name, person())
    assert not commands.knows(name, person(Role.TRADER))
    assert not commands.knows("debug_other", person())


async def test_a_start_says_whether_a_sandbox_ran_before_and_why_one_does_not_begin() -> None:
    recorded = Recorded(runs=False)
    assert "The sandbox runs, with a new log." in await shown(recorded, "debug_start")
    assert "The sandbox was running before." in await shown(recorded, "debug_start")
    assert "The sandbox is stopped" in await shown(recorded, "debug_stop")
    recorded.fails = "the port is in use"
    assert "The sandbox was not started: the port is in use" in await shown(recorded, "debug_start")


async def beginning(bench: WatchedBench) -> asyncio.Task[None]:
    """A start that is under way in the chat, whose screen has arrived."""
    typing = asyncio.create_task(bench.type(ADMIN, "/debug_start"))
    await bench.outside.showed()
    bench.arrives(ADMIN, 6)
    return typing


class Watched(RecordedDesk):
    """Waits for screens."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = asyncio.Event()

    def show(self, chat: int, screen: ScreenUpdate) -> None:
        super().show(chat, screen)
        self._shown.set()

    async def showed(self) -> None:
        """Returns once another screen is shown."""
        async with asyncio.timeout(60):
            await self._shown.wait()
        self._shown.clear()


class WatchedBench(Bench):
    outside: Watched


def bench_of(folder: Path, recorded: Recorded) -> WatchedBench:
    recorded.may_begin.clear()
    return WatchedBench(folder, Watched(), debug=DebugCommands(cast(Sandbox, recorded)))


@pytest.mark.parametrize(
    ("fails", "ending"),
    [
        ("", "The sandbox runs, with a new log."),
        ("the port is in use", "The sandbox was not started: the port is in use"),
    ],
)
async def test_while_a_sandbox_starts_its_screen_states_that_and_is_edited_to_the_outcome(
    tmp_path: Path, fails: str, ending: str
) -> None:
    recorded = Recorded(runs=False)
    recorded.fails = fails
    bench = bench_of(tmp_path, recorded)
    typing = await beginning(bench)
    assert "The sandbox is starting." in bench.shown
    assert "The sandbox is starting. This screen changes once it runs" in await shown(recorded, "debug_state")
    recorded.may_begin.set()
    await typing
    assert ending in bench.shown
    assert bench.outside.screens[-1][1].message == 6


async def test_a_screen_that_was_opened_while_a_sandbox_starts_stays_and_the_state_has_the_outcome(
    tmp_path: Path,
) -> None:
    recorded = Recorded(runs=False)
    recorded.fails = "the port is in use"
    bench = bench_of(tmp_path, recorded)
    typing = await beginning(bench)
    await bench.desk.take(Update(2, ADMIN, ADMIN, Typed("/portfolio", 4)), False)
    await bench.outside.showed()
    recorded.may_begin.set()
    await typing
    assert bench.shown.startswith("Portfolio")
    assert "The sandbox was not started: the port is in use" in await shown(recorded, "debug_state")


@pytest.mark.parametrize("name", ["debug_signal", "debug_state", "debug_stop"])
async def test_without_a_sandbox_nothing_is_sent(name: str) -> None:
    recorded = Recorded(runs=False)
    recorded.fault = ApiDown("asked although none runs")
    assert "No sandbox runs." in await shown(recorded, name, "BTCUSDT LONG")
    assert recorded.signals == []


async def test_a_forced_signal_names_the_account_of_the_sandbox() -> None:
    recorded = Recorded()
    assert "LONG BTCUSDT was forced" in await shown(recorded, "debug_signal", "btcusdt long")
    (sent,) = recorded.signals
    assert (sent["account"], sent["signal"]["direction"]) == ("sandbox", "LONG")


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("BTCUSDT", "Send /debug_signal, a symbol and LONG or SHORT."),
        ("DOGEUSDT LONG", "It has prices of: BTCUSDT"),
    ],
)
async def test_a_signal_that_cannot_be_made_is_not_sent(argument: str, text: str) -> None:
    recorded = Recorded()
    assert text in await shown(recorded, "debug_signal", argument)
    assert recorded.signals == []


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        ({"code": "Refused", "reason": "not now"}, "The sandbox refused the signal: not now"),
        ({"known": "not begun"}, "Whether the signal was raised is not known: not begun"),
    ],
)
async def test_a_signal_that_is_refused_or_open_is_shown_so(raised: Mapping[str, Any], text: str) -> None:
    recorded = Recorded()
    recorded.raised = raised
    assert text in await shown(recorded, "debug_signal", "BTCUSDT SHORT")


@pytest.mark.parametrize(
    "other", [{**ACCOUNT, "account": "main"}, {**ACCOUNT, "account": "sandbox", "openedBy": "live"}]
)
async def test_no_signal_is_sent_to_an_api_of_another_account(other: Mapping[str, Any]) -> None:
    recorded = Recorded()
    recorded.data = {**DATA, "accounts": [other]}
    text = await shown(recorded, "debug_signal", "BTCUSDT LONG")
    assert "what answers at the sandbox's address has another account" in text
    assert recorded.signals == []
