"""The process `whence telegram` is killed by SIGKILL beside a real engine's API, and started again: nothing is done
twice, nothing is lost, and who tapped is informed.

Telegram is the Bot API server of the tests over HTTP. The API is reached through a gate, so that a kill meets a request
before the engine has it, or after.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, TypeVar

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from commands.roles import Role
from infra.telegram.state import State
from tests.infra.telegram.test_journey import latest
from tests.infra.telegram.test_trading_journey import recorded
from tests.journeys.program import Running, running, whence
from tests.journeys.serving import Started, drained, started
from tests.telegram_server.http import served
from tests.telegram_server.methods import Params
from tests.telegram_server.server import NO_FILES, TOKEN, BotServer, CallLost, Message

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1200)]
TRADER, WATCHER = 11, 12
RESTARTED = "The bot was restarted before it had shown what became of your button"
RESET = """mutation ($key: String!) {
  resetKillSwitch(request: {idempotencyKey: $key}, reason: "the next test") { ... on Completed { repeated } }
}"""
PATIENCE = 300.0
"""Seconds: a start of the bot takes a minute where other programs have the processors."""
_WALKS = 5
"""How often a way is gone at most."""
_T = TypeVar("_T")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The API of an engine on the simulated exchange, whose last prices stand."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "whence.toml").write_text("[alerts]\ntelegram = true\n", encoding="utf-8")
    assert whence(folder, "paper", "--bars", "200").returncode == 0
    for role in (Role.TRADER, Role.ADMIN):
        made = whence(folder, "tokens", "create", f"telegram-{role.word}", "--role", role.word)
        (folder / role.word).write_text(made.stdout.strip(), encoding="utf-8")
    with started(folder) as serving, drained(serving.program, folder / "api.log"):
        yield serving


@dataclass
class Gate:
    """Stops the first call whose text has the mark, before or after it is carried out, until the caller is dead."""

    mark: str = ""
    is_before: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(self, mark: str, *, is_before: bool) -> None:
        self.mark, self.is_before = mark, is_before
        self.reached, self.gone = asyncio.Event(), asyncio.Event()

    async def pass_(self, text: str, call: Callable[[], Awaitable[_T]]) -> _T:
        """What the call returns. Raises CallLost for one that is not carried out."""
        if not self.mark or self.mark not in text:
            return await call()
        self.mark, gone, reached = "", self.gone, self.reached
        if not self.is_before:
            await call()
        reached.set()
        await gone.wait()
        raise CallLost


class GatedServer(BotServer):
    """The Bot API server behind the gate."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(asyncio.get_running_loop().time, limits=False)
        self._gate = gate

    async def call(
        self, token: str, method: str, params: Params, files: Any = NO_FILES
    ) -> tuple[int, dict[str, Any]]:
        inside = super().call
        text = f"{method} {params.get('text', '')}"
        return await self._gate.pass_(text, lambda: inside(token, method, params, files))


@asynccontextmanager
async def gated(api: Started, gate: Gate) -> AsyncGenerator[str]:
    """The address of the API behind the gate."""
    async with aiohttp.ClientSession() as session:

        async def passed(request: web.Request) -> web.Response:
            body, sent = await request.read(), ("authorization", "whence-actor", "content-type")
            headers = {name: request.headers[name] for name in sent if name in request.headers}

            async def call() -> web.Response:
                async with session.post(api.url, data=body, headers=headers) as found:
                    return web.Response(
                        body=await found.read(), status=found.status, content_type=found.content_type
                    )

            try:
                return await gate.pass_(body.decode(), call)
            except CallLost:
                return web.Response(status=502)

        app = web.Application()
        app.router.add_post("/graphql", passed)
        async with TestServer(app) as server:
            yield str(server.make_url("/graphql"))


