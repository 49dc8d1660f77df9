"""The taps whose outcome has not been shown: a restart in between is reported to who tapped.

Each is in the state's file before Telegram has the tap confirmed, until its outcome has been shown. A tap that a former
process of the bot left there may have been carried out or not; its report states that, and arrives at least once. So
does the report of a tap that an error of the bot ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.telegram.alert import Alert
from adapters.telegram.content import Button
from infra.telegram.screens import all_strategies, limits, order, position
from infra.telegram.screens.auto import START, STOP
from infra.telegram.screens.journal import EXPORT
from infra.telegram.screens.risk import TRIP
from infra.telegram.screens.strategies import PAUSE, RESUME
from infra.telegram.screens.trade import PLACE
from infra.telegram.state import Begun, StateFile, current
from infra.telegram.tap_message import tap_message
from infra.telegram.words import Words

BUTTONS: Final[Mapping[str, str]] = {
    PLACE: "trade-place",
    position.CLOSE: "close-confirm",
    position.PROTECT: "protect-confirm",
    order.AMEND: "amend-confirm",
    order.CANCEL: "cancel-confirm",
    limits.CHANGE: "limits-confirm",
    PAUSE: "pause-confirm",
    RESUME: "resume-confirm",
    **{all_strategies.VERBS[do]: label for do, label in all_strategies.CONFIRMS.items()},
    START: "auto-start-confirm",
    STOP: "auto-stop-confirm",
    TRIP: "kill-confirm",
    EXPORT: "export",
}
"""The words on each button whose tap is kept, by the verb of its data."""


class BegunTaps:
    """Use it in one event loop. A tap in a group is that of the group's present id, whichever id it is given with."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        file.state.begun = list(dict.fromkeys(self.present(one) for one in file.state.begun))
        self.left: Sequence[Begun] = tuple(file.state.begun)
        """Those of a former process of the bot."""
        self._placed: dict[int, int] = {}
        """By chat, the number of the last screen that is on its way."""
        self._over: dict[Begun, int] = {}
        """The taps that have ended, each with the number of the screen that shows its outcome, 0 once that arrived."""
        self._owed: dict[Begun, set[str]] = {}
        """The ids of the messages that show a tap's outcome and have not arrived."""
        self._reports: dict[str, Begun] = {}

    def begin(self, tap: Begun) -> bool:
        """Keeps a tap; false where the same button was tapped before and its outcome has not been shown. What it is
        kept for goes on also where the state's file cannot be written."""
        if not self.note(tap):
            return False
        self._file.save()
        return True

    def note(self, tap: Begun) -> bool:
        """As `begin`, for a tap that is written with the next change of the state."""
        begun, tap = self._file.state.begun, self.present(tap)
        if tap in begun:
            return False
        begun.append(tap)
        return True

    def is_left(self, tap: Begun) -> bool:
        """Whether a former process of the bot took this tap up."""
        return self.present(tap) in self.left

    def present(self, tap: Begun) -> Begun:
        """The tap with the present id of its chat."""
        chat = current(self._file.state.moved, tap.chat)
        return tap if chat == tap.chat else Begun(tap.user, chat, tap.data)

    def placed(self, chat: int, number: int) -> None:
        """The screen of this number is on its way to the chat."""
        self._placed[chat] = number

    def shown(self, chat: int, number: int) -> None:
        """The chat's screen of this number has arrived, and with it the outcome of each tap that it or an earlier one
        shows: one that a later screen shows has not arrived yet."""
        if self._placed.get(chat, 0) <= number:
            self._placed.pop(chat, None)
        arrived = [tap for tap, own in self._over.items() if tap.chat == chat and own <= number]
        self._over.update(dict.fromkeys(arrived, 0))
        self._settle(arrived)

    def ended(self, tap: Begun) -> None:
        """What the tap did has ended. Its outcome is shown once the chat's screen and the tap's messages have
        arrived."""
        tap = self.present(tap)
        self._over[tap] = self._placed.get(tap.chat, 0)
        self._settle([tap])

    def sends(self, tap: Begun, messages: Iterable[Alert]) -> None:
        """These messages show the outcome of the tap; nothing for a tap that is not kept."""
        tap = self.present(tap)
        if tap in self._file.state.begun:
            self._owed.setdefault(tap, set()).update(one.id for one in messages)

    def forget(self, tap: Begun) -> None:
        """Ends a tap of whose outcome nobody can be informed."""
        self._end([self.present(tap)])

    def moved(self, old: int, new: int) -> None:
        """A group has another id, and the taps in it too."""
        state = self._file.state
        state.begun = list(dict.fromkeys(self.present(one) for one in state.begun))
        self.left = tuple(self.present(one) for one in self.left)
        self._owed = {self.present(tap): messages for tap, messages in self._owed.items()}
        self._over = {self.present(tap): number for tap, number in self._over.items()}
        self._reports = {report: self.present(tap) for report, tap in self._reports.items()}
        if old in self._placed:
            self._placed[new] = max(self._placed.pop(old), self._placed.get(new, 0))

    def report(self, tap: Begun, words: Words, *, failed: bool = False) -> Alert:
        """The report of a tap that a former process of the bot left, or that has `failed` by an error of the bot."""
        verb, _, argument = tap.data.partition(":")
        label = words(BUTTONS[verb]) if verb in BUTTONS else verb
        is_export = verb == EXPORT
        text = _stated(verb, words, label, failed=failed)
        buttons = ((Button(label, f"{EXPORT}:{argument}"),),) if is_export else ()
        alert = tap_message(f"{tap.user}-{tap.data}", text, words, buttons)
        self._reports[alert.id] = self.present(tap)
        return alert

    def arrived(self, alerts: Sequence[Alert]) -> None:
        """These are finished; all but reports and messages of taps are left alone."""
        ids = {one.id for one in alerts}
        self._end([self._reports.pop(one) for one in ids & self._reports.keys()])
        changed = [tap for tap, messages in self._owed.items() if messages & ids]
        for tap in changed:
            self._owed[tap] -= ids
        self._settle(changed)

    def _settle(self, taps: Sequence[Begun]) -> None:
        """Ends those of the taps that are over and whose screen and messages have arrived."""
        self._end([one for one in taps if self._over.get(one) == 0 and not self._owed.get(one)])

    def _end(self, taps: Sequence[Begun]) -> None:
        if not taps:
            return
        for one in taps:
            self._over.pop(one, None)
            self._owed.pop(one, None)
        state = self._file.state
        state.begun = [one for one in state.begun if one not in taps]
        self.left = [one for one in self.left if one not in taps]
        self._file.save()


def _stated(verb: str, words: Words, label: str, *, failed: bool) -> str:
    """What the report of a tap states. A verb that no button has is that of another version of the program."""
    if verb not in BUTTONS:
        return words("interrupted-unknown", button=label)
    if failed:
        return words("failed-export") if verb == EXPORT else words("failed", button=label)
    return words("interrupted-export") if verb == EXPORT else words("interrupted", button=label)
