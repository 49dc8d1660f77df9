"""What taps on the screens of orders, positions and limits do, each for the user who tapped.

A step knows the argument of the chat's screen, which has what the user entered, and returns what the chat shows next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    ResumeStrategy,
)
from commands.roles import LEAST_ROLE, Role
from infra.telegram.api import Api
from infra.telegram.draft import Draft, draft_of, is_over, still_holds, without_old
from infra.telegram.mutations import (
    AMEND_ORDER,
    CANCEL_ORDER,
    CHANGE_SETTINGS,
    CLOSE_POSITION,
    DRAFT_ORDER,
    MOVE_PROTECTION,
    PAUSE_STRATEGY,
    PLACE_ORDER,
    RESUME_STRATEGY,
    Done,
    NotDone,
    Open,
    send,
)
from infra.telegram.open_requests import OpenRequests
from infra.telegram.people import Person
from infra.telegram.screen_key import new_key
from infra.telegram.screens import all_strategies, limits, order, position, subject
from infra.telegram.screens.accounts import narrowed
from infra.telegram.screens.entered import ACCOUNT, KEY, REASON, Values, argument_of, values_of
from infra.telegram.screens.order_terms import sent
from infra.telegram.screens.screen import Data, Screen
from infra.telegram.screens.trade import (
    DRAFT,
    OF_DRAFT,
    PLACE,
    TRADE,
    account_of,
    changed_line,
    entered,
    terms_of,
)
from infra.telegram.state import StateFile
from infra.telegram.words import words_of


@dataclass(frozen=True, slots=True)
class Next:
    """The screen that the chat shows next, and the sentence over the tapped message; empty for none."""

    screen: str
    argument: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a button of `screen` does. `role` is the least that may tap it; `run` receives who tapped, the argument of
    the chat's screen, and what follows the verb. It raises ApiFault where a query is not answered. One that `expires`
    has a key behind its verb, and is refused once what its button showed is old: see `screen_key`. `late` is run
    instead for a tap that waited while the bot could not be reached; without it such a tap is refused."""

    role: Role
    screen: str
    run: Callable[[Trading, Person, str, str], Awaitable[Next]]
    expires: bool = False
    late: Callable[[Trading, Person, str, str], Awaitable[Next]] | None = None


