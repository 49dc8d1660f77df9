"""The bot is killed before and after each of its calls and writes: a tap is carried out at most once, never by the
restart itself, and who tapped is shown its outcome or that it is not known.

The bot is whole, on a virtual clock; Telegram is the Bot API server of the tests. Killed, it writes and sends nothing
more, and what it was doing does not go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.settings import Language, TelegramSettings, UserSettings
from adapters.whole_file import replace_file
from commands.roles import Role
from infra.telegram import process, state
from infra.telegram.journal_export import COUNT_QUERY, PAGE_QUERY
from infra.telegram.mutations import (
    AMEND_ORDER,
    CANCEL_ORDER,
    CHANGE_SETTINGS,
    CLOSE_POSITION,
    DRAFT_ORDER,
    MOVE_PROTECTION,
    PAUSE_STRATEGY,
    PLACE_ORDER,
    TRIP_KILL_SWITCH,
)
from infra.telegram.secrets import TelegramSecrets
from infra.telegram.words import words_of
from tests.infra.telegram.test_journal_export import Journal
from tests.infra.telegram.test_screens import DATA
from tests.infra.telegram.test_trading import DONE, DRAFTED, POSITION, REPEATED
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.server import TOKEN, BotServer, Message
from tests.telegram_server.virtual_clock import run

ADMIN = 15
WORDS = words_of(Language.EN)
RESTARTED = "The bot was restarted"
_CARRIED_OUT_LATE = (TRIP_KILL_SWITCH, PLACE_ORDER)
"""Taps that waited while the bot was not running and are carried out all the same (decision 0151)."""
_MOST_STEPS = 60
"""More than any of these taps takes."""


class Steps:
    """Counts the moments before and after each call and write once it is `armed`, and kills the bot at step
    `dies_at`."""

    def __init__(self) -> None:
        self.dies_at, self.taken, self.is_armed, self.killed = 0, 0, False, asyncio.Event()

    def arm(self, dies_at: int) -> None:
        self.dies_at, self.is_armed = dies_at, True

    def take(self) -> bool:
        """Takes a step; whether the bot lives after it."""
        self.taken += self.is_armed
        if self.is_armed and self.taken == self.dies_at:
            self.killed.set()
        return not self.killed.is_set()

    def __call__(self) -> None:
        if not self.take():
            raise asyncio.CancelledError

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Writes the state's file, unless the bot is dead. The code around the write goes on to its next call, where
        it ends."""
        if self.take():
            replace_file(path, data, mode)
            self.take()


class DyingRequest(DirectRequest):
    """Calls of Telegram with a step before and after each."""

    def __init__(self, server: BotServer, step: Steps) -> None:
        super().__init__(server)
        self._step = step

    async def do_request(self, *given: Any, **more: Any) -> tuple[int, bytes]:
        self._step()
        found = await super().do_request(*given, **more)
        self._step()
        return found