class Scene:
    """The bot's process, and what outlives it."""

    def __init__(self, api: Started, gate: Gate, server: BotServer) -> None:
        self.api, self.gate, self.server = api, gate, server
        self._stack = ExitStack()
        self._program: Running | None = None

    async def start(self) -> None:
        """Starts the bot, and returns once it has taken up what waited."""
        calls, folder = len(self.server.calls), self.api.folder
        trader = (folder / "trader").read_text(encoding="utf-8")
        secrets = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_TRADER_TOKEN": trader,
            "TELEGRAM_VIEWER_TOKEN": trader,
        }
        self._program = self._stack.enter_context(
            running(folder, "telegram", "--config", "bot.toml", **secrets)
        )
        self._stack.enter_context(drained(self._program, folder / "bot.log"))
        await until(lambda: self.server.calls[calls:].count("getUpdates") > 1)  # the second call waits long

    async def killed(self, act: Callable[[], _T], mark: str, *, is_before: bool) -> _T:
        """Kills the bot at the call with this mark, which the act leads to, and starts it again. Returns what the act
        returned."""
        assert self._program is not None
        self.gate.arm(mark, is_before=is_before)
        done = act()
        async with asyncio.timeout(PATIENCE):
            await self.gate.reached.wait()
        await self.close()
        self.gate.gone.set()
        await self.start()
        return done

    async def close(self) -> None:
        """Kills the bot."""
        assert self._program is not None
        self._program.process.kill()
        await asyncio.to_thread(self._program.process.wait, PATIENCE)
        self._stack.close()

    def tap(self, label: str) -> str:
        """The trader taps the button in the newest message that has it."""
        (screen, *_) = [one for one in reversed(self.server.shown(TRADER)) if label in one.buttons]
        return self.server.tap(TRADER, screen, label)

    async def shown(self, text: str) -> Message:
        return await self.server.until(lambda: latest(self.server, TRADER, text), PATIENCE)

    async def answered(self, tap: str) -> str:
        """What the tap is answered with."""
        return await self.server.until(lambda: self.server.answers.get(tap), PATIENCE)

    async def informed(self, before: int) -> None:
        """Returns once a report has arrived after so many messages, and no tap's outcome is owed any more."""
        await self.server.until(
            lambda: [one for one in self.server.sent[before:] if one.text.startswith(RESTARTED)] or None,
            PATIENCE,
        )
        async with asyncio.timeout(PATIENCE):
            while self.state.begun:  # noqa: ASYNC110  # the state's file is another process's
                await asyncio.sleep(0.02)

    @property
    def state(self) -> State:
        path = self.api.folder / "telegram.json"
        return msgspec.json.decode(path.read_bytes(), type=State) if path.exists() else State(api="")

    def count(self, kind: str) -> int:
        """How many events of this type the trader has caused."""
        return [one for one, _ in recorded(self.api, TRADER)].count(kind)


@pytest.fixture
async def scene(api: Started) -> AsyncGenerator[Scene]:
    gate = Gate()
    server = GatedServer(gate)
    server.chats |= {TRADER, WATCHER}
    async with served(server) as url, gated(api, gate) as address:
        config = (
            f'[telegram]\napi = "{address}"\nbot_api = "{url}"\nstate = "telegram.json"\nreport_hour = -1\n'
            "refresh_seconds = 3\n"
            f'[[telegram.users]]\nid = {TRADER}\nrole = "trader"\nalerts = "NONE"\n'
            f'[[telegram.users]]\nid = {WATCHER}\nrole = "trader"\nalerts = "HIGH"\n'
        )
        (api.folder / "bot.toml").write_text(config, encoding="utf-8")
        (api.folder / "telegram.json").unlink(missing_ok=True)
        made = Scene(api, gate, server)
        try:
            await made.start()
            yield made
        finally:
            gate.gone.set()
            await made.close()


STEPS: Sequence[tuple[str, str]] = (
    ("/trade", "Still to be chosen: Instrument"),
    (">BTCUSDT-LINEAR", "Still to be chosen: Side"),
    (">Buy", "Still to be chosen: Quantity"),
    (">Quantity …", "Send the value as a message: Quantity"),
    ("0.0034", "Quantity: 0.003 (rounded from 0.0034)"),
    (">✓ Check the order", "Place this order?"),
)
"""A text, or the label of a button after a `>`, and what the screen shows then."""