class Trading:
    """Sends what users confirm. Drafts are kept in the state's file before their buttons are shown."""

    def __init__(self, api: Api, file: StateFile, clock: Callable[[], datetime], open_: OpenRequests) -> None:
        self._api, self._file, self._clock, self._open = api, file, clock, open_

    async def draft(self, person: Person, argument: str, _given: str) -> Next:
        """Has the engine draft the entered order; the draft's key is that of its order."""
        words = words_of(person.language)
        response = await self._api.execute(TRADE.query, TRADE.variables(argument), person.role, person.user)
        data = narrowed(response, self._file.state.accounts.get(person.user, ""))
        built, account = terms_of(data, argument), account_of(data)
        if account is None:
            return Next(TRADE.name, argument, words("trade-no-account"))
        if built.missing:
            what = words(f"trade-{built.missing}")
            return Next(TRADE.name, argument, words("trade-missing", what=what))
        key = new_key(self._clock())
        drafted = await self._drafted(person, key, account["account"], built.terms)
        if "known" in drafted:
            return Next(TRADE.name, argument, words("trade-not-drafted", reason=drafted["known"]))
        now = self._clock()
        drafts = without_old(self._file.state.drafts, now)
        draft = draft_of(drafted, person.user, account["account"], now, built.terms)
        self._file.state.drafts = {**drafts, key: draft}
        try:
            self._file.keep()
        except OSError as fault:
            self._file.state.drafts = drafts
            return Next(TRADE.name, argument, words("trade-not-kept", reason=fault.strerror or ""))
        return Next(TRADE.name, argument_of({**entered(argument), OF_DRAFT: key}))

    async def place(self, person: Person, argument: str, key: str) -> Next:
        """Places the order of the draft that the screen shows; where its outcome is not known, once by any number of
        taps."""
        return await self._place(person, argument, key, is_late=False)

    async def place_late(self, person: Person, argument: str, key: str) -> Next:
        """Places the order of a tap that waited, where the figures that its screen showed still hold
        (`draft.still_holds`); the engine judges expiry and rules. Where they do not hold, the screen states it, and
        each later tap is compared too, because its user may not have read that."""
        return await self._place(person, argument, key, is_late=True)

    async def _place(self, person: Person, argument: str, key: str, *, is_late: bool) -> Next:
        words, draft = words_of(person.language), self._file.state.drafts.get(key)
        values = entered(argument)
        if draft is None or draft.reason or draft.user != person.user or values.get(OF_DRAFT) != key:
            without = argument_of({name: value for name, value in values.items() if name != OF_DRAFT})
            return Next(TRADE.name, without, words("trade-begin-again"))
        if is_late or draft.is_compared:
            fault = await self._compared(person, key, draft)
            if fault:
                return Next(TRADE.name, argument, fault)
            draft = self._file.state.drafts[key]
        given = {"key": _sent_key(key), "account": draft.account, "confirmation": draft.confirmation}
        became = self._open.became(key, await send(self._api, PLACE_ORDER, given, person))
        if isinstance(became, Open):
            return Next(TRADE.name, argument, words("outcome-open", reason=became.reason))
        if isinstance(became, NotDone):
            self._keep(key, msgspec.structs.replace(draft, reason=became.reason))
            return Next(TRADE.name, argument, words("trade-refused-line", reason=became.reason))
        self._keep(key, None)
        return Next("positions", "", words("trade-placed-before" if became.repeated else "trade-placed"))

    async def _compared(self, person: Person, key: str, draft: Draft) -> str:
        """Compares the draft with what the engine would draft now; the sentence why nothing is placed, empty where its
        figures hold. That each tap is compared is kept before, so that no restart and no fault loses it."""
        words, replace = words_of(person.language), msgspec.structs.replace
        if not draft.is_compared:
            self._keep(key, draft := replace(draft, is_compared=True))
        found = await self._drafted(person, new_key(self._clock()), draft.account, draft.terms)
        if "known" in found:
            return words("trade-not-drafted", reason=found["known"])
        now = draft_of(found, person.user, draft.account, self._clock(), draft.terms)
        holds = is_over(draft, now) or still_holds(draft, now)
        self._keep(key, replace(draft, is_compared=not holds, is_changed=not holds))
        return "" if holds else changed_line(draft, words, is_open=self._open.is_open(key))

    async def _drafted(
        self, person: Person, key: str, account: str, terms: Mapping[str, str | bool]
    ) -> Mapping[str, Any]:
        """The engine's response to a draft, which records nothing."""
        given = {"key": _sent_key(key), "account": account, "terms": sent(terms)}
        found: Mapping[str, Any] = (await self._api.execute(DRAFT_ORDER, given, person.role, person.user))[
            "draftOrder"
        ]
        return found

    async def close(self, person: Person, argument: str, key: str) -> Next:
        """Closes the position of the screen at the market."""
        values = subject.values_of(argument)
        return await self._carried_out(_CLOSED, person, values, key, {"position": values["id"]})

    async def protect(self, person: Person, argument: str, key: str) -> Next:
        """Moves the stop, the target or both of the position of the screen."""
        values = subject.values_of(argument)
        data = await self._data(position.POSITION, person, argument)
        given = {"position": values["id"], **position.levels_of(data, values)}
        return await self._carried_out(_PROTECTED, person, values, key, given)

    async def amend(self, person: Person, argument: str, key: str) -> Next:
        """Amends the price, the quantity or both of the order of the screen."""
        values = subject.values_of(argument)
        data = await self._data(order.ORDER, person, argument)
        if not order.amended_of(data, values) and not self._open.is_open(key):
            return Next("order", argument, words_of(person.language)("done-before"))
        given = {"order": values["id"], **order.requested_of(data, values)}
        return await self._carried_out(_AMENDED, person, values, key, given)

    async def cancel(self, person: Person, argument: str, key: str) -> Next:
        """Requests the cancellation of the order of the screen."""
        values = subject.values_of(argument)
        return await self._carried_out(_CANCELLED, person, values, key, {"order": values["id"]})

    async def change(self, person: Person, argument: str, key: str) -> Next:
        """Puts the entered value of the setting in force."""
        values = values_of(argument, limits.NAME)
        change = {"name": values.get(limits.NAME, ""), "value": values.get(limits.VALUE, "")}
        return await self._carried_out(_CHANGED, person, values, key, {"changes": [change]})

    async def switch_all(self, person: Person, argument: str, key: str) -> Next:
        """Pauses or resumes the strategies that the screen showed, one request after the other, each with a key of its
        own, so that a further tap repeats what had no outcome and changes nothing else."""
        values, words = all_strategies.values_of(argument), words_of(person.language)
        do, names = values[all_strategies.DO], all_strategies.names_of(values)
        if values.get(KEY) != key or not values.get(ACCOUNT) or not names:
            return Next("all", argument, words("old-screen"))
        refused: list[str] = []
        for n, name in enumerate(names):
            given = {
                "key": f"{_sent_key(key)}-{n}",
                "account": values[ACCOUNT],
                "strategy": name,
                "reason": "by Telegram, with all strategies",
            }
            became = await send(self._api, _SWITCHES[do], given, person)
            if isinstance(became, Open) or (isinstance(became, NotDone) and became.of_caller):
                return self._ended_early(person, values, key, became)
            if isinstance(became, NotDone):
                refused.append(f"{name}: {became.reason}")
        self._open.became(key, Done(changed=len(refused) < len(names)))
        if refused:
            return Next("strategies", "", words("all-refused", n=len(refused), reasons="; ".join(refused)))
        return Next("strategies", "", words(f"{do}-all-done", n=len(names)))

    def _ended_early(self, person: Person, values: Values, key: str, became: Open | NotDone) -> Next:
        """What is shown where one of the requests has no outcome or its caller is refused: the same button goes on."""
        words, found = words_of(person.language), self._open.became(key, became)
        if isinstance(found, NotDone):
            return Next(
                "all", argument_of({**values, REASON: found.reason}), words("not-done", reason=found.reason)
            )
        assert isinstance(found, Open)
        return Next("all", argument_of(values), words("outcome-open", reason=found.reason))

    async def _data(self, screen: Screen, person: Person, argument: str) -> Data:
        return await self._api.execute(screen.query, screen.variables(argument), person.role, person.user)

    async def _carried_out(
        self, sending: _Sending, person: Person, values: Values, key: str, given: Mapping[str, object]
    ) -> Next:
        """Sends what the button of this key confirms to the account of the screen, once by any number of taps; the
        engine of another account refuses it. A screen that has another key by now has shown something else since."""
        words, argument = words_of(person.language), argument_of(values)
        if values.get(KEY) != key or not values.get(ACCOUNT):
            return Next(sending.screen, argument, words("old-screen"))
        sent_to = {"key": _sent_key(key), "account": values[ACCOUNT]}
        response = await send(self._api, sending.document, {**sent_to, **given}, person)
        became = self._open.became(key, response)
        if isinstance(became, Open):
            return Next(sending.screen, argument, words("outcome-open", reason=became.reason))
        if isinstance(became, NotDone):
            refused = argument_of({**values, REASON: became.reason})
            return Next(sending.screen, refused, words("not-done", reason=became.reason))
        if became.repeated or not became.changed:
            return Next(sending.then, "", words("done-before"))
        return Next(sending.then, "", words(sending.done))

    def _keep(self, key: str, draft: Draft | None) -> None:
        """Keeps what became of the draft; None: it is over."""
        drafts = self._file.state.drafts
        drafts.pop(key, None)
        if draft is not None:
            drafts[key] = draft
        self._file.save()


