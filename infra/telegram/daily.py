"""The daily report: equity, trades, fees and the largest loss of a UTC day, once to each recipient.

The state's file has the last day whose report is finished in each chat, so that a restart neither repeats a report nor
leaves one out. Of several days that were missed, the last one is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from adapters.telegram.alert import Alert
from adapters.telegram.content import Content, File, FileKind
from adapters.telegram.level import Level
from adapters.telegram.sender import Sender
from adapters.telegram.settings import ChatSettings, UserSettings
from adapters.telegram.text import MOST_CAPTION, Text, bold, italic, lines
from commands.roles import Role
from infra.run.clock import utc_now
from infra.telegram.api import Api, ApiFault
from infra.telegram.equity_picture import Curve, Point, equity_picture
from infra.telegram.screens.figures import UNKNOWN, kinds, money, percent
from infra.telegram.state import StateFile, current
from infra.telegram.words import Words, words_of

_log = logging.getLogger(__name__)
_SECONDS: Final = 60.0
"""Between two looks at the clock."""
_SETTLED: Final = timedelta(minutes=5)
"""After the hour, so that the day's last mark is in the read models also where the hour is 0."""
_MOMENT: Final = timedelta(microseconds=1)
_ID: Final = "report-"
NO_HOUR: Final = -1
"""The setting without a report."""
ACCOUNTS: Final = "query { accounts { account openedBy currency } }"
DAY: Final = """query (
  $account: String!, $begin: DateTime!, $end: DateTime!, $afterEnd: DateTime!
) {
  begun: equity(where: {account: $account, before: $begin}, first: 100) { edges { node { equity } } }
  ended: equity(where: {account: $account, before: $end}, first: 100) { edges { node { equity } } }
  marks: equity(
    where: {account: $account, since: $begin, before: $afterEnd, reason: MARKED}, direction: ASC, first: 100
  ) { edges { node { at equity } } }
  performance(account: $account, by: DAY) { value trades fees net largestLoss }
}"""


@dataclass(frozen=True, slots=True)
class AccountDay:
    """An account's day. Amounts are decimals in its currency; an equity is None where the log has none by then. `curve`
    has the equity at the start, at the end of each marked hour, and at the end."""

    account: str
    currency: str
    begun: str | None
    ended: str | None
    trades: int
    fees: str
    net: str
    largest_loss: str
    curve: Curve


def due(now: datetime, hour: int) -> date:
    """The last day whose report is due at `now`, with reports at this hour (UTC) of the next day."""
    return (now.astimezone(UTC) - timedelta(hours=hour) - _SETTLED).date() - timedelta(days=1)