async def test_an_order_is_entered_and_placed_once_though_the_bot_is_killed_at_each_step_once_it_is_shown(
    scene: Scene,
) -> None:
    for way, text in STEPS:

        def step(way: str = way) -> None:
            if way.startswith(">"):
                scene.tap(way[1:])
            else:
                scene.server.type(TRADER, way)

        await scene.killed(step, text, is_before=False)
        if not way.startswith(">"):  # it is shown in a new message, whose id the bot never received
            step()
            await until(lambda: is_kept(scene))
    assert scene.count("OrderPlaced") == 0
    await carried_out(scene, ORDER)
    assert scene.count("OrderPlaced") == 1
    await led(scene, CLOSE)
    scene.tap(CLOSE.label)
    await scene.shown("No position is open.")


@dataclass(frozen=True)
class Confirmation:
    """The second tap of a dialogue: what leads to it, its button, the request and the sentence that it is answered
    with, and the event that it causes."""

    ways: Sequence[tuple[str, str]]
    label: str
    request: str
    sentence: str
    event: str


ORDER = Confirmation(
    (("/trade buy btcusdt 0.003", "✓ Check the order"), (">✓ Check the order", "Place the order now")),
    "Place the order now",
    "placeOrder(",
    "The order is placed.",
    "OrderPlaced",
)
CLOSE = Confirmation(
    (("/positions", "LONG"), (">LONG", "Close it now")),
    "Close it now",
    "closePosition(",
    "The close has begun.",
    "PositionClosing",
)
KILL = Confirmation(
    (("/kill", "Trip it now"),),
    "Trip it now",
    "tripKillSwitch(",
    "The kill switch is tripped.",
    "KillSwitchTripped",
)
MOMENTS: Mapping[str, Callable[[Confirmation], tuple[str, bool]]] = {
    "before the request arrives": lambda one: (one.request, True),
    "before the response arrives": lambda one: (one.request, False),
    "before the answer": lambda one: (f"answerCallbackQuery {one.sentence}", True),
}


async def led(scene: Scene, confirmation: Confirmation) -> None:
    """Opens the screen with the last button, and returns once the state's file has it."""
    for way, label in confirmation.ways:
        await walked(scene, way, label)
    await until(lambda: is_kept(scene))


async def walked(scene: Scene, way: str, label: str) -> None:
    """Goes a way until the screen has the label. On a machine under load the bot may answer that the API does not
    respond, so a user goes it again after a while."""
    for _ in range(_WALKS):
        with suppress(AssertionError):
            if way.startswith(">"):
                scene.tap(await scene.server.until(partial(labelled, scene, way[1:]), PATIENCE))
            else:
                former = screen_of(scene)
                scene.server.type(TRADER, way)
                await scene.server.until(partial(is_replaced, scene, former), PATIENCE / _WALKS)
            await scene.server.until(partial(labelled, scene, label), PATIENCE / _WALKS)
            return
    raise AssertionError(f"{way} did not lead to {label}: {[one.text for one in scene.server.shown(TRADER)]}")


async def carried_out(scene: Scene, confirmation: Confirmation) -> None:
    """Taps the button until it is carried out: on a machine under load, what it showed may have expired."""
    while (answer := await scene.answered(scene.tap(confirmation.label))) != confirmation.sentence:
        assert "valid until" in answer or "minutes" in answer, answer
        await led(scene, confirmation)


async def until(found: Callable[[], bool]) -> None:
    """Waits for a state of other processes."""
    async with asyncio.timeout(PATIENCE):
        while not found():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def screen_of(scene: Scene) -> Message | None:
    """The newest message with buttons."""
    return max(
        (one for one in scene.server.shown(TRADER) if one.buttons), key=lambda one: one.id, default=None
    )


