"""The taps whose outcome has not been shown: a restart in between is reported to who tapped.

Each is in the state's file before Telegram has the tap confirmed, until its outcome has been shown. A tap that a former
process of the bot left there may have been carried out or not; its report states that, and arrives at least once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.telegram.alert import Alert
from adapters.telegram.content import Button, Content
from adapters.telegram.level import Level
from adapters.telegram.text import Text, italic, lines
from infra.telegram.screens import all_strategies, limits, order, position
from infra.telegram.screens.auto import START, STOP
from infra.telegram.screens.journal import EXPORT
from infra.telegram.screens.risk import TRIP
from infra.telegram.screens.strategies import PAUSE, RESUME
from infra.telegram.screens.trade import PLACE
from infra.telegram.state import Begun, StateFile
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
_ID: Final = "tap-"


class BegunTaps:
    """Use it in one event loop."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self.left: Sequence[Begun] = tuple(file.state.begun)
        """Those of a former process of the bot."""
        self._placed: set[int] = set()
        self._until_shown = defaultdict[int, list[Begun]](list)
        self._files: dict[Begun, set[str]] = {}
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
        begun = self._file.state.begun
        if tap in begun:
            return False
        begun.append(tap)
        return True

    def is_left(self, tap: Begun) -> bool:
        """Whether a former process of the bot took this tap up."""
        return tap in self.left

    def placed(self, chat: int) -> None:
        """A screen is on its way to the chat."""
        self._placed.add(chat)

    def shown(self, chat: int) -> None:
        """The chat's screen has arrived, and with it the outcome of each tap that has ended."""
        self._placed.discard(chat)
        self._end(self._until_shown.pop(chat, []))

    def ended(self, tap: Begun) -> None:
        """What the tap did has ended. Its outcome is shown once the chat's screen and the tap's files have arrived."""
        if tap in self._files:
            return
        if tap.chat in self._placed:
            self._until_shown[tap.chat].append(tap)
        else:
            self._end([tap])

    def sends(self, tap: Begun, files: Iterable[Alert]) -> None:
        """These files are the outcome of the tap."""
        self._files[tap] = {one.id for one in files}

    def report(self, tap: Begun, words: Words) -> Alert:
        """The report of a tap that a former process of the bot left."""
        verb, _, argument = tap.data.partition(":")
        label = words(BUTTONS[verb])
        is_export = verb == EXPORT
        text = words("interrupted-export") if is_export else words("interrupted", button=label)
        buttons = ((Button(label, f"{EXPORT}:{argument}"),),) if is_export else ()

        def shown(may_repeat: bool) -> Content:  # noqa: FBT001
            doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
            return Content(lines([Text(text), *doubt]), buttons)

        alert = Alert(f"{_ID}{tap.user}-{tap.data}", Level.HIGH, None, shown, text, alone=True)
        self._reports[alert.id] = tap
        return alert

    def arrived(self, alerts: Sequence[Alert]) -> None:
        """These are finished; all but reports and files of taps are left alone."""
        ids = {one.id for one in alerts}
        ended = [self._reports.pop(one) for one in ids & self._reports.keys()]
        for tap, files in list(self._files.items()):
            files.difference_update(ids)
            if not files:
                del self._files[tap]
                ended.append(tap)
        self._end(ended)

    def _end(self, taps: Sequence[Begun]) -> None:
        if not taps:
            return
        state = self._file.state
        state.begun = [one for one in state.begun if one not in taps]
        self.left = [one for one in self.left if one not in taps]
        self._file.save()
