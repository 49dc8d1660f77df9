"""What the bot does with a user's command or tap: opens screens, and sends mutations for the user.

What a dialogue needs is in the buttons and in the engine: the desk remembers nothing that a restart may not lose.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.alert import Alert
from adapters.telegram.bot import BotApi
from adapters.telegram.content import Button, Content
from adapters.telegram.faults import BotFault
from adapters.telegram.outbox import ScreenUpdate
from adapters.telegram.sender import Sender
from adapters.telegram.settings import Language
from adapters.telegram.text import Text
from adapters.telegram.update import Tap, Typed, Update
from commands.request import DraftEntry, PauseStrategy, ResumeStrategy, TripKillSwitch
from commands.roles import LEAST_ROLE, Role
from infra.run.clock import utc_now
from infra.telegram.alert_content import ACKNOWLEDGE, EXPLAIN
from infra.telegram.api import Api, ApiDown, ApiFault
from infra.telegram.begun_taps import BUTTONS, BegunTaps
from infra.telegram.journal_export import MOST_EVENTS, exported, extent_of
from infra.telegram.kills import Kills
from infra.telegram.mutations import (
    ACKNOWLEDGE_NOTICES,
    KILL_SWITCHES,
    PAUSE_STRATEGY,
    RESUME_STRATEGY,
    Done,
    NotDone,
    Open,
    send,
)
from infra.telegram.open_requests import OpenRequests
from infra.telegram.people import People, Person
from infra.telegram.sandbox.commands import DebugCommands
from infra.telegram.screen_key import EXPIRES, is_expired, new_key
from infra.telegram.screens.accounts import ACCOUNT, CHOOSE_ACCOUNT, narrowed, of_accounts
from infra.telegram.screens.auto import AUTO, START, STOP
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.entered import SET, waits
from infra.telegram.screens.journal import EXPORT, wanted_of
from infra.telegram.screens.language import CHOOSE
from infra.telegram.screens.next_entry import (
    DRAFT_ENTRY,
    NEXT,
    SIGNALS,
    latest_of,
    next_entry_content,
    variables_of,
)
from infra.telegram.screens.risk import RISK, TRIP
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene, Screen
from infra.telegram.screens.strategies import PAUSE, RESUME, STRATEGIES
from infra.telegram.state import Begun, Kill, StateFile, current
from infra.telegram.state import Open as OpenScreen
from infra.telegram.tap_message import tap_message
from infra.telegram.trading import STEPS, Next, Trading
from infra.telegram.words import Words, words_of

_log = logging.getLogger(__name__)
_HOME_COMMANDS: Final = frozenset({"start", "menu", "help"})


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a person acts: the chat, and the tap, None for a command.

    A tap that `is_late` waited while the bot could not be reached.
    """

    chat: int
    person: Person
    tap: Tap | None = None
    is_late: bool = False

    @property
    def words(self) -> Words:
        """The words in the person's language."""
        return words_of(self.person.language)


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does. `role` is the least that may tap it; `run` receives the visit and what follows the verb.

    One that is `kept` is carried out also if it was tapped while the bot could not be reached. The tap is confirmed to
    Telegram after `run`, which keeps what it demands, and raises NotTakenUp where it cannot. One that `judges_late`
    decides itself what becomes of a late tap. All others are refused when they are late. One that `expires` has the key
    of its screen as its first argument, and is refused when the screen was opened too long ago
    (`screen_key.EXPIRES`). A button `of_alerts` may be in any message; all others are refused in a message that is not
    the chat's present screen.
    """

    role: Role
    run: Callable[[Desk, Visit, str], Awaitable[None]]
    kept: bool = False
    judges_late: bool = False
    of_alerts: bool = False
    expires: bool = False


class Desk:
    """Takes up updates, and keeps each chat's screen."""

    def __init__(
        self,
        api: Api,
        bot: BotApi,
        sender: Sender,
        file: StateFile,
        people: People,
        metrics: TelegramMetrics,
        clock: Callable[[], datetime] = utc_now,
        debug: DebugCommands | None = None,
    ) -> None:
        self._api, self._bot, self._sender = api, bot, sender
        self._debug = debug
        self._file, self._people, self._metrics = file, people, metrics
        self._clock = clock
        self.kills = Kills(api, file, people, self._killed)
        self._open_requests = OpenRequests(file, clock)
        self.trading = Trading(api, file, clock, self._open_requests)
        self._begun = BegunTaps(file)
        self._open_requests.may_have_arrived(_key(one.data) for one in self._begun.left if _sends(one.data))
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._exporting: set[int] = set()
        self._opened: dict[int, OpenScreen] = {}
        self._content: dict[int, Content] = {}
        self._numbers = count(1)
        self._sentences = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, update: Update, is_late: bool) -> None:  # noqa: FBT001  # see polling.Take
        """Takes an update up. Returns after what must not be lost is kept. Raises NotTakenUp where it is not."""
        person = self._people.person(update.user, update.chat)
        if person is None:
            self._metrics.stranger()
            return
        if isinstance(update.act, Tap):
            await self._tapped(Visit(update.chat, person, update.act), update.act, is_late=is_late)
        elif isinstance(update.act, Typed):
            self._begin(self._typed(Visit(update.chat, person), update.act.text))

    def report_left(self) -> None:
        """Reports the taps whose outcome a former process of the bot has not shown. A kill switch that is pending is
        carried out, and its outcome shown, without one. A tap of a user that is not listed any more is reported in the
        log alone."""
        pending = {self._begun.present(_tap_of(one)) for one in self._file.state.kills}
        for tap in self._begun.left:
            person = self._people.person(tap.user, tap.chat)
            if person is None:
                _log.error("whether the tap %s of user %d was carried out is not known", tap.data, tap.user)
                self._begun.forget(tap)
            elif tap not in pending:
                self._sender.add(tap.chat, self._begun.report(tap, words_of(person.language)))

    def arrived(self, alerts: Sequence[Alert]) -> None:
        """These are finished in a chat."""
        self._begun.arrived(alerts)

    async def close(self) -> None:
        """Waits until everything that was begun has ended."""
        await asyncio.gather(*self._tasks)

    def shown(self, chat: int, message: int, number: int) -> None:
        """The chat's screen is in this message now, which shows the screen of this number."""
        opened = self._opened.get(chat)
        if opened is None:
            return
        self._opened[chat] = new = replace_message(opened, message)
        if self._file.state.screens.get(chat) != new:
            self._file.state.screens[chat] = new
            self._file.save()
        self._begun.shown(chat, number)

    def moved(self, old: int, new: int) -> None:
        """A group has another id. Its screen is sent anew there, because the group's messages have other ids."""
        screens = self._file.state.screens
        self._content.pop(old, None)
        self._opened.pop(old, None)
        if old in screens:
            self._opened[new] = screens[new] = replace_message(screens.pop(old), 0)
        self._begun.moved(old, new)
        self._file.save()

    async def refresh(self) -> None:
        """Looks at every live screen once, and shows those that have changed. One that fails neither keeps the others
        from it nor ends the bot."""
        for chat, opened in list(self._file.state.screens.items()):
            await _logged(self._refresh(chat, opened), f"the screen {opened.screen} was not refreshed")

    async def _refresh(self, chat: int, opened: OpenScreen) -> None:
        screen, person = SCREENS.get(opened.screen), self._people.person(opened.user, chat)
        if screen is None or person is None or person.role < screen.role or not screen.is_live:
            return
        try:
            content = await self._rendered(screen, Visit(chat, person), opened.argument)
        except ApiFault as fault:
            _log.warning("the screen %s is not refreshed: %s", screen.name, fault)
            return
        if self._is_still_shown(chat, opened) and self._content.get(chat) != content:
            self._show(chat, opened, content)

    async def open(self, visit: Visit, argument: str) -> None:
        """Opens the screen `NAME` or `NAME:ARGUMENT` of a button."""
        name, _, own = argument.partition(":")
        screen = SCREENS.get(name)
        if screen is None:
            await self.notify(visit, visit.words("unknown-button"))
        elif visit.person.role < screen.role:
            await self.notify(visit, self._forbidden(visit, screen.role))
        elif screen.needs_argument and not own:
            await self.notify(visit, visit.words(f"{screen.name}-usage"))
        else:
            await self._open(visit, screen, _drafted(screen, own, self._clock()))

    async def notify(self, visit: Visit, text: str) -> None:
        """Shows a sentence: over the tapped message, or as the chat's screen. One that Telegram does not show there is
        a message, and so is that of a late tap, because Telegram may drop it without a word."""
        if visit.tap is not None:
            is_shown = await self._answer(visit.tap, text, as_alert=True)
            if visit.is_late or not is_shown:
                self._send(visit, visit.tap, text)
            return
        home = Button(visit.words("menu"), f"{OPEN}:{HOME}")
        self._place(visit, HOME, "", Content(Text(text), ((home,),)))

    def _send(self, visit: Visit, tap: Tap, text: str) -> None:
        """Sends a sentence as a message. A tap that is kept ends after it has arrived."""
        message = tap_message(f"{tap.id}-{next(self._sentences)}", text, visit.words)
        self._begun.sends(Begun(visit.person.user, visit.chat, tap.data), [message])
        self._sender.add(visit.chat, message)

    async def trip(self, visit: Visit, argument: str) -> None:
        """Has the kill switch of an account tripped: `KEY:ACCOUNT`, with the key that the first tap made. Raises
        NotTakenUp where it cannot be kept."""
        if visit.tap is None:
            return
        key, _, account = argument.partition(":")
        kill = Kill(key, visit.person.user, visit.chat, visit.tap.message, visit.tap.id, account)
        self._begun.note(_tap_of(kill))
        self.kills.add(kill)
        if not self.kills.is_pending(kill):
            self._begun.ended(_tap_of(kill))

    async def _killed(self, kill: Kill, became: Done | NotDone | Open) -> None:
        person = self._people.person(kill.user, kill.chat)
        if person is None:
            return
        chat = current(self._file.state.moved, kill.chat)
        visit = Visit(chat, person, Tap(kill.tap, _tap_of(kill).data, kill.message))
        words = visit.words
        if isinstance(became, Open):
            self._begin(self.notify(visit, words("kill-waits")))
        elif isinstance(became, NotDone):
            refused = self._after(visit, words("kill-refused", reason=became.reason), RISK)
            self._begin(self._ending(visit, _tap_of(kill), refused))
        else:
            self._begin(self._ending(visit, _tap_of(kill), self._after_done(visit, became, kill.account)))

    async def acknowledge(self, visit: Visit, notice: str) -> None:
        """Acknowledges a notice."""
        words = visit.words
        try:
            data = await self._api.execute(
                ACKNOWLEDGE_NOTICES, {"ids": [notice]}, visit.person.role, visit.person.user
            )
        except ApiFault as fault:
            await self.notify(visit, _sentence(fault, words))
            return
        done = bool(data["acknowledgeNotices"])
        await self.notify(visit, words("acknowledged" if done else "acknowledged-before"))

    async def pause(self, visit: Visit, argument: str) -> None:
        """Pauses a strategy: `KEY:ACCOUNT/STRATEGY`, with the key that the first tap made."""
        await self._switch(visit, argument, PAUSE_STRATEGY, "strategy-paused", STRATEGIES)

    async def resume(self, visit: Visit, argument: str) -> None:
        """Resumes a strategy: `KEY:ACCOUNT/STRATEGY`, with the key that the first tap made."""
        await self._switch(visit, argument, RESUME_STRATEGY, "strategy-resumed", STRATEGIES)

    async def start(self, visit: Visit, argument: str) -> None:
        """Starts a strategy: `KEY:ACCOUNT/STRATEGY`, with the key that the first tap made."""
        await self._switch(visit, argument, RESUME_STRATEGY, "auto-started", AUTO)

    async def stop(self, visit: Visit, argument: str) -> None:
        """Stops a strategy, which pauses it: `KEY:ACCOUNT/STRATEGY`, with the key that the first tap made."""
        await self._switch(visit, argument, PAUSE_STRATEGY, "auto-stopped", AUTO)

    async def next_entry(self, visit: Visit, strategy: str) -> None:
        """Shows what the strategy's next entry would be now, by the engine's own sizing."""
        person = visit.person
        try:
            data = await self._api.execute(SIGNALS, {"strategy": strategy}, person.role, person.user)
            drafts = [(one, await self._draft_of(one, person)) for one in latest_of(data)]
        except ApiFault as fault:
            await self.notify(visit, _sentence(fault, visit.words))
            return
        if visit.tap is not None:
            self._begin(self._answer(visit.tap, ""))
        scene = Scene(visit.words, person.role, self._clock())
        self._place(visit, HOME, "", next_entry_content(strategy, drafts, scene))

    async def _draft_of(self, signal: Data, person: Person) -> Data:
        variables = variables_of(signal, f"draft-{secrets.token_hex(8)}")
        answer = await self._api.execute(DRAFT_ENTRY, variables, person.role, person.user)
        found: Data = answer["draftEntry"]
        return found

    async def _switch(self, visit: Visit, argument: str, document: str, done: str, then: Screen) -> None:
        """Shows what became of it, and the screen `then`. Where nobody knows, the same button can be tapped again."""
        key, _, own = argument.partition(":")
        account, _, strategy = own.partition("/")
        if not strategy:
            await self.notify(visit, visit.words("unknown-button"))
            return
        given = {
            "key": f"telegram-{key}",
            "account": account,
            "strategy": strategy,
            "reason": "by Telegram",
        }
        became = self._open_requests.became(key, await send(self._api, document, given, visit.person))
        words = visit.words
        if isinstance(became, Open):
            await self.notify(visit, words("strategy-open", reason=became.reason))
        elif isinstance(became, NotDone):
            await self._after(visit, words("strategy-refused", reason=became.reason), then)
        else:
            as_before = became.repeated or not became.changed
            await self._after(
                visit, words("strategy-as-before" if as_before else done, strategy=strategy), then
            )

    async def set(self, visit: Visit, given: str) -> None:
        """Enters a value on the chat's screen: `NAME=VALUE`, or `=TEXT` for a text that was typed; empty for none,
        which shows the screen again."""
        async with self._turns[visit.chat]:
            present = self._present(visit.chat)
            screen = None if present is None else SCREENS.get(present.screen)
            if present is None or screen is None or screen.sets is None:
                await self.notify(visit, visit.words("old-screen"))
            elif present.user != visit.person.user:
                await self.notify(visit, visit.words("other-user"))
            elif visit.person.role < screen.role:
                await self.notify(visit, self._forbidden(visit, screen.role))
            else:
                key, argument = new_key(self._clock()), present.argument
                await self._entered(visit, screen, screen.sets(argument, given, key) if given else argument)

    async def _entered(self, visit: Visit, screen: Screen, argument: str) -> None:
        """Shows the screen with what was entered, which is kept also where the API does not respond."""
        try:
            argument, content = await self._read(screen, visit, argument)
        except ApiFault as fault:
            again = Button(visit.words("refresh"), f"{SET}:")
            content = Content(Text(_sentence(fault, visit.words)), ((again,),))
        if visit.tap is not None:
            self._begin(self._answer(visit.tap, ""))
        self._place(visit, screen.name, argument, content)

    async def step(self, visit: Visit, verb: str, given: str) -> None:
        """Carries out what a button of a screen with entered values does; the taps of a chat one after the other."""
        step = STEPS[verb]
        async with self._turns[visit.chat]:
            present = self._present(visit.chat)
            if present is None or present.screen != step.screen:
                await self.notify(visit, visit.words("old-screen"))
            elif present.user != visit.person.user:
                await self.notify(visit, visit.words("other-user"))
            else:
                run = step.late if visit.is_late and step.late is not None else step.run
                await self._stepped(visit, present, run(self.trading, visit.person, present.argument, given))

    async def _stepped(self, visit: Visit, present: OpenScreen, running: Awaitable[Next]) -> None:
        """Shows what a step led to; only its sentence where the chat has another screen by then, or the API does not
        respond."""
        sentence = ""
        try:
            found = await running
            sentence = found.text
            content = await self._rendered(SCREENS[found.screen], visit, found.argument)
        except ApiFault as fault:
            await self.notify(visit, sentence or _sentence(fault, visit.words))
            return
        if sentence:
            await self.notify(visit, sentence)
        elif visit.tap is not None:
            self._begin(self._answer(visit.tap, ""))
        after = self._present(visit.chat)
        if after is not None and (after.screen, after.argument) == (present.screen, present.argument):
            self._place(visit, found.screen, found.argument, content)

    def _is_still_shown(self, chat: int, opened: OpenScreen) -> bool:
        """Whether neither another message nor another argument has taken the screen's place, or waits to."""
        present = self._present(chat)
        is_present = present is not None and replace_message(present, opened.message) == opened
        return is_present and self._file.state.screens.get(chat) == opened

    def _present(self, chat: int) -> OpenScreen | None:
        """The screen that the chat shows, or will once it is sent."""
        return self._opened.get(chat) or self._file.state.screens.get(chat)

    async def explain(self, visit: Visit, event: str) -> None:
        """Opens the chain of an alert's event."""
        await self.open(visit, f"{EXPLAIN}:{event}")

    async def export(self, visit: Visit, argument: str) -> None:
        """Sends the journal's events under a filter as documents. A chat has one export at a time."""
        if visit.chat in self._exporting:
            await self.notify(visit, visit.words("export-runs"))
            return
        self._exporting.add(visit.chat)
        try:
            await self._export(visit, argument)
        except ApiFault as fault:
            await self.notify(replace(visit, tap=None), _sentence(fault, visit.words))
        finally:
            self._exporting.discard(visit.chat)

    async def _export(self, visit: Visit, argument: str) -> None:
        words, person = visit.words, visit.person
        extent = await extent_of(
            self._api, person, wanted_of(argument), self._file.state.accounts.get(person.user, "")
        )
        if not extent.events:
            await self.notify(visit, words("journal-empty"))
        elif extent.events > MOST_EVENTS:
            await self.notify(visit, words("export-large", n=extent.events, most=MOST_EVENTS))
        else:
            await self.notify(visit, words("export-begun", n=extent.events))
            documents = await exported(self._api, person, extent, words)
            if visit.tap is not None:
                self._begun.sends(Begun(person.user, visit.chat, visit.tap.data), documents)
            for document in documents:
                self._sender.add(visit.chat, document)

    async def choose_language(self, visit: Visit, name: str) -> None:
        """Keeps the language of the user's screens and alerts, and opens the list of screens in it."""
        if name not in set(Language):
            await self.notify(visit, visit.words("unknown-button"))
            return
        chosen = Language(name)
        self._file.state.languages[visit.person.user] = chosen
        self._file.save()
        await self.open(replace(visit, person=replace(visit.person, language=chosen)), HOME)

    async def choose_account(self, visit: Visit, name: str) -> None:
        """Keeps the account of the user's screens, empty for all, and shows the choice."""
        accounts = self._file.state.accounts
        accounts.pop(visit.person.user, None)
        if name:
            accounts[visit.person.user] = name
        self._file.save()
        await self.open(visit, ACCOUNT.name)

    async def _after_done(self, visit: Visit, done: Done, account: str) -> None:
        await self._after(visit, await self._kill_outcome(visit, done, account), RISK)

    async def _after(self, visit: Visit, text: str, screen: Screen) -> None:
        """Shows a sentence over the tapped message, and the screen in it."""
        await self.notify(visit, text)
        await self._open(replace(visit, tap=None), screen, "", message=visit.tap)

    async def _kill_outcome(self, visit: Visit, done: Done, account: str) -> str:
        """States the kill switch of the account as it is now; without a name that of any account."""
        words, person = visit.words, visit.person
        if not done.repeated:
            return words("kill-tripped") if done.changed else words("kill-already")
        try:
            data = await self._api.execute(KILL_SWITCHES, {}, person.role, person.user)
        except ApiFault as fault:
            _log.warning("the state of the kill switch is not known: %s", fault)
            return words("kill-unknown")
        is_tripped = any(one["killSwitch"] for one in of_accounts(data["tradingStates"], account))
        return words("kill-already") if is_tripped else words("kill-reset")

    async def _tapped(self, visit: Visit, tap: Tap, *, is_late: bool) -> None:
        verb, _, argument = tap.data.partition(":")
        action = ACTIONS.get(verb)
        if action is None:
            self._begin(self.notify(visit, visit.words("unknown-button")))
        elif visit.person.role < action.role:
            self._begin(self.notify(visit, self._forbidden(visit, action.role)))
        elif not action.of_alerts and not self._is_present(visit.chat, tap):
            self._begin(self.notify(visit, visit.words("old-screen")))
        elif action.kept:
            await action.run(self, visit, argument)
        elif is_late and self._is_left(visit, tap):
            restarted = visit.words("outcome-open", reason=visit.words("restarted"))
            self._begin(self._answer(tap, restarted, as_alert=True))  # its report is on its way
        elif is_late and not action.judges_late:
            self._refuse_late(replace(visit, is_late=True), tap, verb)
        elif action.expires and is_expired(argument.partition(":")[0], self._clock()):
            self._begin(self.notify(visit, visit.words("expired", minutes=EXPIRES // timedelta(minutes=1))))
        elif verb in BUTTONS:
            self._begin_kept(visit, tap, action.run(self, replace(visit, is_late=is_late), argument))
        else:
            self._begin(action.run(self, visit, argument))

    def _refuse_late(self, visit: Visit, tap: Tap, verb: str) -> None:
        """Refuses a tap that waited while the bot was not running. That of a button which would have sent something is
        kept until its user has the sentence; all others are tapped again."""
        text = visit.words("late")
        if verb in BUTTONS:
            self._begin_kept(visit, tap, self.notify(visit, text))
        else:
            self._begin(self._answer(tap, text, as_alert=True))

    def _is_left(self, visit: Visit, tap: Tap) -> bool:
        return self._begun.is_left(Begun(visit.person.user, visit.chat, tap.data))

    def _begin_kept(self, visit: Visit, tap: Tap, work: Awaitable[None]) -> None:
        """Begins what a tap does once the tap is in the state's file, until its outcome has been shown."""
        begun = Begun(visit.person.user, visit.chat, tap.data)
        self._begin(self._ending(visit, begun, work) if self._begun.begin(begun) else work)

    async def _ending(self, visit: Visit, tap: Begun, work: Awaitable[None]) -> None:
        """Ends the tap after its work. One that an error of the bot ends is reported, because its outcome was not
        shown; a cancelled one is left to the next process."""
        try:
            await work
        except Exception:
            if _sends(tap.data):
                self._open_requests.may_have_arrived([_key(tap.data)])
            self._sender.add(visit.chat, self._begun.report(tap, visit.words, failed=True))
            raise
        self._begun.ended(tap)

    def _is_present(self, chat: int, tap: Tap) -> bool:
        """Whether the tap is in the chat's screen; true where none is known, as after the loss of the state's file."""
        screen = self._file.state.screens.get(chat)
        return screen is None or screen.message == tap.message

    async def _typed(self, visit: Visit, text: str) -> None:
        head, _, argument = text.strip().partition(" ")
        name = head.removeprefix("/").partition("@")[0].lower()
        if head.startswith("/") and self._debug is not None and self._debug.knows(name, visit.person):
            await self._debugged(self._debug, visit, name, argument.strip())
            return
        is_command = head.startswith("/") and (name in SCREENS or name in _HOME_COMMANDS)
        is_group = visit.chat != visit.person.user
        if is_group and not is_command and not self._waits_for(visit, head):
            return  # in a group people speak to each other
        if not head.startswith("/") and self._takes_values(visit.chat):
            await self.set(visit, f"={text}")
            return
        if not head.startswith("/") and (searched := self._searched(visit.chat, text)) is not None:
            await self.open(visit, searched)
            return
        wanted = name if is_command and name in SCREENS else HOME
        await self.open(visit, f"{wanted}:{argument.strip()}" if argument.strip() else wanted)

    def _waits_for(self, visit: Visit, head: str) -> bool:
        """Whether the user has tapped what the next text is for; `head` is its first word."""
        present = self._present(visit.chat)
        if present is None or present.user != visit.person.user or head.startswith("/"):
            return False
        return self._takes_values(visit.chat) and waits(present.argument)

    def _takes_values(self, chat: int) -> bool:
        present = self._present(chat)
        screen = None if present is None else SCREENS.get(present.screen)
        return screen is not None and screen.sets is not None

    async def _debugged(self, debug: DebugCommands, visit: Visit, name: str, argument: str) -> None:
        """Shows what a command of the sandbox led to. What is shown meanwhile is replaced only where the chat has no
        other screen by then; /debug_state shows the outcome in any case."""
        scene = Scene(visit.words, visit.person.role, self._clock(), argument)
        first = debug.at_once(name, scene)
        if first is not None:
            self._place(visit, HOME, "", first)
        content = await debug.content(name, scene, visit.person)
        if first is None:
            self._place(visit, HOME, "", content)
        elif self._content.get(visit.chat) is first:
            self._show(visit.chat, self._opened[visit.chat], content)

    def _searched(self, chat: int, text: str) -> str | None:
        """What a typed text opens in the chat's screen; None where that takes no text."""
        opened = self._file.state.screens.get(chat)
        screen = None if opened is None else SCREENS.get(opened.screen)
        if opened is None or screen is None or screen.typed is None:
            return None
        return f"{screen.name}:{screen.typed(opened.argument, text)}"

    async def _open(self, visit: Visit, screen: Screen, argument: str, message: Tap | None = None) -> None:
        try:
            argument, content = await self._read(screen, visit, argument)
        except ApiFault as fault:
            await self.notify(visit, _sentence(fault, visit.words))
            return
        if visit.tap is not None:
            self._begin(self._answer(visit.tap, ""))
        self._place(visit if message is None else replace(visit, tap=message), screen.name, argument, content)

    async def _rendered(self, screen: Screen, visit: Visit, argument: str) -> Content:
        return (await self._read(screen, visit, argument))[1]

    async def _read(self, screen: Screen, visit: Visit, argument: str) -> tuple[str, Content]:
        """The screen's argument with what the screen pins of the response, and its content."""
        person, pins = visit.person, screen.pins
        account = (pins and pins.account(argument)) or self._file.state.accounts.get(person.user, "")
        variables = screen.variables(argument)
        if account and screen.by_account is not None:
            variables = screen.by_account(variables, account)
        data = await self._api.execute(screen.query, variables, person.role, person.user)
        if screen.by_account is not None:
            data = narrowed(data, account)
        if pins is not None:
            argument = pins.pinned(argument, data)
        shown = account if screen.by_account is not None or screen is ACCOUNT else ""
        state = self._file.state
        drafts = {key: one for key, one in state.drafts.items() if one.user == person.user}
        scene = Scene(
            visit.words, person.role, self._clock(), argument, shown, drafts, frozenset(state.open_requests)
        )
        return argument, screen.render(data, scene)

    def _place(self, visit: Visit, name: str, argument: str, content: Content) -> None:
        """Edits the chat's screen where the tap is in it; otherwise a new message takes its place."""
        chat = current(self._file.state.moved, visit.chat)
        before = self._file.state.screens.get(chat)
        edits = before is not None and visit.tap is not None and visit.tap.message == before.message
        opened = OpenScreen(before.message if before and edits else 0, name, argument, visit.person.user)
        self._show(chat, opened, content)

    def _show(self, chat: int, opened: OpenScreen, content: Content) -> None:
        before = self._file.state.screens.get(chat)
        self._opened[chat], self._content[chat] = opened, content
        former = None if before is None or opened.message else before.message or None
        if opened.message and before != opened:  # what was entered is kept before it is shown
            self._file.state.screens[chat] = opened
            self._file.save()
        number = next(self._numbers)
        self._begun.placed(chat, number)
        self._sender.show(chat, ScreenUpdate(content, opened.message or None, former, number))

    async def _answer(self, tap: Tap, text: str, *, as_alert: bool = False) -> bool:
        """Ends the wait of a tapped button. Returns whether Telegram shows the text."""
        try:
            return await self._bot.answer(tap.id, text, as_alert=as_alert)
        except BotFault as fault:
            _log.warning("a tap is not answered: %s", fault)
            return False

    @staticmethod
    def _forbidden(visit: Visit, least: Role) -> str:
        return visit.words("not-allowed", role=least.word, own=visit.person.role.word)

    def _begin(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(work: Awaitable[object], failed: str = "an update was not carried out") -> None:
    try:
        await work
    except Exception:  # noqa: BLE001  (the next update must not suffer by it)
        _log.exception(failed)


def _tap_of(kill: Kill) -> Begun:
    """The tap of a kill switch."""
    account = f":{kill.account}" if kill.account else ""
    return Begun(kill.user, kill.chat, f"{TRIP}:{kill.key}{account}")


def _key(data: str) -> str:
    """The key of the request that a button sends."""
    return data.partition(":")[2].partition(":")[0]


def _sends(data: str) -> bool:
    """Whether the button sends a request with a key; the kill switch has a list of its own."""
    return data.partition(":")[0] in BUTTONS.keys() - {EXPORT, TRIP}


def replace_message(opened: OpenScreen, message: int) -> OpenScreen:
    """The screen in another message."""
    return OpenScreen(message, opened.screen, opened.argument, opened.user)


def _drafted(screen: Screen, argument: str, now: datetime) -> str:
    """The screen's argument, with a new key where it makes one. A screen that needs no argument has the key alone, so
    no word behind a command becomes one."""
    if not screen.drafts:
        return argument
    return f"{new_key(now)}:{argument}" if screen.needs_argument else new_key(now)


def _step(verb: str) -> Callable[[Desk, Visit, str], Awaitable[None]]:
    """The action of a step's verb."""

    async def run(desk: Desk, visit: Visit, given: str) -> None:
        await desk.step(visit, verb, given)

    return run


def _sentence(fault: ApiFault, words: Words) -> str:
    return words("api-down") if isinstance(fault, ApiDown) else words("api-refused", reason=str(fault))


ACTIONS: Final[Mapping[str, Action]] = {
    OPEN: Action(Role.VIEWER, Desk.open),
    TRIP: Action(LEAST_ROLE[TripKillSwitch], Desk.trip, kept=True),
    PAUSE: Action(LEAST_ROLE[PauseStrategy], Desk.pause, expires=True),
    RESUME: Action(LEAST_ROLE[ResumeStrategy], Desk.resume, expires=True),
    ACKNOWLEDGE: Action(Role.TRADER, Desk.acknowledge, of_alerts=True),
    EXPLAIN: Action(Role.VIEWER, Desk.explain, of_alerts=True),
    SET: Action(Role.VIEWER, Desk.set),
    **{
        verb: Action(step.role, _step(verb), judges_late=step.late is not None, expires=step.expires)
        for verb, step in STEPS.items()
    },
    START: Action(LEAST_ROLE[ResumeStrategy], Desk.start, expires=True),
    STOP: Action(LEAST_ROLE[PauseStrategy], Desk.stop, expires=True),
    NEXT: Action(LEAST_ROLE[DraftEntry], Desk.next_entry),
    CHOOSE_ACCOUNT: Action(Role.VIEWER, Desk.choose_account),
    CHOOSE: Action(Role.VIEWER, Desk.choose_language),
    EXPORT: Action(Role.VIEWER, Desk.export, of_alerts=True),
}
"""What each button does, by the verb of its data."""