class Daily:
    """Sends the reports of the days that are due."""

    def __init__(
        self,
        api: Api,
        file: StateFile,
        recipients: Sequence[UserSettings | ChatSettings],
        hour: int,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._api, self._file, self._recipients = api, file, recipients
        self._hour, self._clock = hour, clock
        self._waiting: set[tuple[int, str]] = set()

    async def run(self, sender: Sender) -> None:
        """Looks for due reports until it is cancelled; without an hour there are none."""
        if self._hour == NO_HOUR:
            await asyncio.Event().wait()
        while True:
            try:
                await self.step(sender)
            except ApiFault as fault:
                _log.warning("the daily report waits: %s", fault)
            await asyncio.sleep(_SECONDS)

    async def step(self, sender: Sender) -> None:
        """Sends what is due now. A recipient without an earlier report begins with the next one. Raises ApiFault."""
        state, day = self._file.state, due(self._clock(), self._hour)
        chats = {current(state.moved, one.id): one for one in self._recipients}
        if new := chats.keys() - state.reports.keys():
            state.reports |= dict.fromkeys(new, day.isoformat())
            self._file.save()
        owed = {chat for chat in chats if state.reports[chat] < day.isoformat()}
        owed -= {chat for chat, waiting in self._waiting if waiting == day.isoformat()}
        if not owed:
            return
        kind, accounts = await self._accounts(day)
        picture = equity_picture([one.curve for one in accounts])
        for chat in owed:
            self._waiting.add((chat, day.isoformat()))
            sender.add(
                chat, report_of(day, accounts, kind, words_of(state.language_of(chats[chat])), picture)
            )

    def arrived(self, chat: int, alerts: Sequence[Alert]) -> None:
        """These are finished in the chat; all but reports are left alone."""
        days = [
            alert.id.removeprefix(_ID)
            for alert in alerts
            if (chat, alert.id.removeprefix(_ID)) in self._waiting
        ]
        if not days:
            return
        self._waiting -= {(chat, day) for day in days}
        reports = self._file.state.reports
        reports[chat] = max([*days, reports[chat]])
        self._file.save()

    def moved(self, old: int, new: int) -> None:
        """A group has another id."""
        reports = self._file.state.reports
        self._waiting = {(new if chat == old else chat, day) for chat, day in self._waiting}
        if old in reports:
            reports[new] = reports.pop(old)
            self._file.save()

    async def _accounts(self, day: date) -> tuple[str, Sequence[AccountDay]]:
        """The kind of run, and the day of every account."""
        accounts = (await self._api.execute(ACCOUNTS, {}, Role.VIEWER, None))["accounts"]
        span = span_of(day)
        found: list[AccountDay] = []
        for one in accounts:
            given = {"account": one["account"], **span}
            data = await self._api.execute(DAY, given, Role.VIEWER, None)
            found.append(day_of(one, data, day))
        return kinds(accounts), found


def span_of(day: date) -> Mapping[str, str]:
    """The times of `DAY`. The mark of a day's last hour is made at midnight, which `before` leaves out of the day."""
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    return {"begin": begin.isoformat(), "end": end.isoformat(), "afterEnd": (end + _MOMENT).isoformat()}


def day_of(account: Mapping[str, Any], data: Mapping[str, Any], day: date) -> AccountDay:
    """The account's day in the response to `DAY`."""
    nothing: Mapping[str, Any] = {"trades": 0, "fees": "0", "net": "0", "largestLoss": "0"}
    result = next((one for one in data["performance"] if one["value"] == day.isoformat()), nothing)
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    marks = {datetime.fromisoformat(one["at"]): one["equity"] for one in map(_node, data["marks"]["edges"])}
    begun, ended = marks.get(begin, _latest(data["begun"])), marks.get(end, _latest(data["ended"]))
    curve = _curve(sorted({**marks, begin: begun, end: ended}.items())) if marks else ()
    return AccountDay(
        account["account"],
        account["currency"],
        begun,
        ended,
        result["trades"],
        result["fees"],
        result["net"],
        result["largestLoss"],
        Curve(account["account"], account["currency"], begin, curve),
    )


def _node(edge: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = edge["node"]
    return found


def _curve(found: Sequence[tuple[datetime, str | None]]) -> Sequence[Point]:
    """The times with a known equity."""
    return [(at, float(equity)) for at, equity in found if equity is not None]


def _latest(points: Mapping[str, Any]) -> str | None:
    """The latest equity that is known; a change of the balance beside an open position has none."""
    return next(
        (edge["node"]["equity"] for edge in points["edges"] if edge["node"]["equity"] is not None), None
    )


def report_of(
    day: date, accounts: Sequence[AccountDay], kind: str, words: Words, picture: bytes | None
) -> Alert:
    """The report on its way to a chat: text, with the picture where a caption has room for the text. Without a picture
    it may be one line of a digest."""

    def shown(may_repeat: bool) -> Content:  # noqa: FBT001
        head = bold(words("report-title", day=day.isoformat())) + f"  {kind}".rstrip()
        body = [line for one in accounts for line in _lines(one, words)] or [Text(words("no-account"))]
        doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
        text = lines([head, *body, *doubt])
        has_room = text.length <= MOST_CAPTION
        return Content(text.cut(), file=file if has_room else None)

    file = None if picture is None else File(FileKind.PHOTO, f"equity-{day.isoformat()}.png", picture)
    found = "; ".join(_line(one, words) for one in accounts)
    line = f"{words('report-title', day=day.isoformat())} {kind}: {found}"
    return Alert(f"{_ID}{day.isoformat()}", Level.LOW, None, shown, line, alone=file is not None)


def _lines(one: AccountDay, words: Words) -> list[Text]:
    currency = one.currency
    return [
        Text(),
        bold(one.account),
        Text(f"{words('report-begin')}: {money(one.begun, currency)}"),
        Text(f"{words('report-end')}: {money(one.ended, currency)}"),
        Text(f"{words('report-change')}: {_change(one)}"),
        Text(f"{words('trades')}: {one.trades}, {words('net')}: {money(one.net, currency, signed=True)}"),
        Text(f"{words('report-fees')}: {money(one.fees, currency)}"),
        Text(f"{words('largest-loss')}: {money(one.largest_loss, currency, signed=True)}"),
    ]


def _line(one: AccountDay, words: Words) -> str:
    loss = f"{words('largest-loss')} {money(one.largest_loss, one.currency)}"
    return f"{one.account} {money(one.ended, one.currency)} ({_change(one)}), {words('trades')} {one.trades}, {loss}"


def _change(one: AccountDay) -> str:
    """The change of the equity, also as a share of that at the beginning."""
    if one.begun is None or one.ended is None:
        return UNKNOWN
    begun, change = Decimal(one.begun), Decimal(one.ended) - Decimal(one.begun)
    share = f", {percent(float(change / begun))}" if begun > 0 else ""
    return money(str(change), one.currency, signed=True) + share