def is_replaced(scene: Scene, former: Message | None) -> bool | None:
    """Whether a command has put another message in the place of the former screen; None: not yet."""
    screen = screen_of(scene)
    return None if screen is None or (former is not None and screen.id <= former.id) else True


def labelled(scene: Scene, part: str) -> str | None:
    """The first label of the screen with this part."""
    screen = screen_of(scene)
    return None if screen is None else next((label for label in screen.buttons if part in label), None)


def is_kept(scene: Scene) -> bool:
    """Whether the state's file has the screen that is shown."""
    screen, kept = screen_of(scene), scene.state.screens.get(TRADER)
    return screen is not None and kept is not None and kept.message == screen.id


async def test_orders_and_closes_are_carried_out_once_and_their_user_informed_wherever_the_bot_is_killed(
    scene: Scene,
) -> None:
    for moment, confirmation in product(MOMENTS, (ORDER, CLOSE)):
        before, sent = scene.count(confirmation.event), len(scene.server.sent)
        await led(scene, confirmation)
        mark, is_before = MOMENTS[moment](confirmation)
        await scene.killed(partial(scene.tap, confirmation.label), mark, is_before=is_before)
        await scene.informed(sent)
        has_arrived = mark != confirmation.request or not is_before
        assert scene.count(confirmation.event) == before + has_arrived, moment
        await (
            scene.answered(scene.tap(confirmation.label)) if has_arrived else carried_out(scene, confirmation)
        )
        assert scene.count(confirmation.event) == before + 1, moment
        if confirmation is CLOSE:
            await scene.shown("No position is open.")


async def test_an_alert_that_was_sent_before_the_kill_and_not_noted_is_sent_again_and_then_noted(
    scene: Scene,
) -> None:
    """It is the first trip of the module's log: an alert of a notice that is open is suppressed."""
    await until(lambda: scene.state.cursor is not None)
    await led(scene, KILL)
    await scene.killed(lambda: scene.tap(KILL.label), "KILL_SWITCH_TRIPPED", is_before=False)

    def alerts() -> list[Message]:
        return [one for one in scene.server.shown(WATCHER) if "KILL_SWITCH_TRIPPED" in one.text]

    await scene.server.until(lambda: len(alerts()) > 1 or None, PATIENCE)
    ordinal = trip_of(scene)
    await until(lambda: scene.state.cursor is not None and scene.state.cursor.ordinal >= ordinal)
    assert len(alerts()) == 2
    reset(scene)


async def test_a_kill_switch_is_tripped_once_and_its_user_informed_wherever_the_bot_is_killed(
    scene: Scene,
) -> None:
    for moment in MOMENTS:
        before, sent = scene.count(KILL.event), len(scene.server.sent)
        await led(scene, KILL)
        mark, is_before = MOMENTS[moment](KILL)
        tap = await scene.killed(partial(scene.tap, KILL.label), mark, is_before=is_before)
        if mark == KILL.request:  # the restarted bot carries it out
            assert "tripped" in await scene.answered(tap), moment
        else:
            await scene.informed(sent)
        await until(lambda: not scene.state.kills and not scene.state.begun)
        assert scene.count(KILL.event) == before + 1, moment
        reset(scene)


def trip_of(scene: Scene) -> int:
    """The ordinal of the last trip."""
    found = scene.api.query(
        '{ events(where: {types: ["KillSwitchTripped"]}, direction: DESC, first: 1) { edges { node { ordinal } } } }'
    )
    (edge,) = found["data"]["events"]["edges"]
    return int(edge["node"]["ordinal"])


def reset(scene: Scene) -> None:
    """Resets the kill switch for the next test."""
    token = (scene.api.folder / "admin").read_text(encoding="utf-8")
    found = scene.api.query(RESET, token, key=f"reset-{scene.count(KILL.event)}-{trip_of(scene)}")
    assert found["data"]["resetKillSwitch"] == {"repeated": False}, found
