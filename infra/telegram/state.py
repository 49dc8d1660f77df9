"""What the bot has to know after a restart: which alerts arrived, and each chat's screen."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.telegram.settings import ChatSettings, Language, UserSettings
from adapters.whole_file import replace_file
from domain.errors import InvalidInput
from infra.run.turn import FileTurn
from infra.telegram.draft import Draft

_log = logging.getLogger(__name__)


class Open(msgspec.Struct, frozen=True):
    """The screen that a chat shows: the message, the screen's name and argument, and the user who opened it."""

    message: int
    screen: str
    argument: str
    user: int


class Cursor(msgspec.Struct, frozen=True):
    """Every event up to `ordinal` of the partition's log, which has the id `log_id`, was looked at, and its alerts
    arrived wherever they belong."""

    log_id: str
    partition: int
    ordinal: int


class Kill(msgspec.Struct, frozen=True):
    """A kill switch that a user tapped: the key that the first tap made, where and by whom, and the tap, which is
    answered. `account` is the one that its screen showed; empty in a log without one, for that of the engine."""

    key: str
    user: int
    chat: int
    message: int
    tap: str
    account: str = ""


class Begun(msgspec.Struct, frozen=True):
    """A tap that was taken up and whose outcome has not been shown: who tapped, in which chat, and the button's
    data."""

    user: int
    chat: int
    data: str


class Cooldown(msgspec.Struct):
    """When the last signal of its kind that was sent occurred (UTC), and how many were suppressed since."""

    at: datetime
    suppressed: int = 0


class Witness(msgspec.Struct, frozen=True):
    """An event that was looked at: the log had this id at this ordinal."""

    ordinal: int
    id: str


class State(msgspec.Struct, kw_only=True):
    """`api` is whose log the cursor belongs to; the cursor is None before the first alert is looked for.

    `arrived` has, by chat, the ordinals after the cursor whose alerts arrived already. `faults` are the ids of notices
    without an event that were sent and still stand. `kills` are the kill switches whose outcome is not known.
    `sent` is when each open notice was last sent (UTC), by its id. `moved` has the new ids of groups that
    became supergroups. `reports` is, by chat, the last day (`2026-03-01`) whose daily report is finished there.
    `drafts` are the drafts of orders by their keys.
    `languages` and `accounts` have what each user has chosen. `cooldowns` has the signals of which repeats are
    suppressed. Events up to `decided` were judged by them: of those after the cursor, `suppressed` has the ordinals
    that are not sent, and `stated` how many were suppressed before each that is. `witnesses` are the last events that
    were looked at. `open_requests` are the keys of buttons whose requests have no known outcome.
    `begun` are the taps whose outcome has not been shown.
    """

    api: str
    cursor: Cursor | None = None
    arrived: dict[int, list[int]] = {}
    faults: list[str] = []
    screens: dict[int, Open] = {}
    kills: list[Kill] = []
    sent: dict[str, datetime] = {}
    moved: dict[int, int] = {}
    reports: dict[int, str] = {}
    drafts: dict[str, Draft] = {}
    languages: dict[int, Language] = {}
    accounts: dict[int, str] = {}
    cooldowns: dict[str, Cooldown] = {}
    suppressed: list[int] = []
    stated: dict[int, int] = {}
    decided: int = 0
    witnesses: list[Witness] = []
    open_requests: list[str] = []
    begun: list[Begun] = []

    def language_of(self, recipient: UserSettings | ChatSettings) -> Language:
        """The language that a user has chosen, by default that of the settings."""
        return self.languages.get(recipient.id, recipient.language)


class _FormerDraft(msgspec.Struct):
    """What a former version kept of a draft: whether the outcome of its order is not known."""

    is_open: bool = False


class _Former(msgspec.Struct):
    """What the state's file of a former version has elsewhere."""

    drafts: dict[str, _FormerDraft] = {}

    @property
    def open_requests(self) -> list[str]:
        """The keys of the orders whose outcome is not known. A former version had them as a flag of each draft."""
        return [key for key, draft in self.drafts.items() if draft.is_open]


class StateFile:
    """Reads the state once, and writes it after each change."""

    def __init__(self, path: Path, api: str) -> None:
        """Begins with an empty state where there is no file; of one of another API, what belongs to Telegram is kept,
        and the kill switches that are pending: who tapped one wants trading stopped, and addresses are corrected.

        Raises InvalidInput for a file that is none of ours.
        """
        self._path = path
        self.state = self._read(api)

    def _read(self, api: str) -> State:
        try:
            text = self._path.read_bytes()
            found = msgspec.json.decode(text, type=State)
            former = msgspec.json.decode(text, type=_Former)
        except FileNotFoundError:
            return State(api=api)
        except (OSError, msgspec.DecodeError) as fault:
            raise InvalidInput(
                f"{self._path} cannot be read as the state of `whence telegram` ({fault}): name another file in "
                "telegram.state, or remove it, and alerts begin with the next event"
            ) from None
        if found.api == api:
            found.open_requests = list(dict.fromkeys([*found.open_requests, *former.open_requests]))
            return found
        return State(api=api, moved=found.moved, languages=found.languages, kills=found.kills)

    def keep(self) -> None:
        """Writes the state. Raises OSError."""
        replace_file(self._path, msgspec.json.encode(self.state), 0o600)

    def save(self) -> None:
        """Writes the state. Where that fails, the bot goes on, because its kill switch must: the next change writes
        everything, and after a restart before that alerts are repeated."""
        try:
            self.keep()
        except OSError as fault:
            _log.error(
                "the state %s cannot be written (%s): until it can, a restart repeats alerts and loses entered values",
                self._path,
                fault.strerror,
            )


@contextmanager
def owned(path: Path) -> Generator[None]:
    """Keeps a second bot from the state's file. Raises InvalidInput where one has it, or its folder cannot be written.

    The lock is a file beside it, because each change replaces the state's file.
    """
    lock = path.with_name(f"{path.name}.lock")
    turn = FileTurn(lock)
    try:
        is_taken = turn.take()
    except OSError as fault:
        raise InvalidInput(
            f"telegram.state: {lock} cannot be written ({fault.strerror}): name a file in a folder that can"
        ) from None
    if not is_taken:
        raise InvalidInput(
            f"telegram.state: another `whence telegram` uses {path}: stop it, or give this one a file and a token of "
            "its own"
        )
    try:
        yield
    finally:
        turn.give_back()


def current(moved: Mapping[int, int], chat: int) -> int:
    """The chat's id now, which changes when a group becomes a supergroup."""
    while chat in moved:
        chat = moved[chat]
    return chat