@dataclass(frozen=True, slots=True)
class _Sending:
    """A mutation that a button of `screen` confirms, the word for its outcome, and the screen that is shown then."""

    document: str
    screen: str
    done: str
    then: str


_CLOSED: Final = _Sending(CLOSE_POSITION, "position", "close-begun", "positions")
_PROTECTED: Final = _Sending(MOVE_PROTECTION, "position", "protect-moved", "positions")
_AMENDED: Final = _Sending(AMEND_ORDER, "order", "amend-requested", "positions")
_CANCELLED: Final = _Sending(CANCEL_ORDER, "order", "cancel-requested", "positions")
_CHANGED: Final = _Sending(CHANGE_SETTINGS, "limits", "limits-changed", "limits")


_SWITCHES: Final = {"pause": PAUSE_STRATEGY, "resume": RESUME_STRATEGY}
"""The mutation that is sent for each of all strategies."""
SENDINGS: Final = (_CLOSED, _PROTECTED, _AMENDED, _CANCELLED, _CHANGED)


def _sent_key(key: str) -> str:
    return f"telegram-{key}"


STEPS: Final[Mapping[str, Step]] = {
    DRAFT: Step(LEAST_ROLE[DraftOrder], TRADE.name, Trading.draft),
    PLACE: Step(LEAST_ROLE[PlaceOrder], TRADE.name, Trading.place, late=Trading.place_late),
    position.CLOSE: Step(LEAST_ROLE[ClosePosition], "position", Trading.close, expires=True),
    position.PROTECT: Step(LEAST_ROLE[MoveProtection], "position", Trading.protect, expires=True),
    order.AMEND: Step(LEAST_ROLE[AmendOrder], "order", Trading.amend, expires=True),
    order.CANCEL: Step(LEAST_ROLE[CancelOrder], "order", Trading.cancel, expires=True),
    all_strategies.PAUSE_ALL: Step(LEAST_ROLE[PauseStrategy], "all", Trading.switch_all, expires=True),
    all_strategies.RESUME_ALL: Step(LEAST_ROLE[ResumeStrategy], "all", Trading.switch_all, expires=True),
    limits.CHANGE: Step(LEAST_ROLE[ChangeSettings], "limits", Trading.change, expires=True),
}
"""What each button does, by the verb of its data."""