@dataclass
class Engine:
    """The engine behind the API: it carries out one request of each key, over all restarts of the bot."""

    requests: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])
    carried_out: set[object] = field(default_factory=set[object])

    def sent(self, document: str) -> int:
        return [one for one, _ in self.requests].count(document)

    async def execute(self, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        if document in (COUNT_QUERY, PAGE_QUERY):
            return await Journal(3).execute(document, variables)
        if "log: events" in document:
            return {"log": {"edges": []}}
        if not document.startswith("mutation"):
            return DATA
        if document == DRAFT_ORDER:
            return {"draftOrder": DRAFTED}
        key = variables["key"]
        self.requests.append((document, key))
        is_repeated = key in self.carried_out
        self.carried_out.add(key)
        return {"answer": REPEATED if is_repeated else DONE}


@dataclass
class Connection:
    """The API as one process of the bot sees it."""

    engine: Engine
    step: Steps

    async def execute(self, document: str, variables: Mapping[str, Any], *_caller: object) -> Any:
        self.step()
        found = await self.engine.execute(document, variables)
        self.step()
        return found


@dataclass(frozen=True)
class Dialogue:
    """What leads to the last tap: texts, and labels of buttons after a `>`. `document` is what the tap sends; None for
    the export."""

    name: str
    ways: Sequence[str]
    label: str
    document: str | None


DIALOGUES = (
    Dialogue("place", ("/trade buy btcusdt 0.0129", ">✓ Check the order"), "trade-place", PLACE_ORDER),
    Dialogue("close", (f"/position {POSITION}",), "close-confirm", CLOSE_POSITION),
    Dialogue("protect", (f"/position {POSITION}", ">Stop …", "54100.5"), "protect-confirm", MOVE_PROTECTION),
    Dialogue("cancel", ("/order 4d8bnjj9dt473-t1",), "cancel-confirm", CANCEL_ORDER),
    Dialogue("amend", ("/order 4d8bnjj9dt473-t1", ">Price …", "57100.5"), "amend-confirm", AMEND_ORDER),
    Dialogue("change", ("/limits", ">● risk.max_positions", "4"), "limits-confirm", CHANGE_SETTINGS),
    Dialogue("pause", ("/strategy trend",), "pause-confirm", PAUSE_STRATEGY),
    Dialogue("stop", ("/switch trend",), "auto-stop-confirm", PAUSE_STRATEGY),
    Dialogue("kill", ("/kill",), "kill-confirm", TRIP_KILL_SWITCH),
    Dialogue("export", ("/journal fill",), "export", None),
)


@dataclass
class World:
    """What outlives the bot: Telegram, the engine and the state's file."""

    server: BotServer
    engine: Engine
    path: Path
    patch: Callable[[str, object], None]

    def started(self, step: Steps) -> asyncio.Task[None]:
        """A process of the bot."""

        def connected(*_given: object) -> Connection:
            return Connection(self.engine, step)

        self.patch("Api", connected)
        self.patch("replace_file", step.write)
        settings = TelegramSettings(
            api="http://api", state=self.path, users=(UserSettings(id=ADMIN, role=Role.ADMIN, alerts=None),)
        )
        request = DyingRequest(self.server, step)
        secrets = TelegramSecrets(TOKEN, "", dict.fromkeys(Role, "token"))
        metrics, stopping = TelegramMetrics(new_registry()), asyncio.Event()
        return asyncio.create_task(
            process.run_bot(settings, secrets, metrics, stopping, requests=(request, request), poll_seconds=1)
        )

    def screen_with(self, label: str) -> Message | None:
        return next((one for one in reversed(self.server.shown(ADMIN)) if label in one.buttons), None)

    @property
    def begun(self) -> Sequence[object]:
        return msgspec.json.decode(self.path.read_bytes(), type=state.State).begun

    def is_shown(self, tap: str, dialogue: Dialogue) -> bool:
        """Whether the user has the outcome, or a report that it is not known; of an export the file, or a refusal."""
        answer = self.server.answers.get(tap, "")
        if any(one.text.startswith(RESTARTED) for one in self.server.sent):
            return True
        if dialogue.document is None:
            return any(one.file for one in self.server.sent) or answer == WORDS("late")
        return bool(answer)


async def ended(bot: asyncio.Task[None]) -> None:
    bot.cancel()
    await asyncio.gather(bot, return_exceptions=True)


async def led(world: World, dialogue: Dialogue) -> Message:
    """The screen with the last button."""
    for way in dialogue.ways:
        if way.startswith(">"):
            label = way[1:]
            world.server.tap(ADMIN, await world.server.until(partial(world.screen_with, label)), label)
            await asyncio.sleep(5)
        else:
            world.server.type(ADMIN, way)
            await asyncio.sleep(5)
    found = await world.server.until(partial(world.screen_with, WORDS(dialogue.label)))
    await asyncio.sleep(5)
    return found


async def died(world: World, dialogue: Dialogue, dies_at: int) -> bool:
    """Kills the bot at this step after the last tap, starts another one and checks what became of the tap; false
    where the tap takes fewer steps."""
    server, engine, label, step = world.server, world.engine, WORDS(dialogue.label), Steps()
    bot = world.started(step)
    screen = await led(world, dialogue)
    step.arm(dies_at)
    tap = server.tap(ADMIN, screen, label)
    while not step.killed.is_set() and (tap not in server.answers or world.begun):  # noqa: ASYNC110  # virtual clock
        await asyncio.sleep(0.2)
    was_killed = step.killed.is_set()
    await ended(bot)
    if not was_killed:
        assert server.answers[tap]
        return False
    before = len(engine.requests)
    bot = world.started(Steps())
    await asyncio.sleep(30)
    assert world.is_shown(tap, dialogue), f"step {dies_at}: nothing is shown of the tap"
    if dialogue.document not in _CARRIED_OUT_LATE:
        assert len(engine.requests) == before, f"step {dies_at}: the restart sent a request"
    assert len(engine.carried_out) <= 1
    assert world.begun == []
    again = world.screen_with(label)
    if again is not None:
        tap = server.tap(ADMIN, again, label)
        await asyncio.sleep(30)
        assert server.answers.get(tap)
    await ended(bot)
    if dialogue.document is None:
        assert any(one.file for one in server.sent), f"step {dies_at}: no export"
    else:
        assert len(engine.carried_out) == 1, f"step {dies_at}: {engine.requests}"
        assert engine.sent(dialogue.document) <= 2
    return True


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda one: one.name)
def test_a_tap_is_carried_out_once_and_its_outcome_shown_or_called_unknown_wherever_the_bot_is_killed(
    dialogue: Dialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def inline(work: Callable[..., object], *given: object) -> object:
        return work(*given)

    async def at(dies_at: int) -> bool:
        server = BotServer(asyncio.get_running_loop().time)
        server.chats.add(ADMIN)
        return await died(World(server, Engine(), tmp_path / f"{dies_at}.json", patch), dialogue, dies_at)

    def patch(name: str, value: object) -> None:
        monkeypatch.setattr(process if name == "Api" else state, name, value)

    monkeypatch.setattr(asyncio, "to_thread", inline)
    for dies_at in range(1, _MOST_STEPS):
        if not run(at(dies_at)):
            break
    else:
        raise AssertionError("the tap has more steps than were tried")
    assert dies_at > 8
