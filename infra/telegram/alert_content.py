"""The messages of alerts and of digests, in the language of their chat."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from adapters.telegram.alert import Alert
from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.level import Level
from adapters.telegram.text import MOST_TEXT, Text, bold, code, italic, lines
from infra.telegram.alerts import Found
from infra.telegram.sentences import alert_sentence, title_of
from infra.telegram.words import Words

ACKNOWLEDGE = "ack"
"""The verb of the button that acknowledges an alert: `ack:ID`."""
EXPLAIN = "explain"
"""The verb of the button that opens the chain of an alert's event: `explain:ID`."""
_LONGEST_LINE = 160
"""UTF-16 units of an event's sentence in a digest; its id follows whole."""


def alert_of(found: Found, words: Words, *, may_acknowledge: bool) -> Alert:
    """The alert on its way to a chat."""

    def shown(may_repeat: bool) -> Content:  # noqa: FBT001
        level = words(f"alert-{found.level.name}")
        head = bold(f"{level} {_titled(found, words)}") + f"  {found.badge}".rstrip()
        about = f"{found.account}, {found.at:%Y-%m-%d %H:%M:%S} UTC"
        before = [italic(words("alert-suppressed", n=found.suppressed))] if found.suppressed else []
        reminder = [italic(words("alert-open", n=found.count))] if found.count else []
        doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
        body = Text(line).cut(MOST_TEXT // 2)
        return Content(
            lines([head, body, about, code(found.id), *before, *reminder, *doubt]),
            _buttons(found, words, may_acknowledge),
        )

    line = alert_sentence(found.kind, found.line, found.event, words)
    suppressed = words("alert-suppressed", n=found.suppressed) + " " if found.suppressed else ""
    account = f"{found.account}: " if found.account else ""
    return Alert(found.id, found.level, found.ordinal, shown, f"{suppressed}{account}{line}")


def _titled(found: Found, words: Words) -> str:
    """The kind of an alert that a person acknowledges, or the title of the event."""
    return words.code("kind", found.kind) if found.is_notice else title_of(found.kind, words)


def restored_alert(log_id: str, after: int, words: Words) -> Alert:
    """The notice that a log was restored: it has other events after this one than those that were alerted."""
    text = words("log-restored", after=after)

    def shown(may_repeat: bool) -> Content:  # noqa: FBT001
        head = bold(f"{words('alert-HIGH')} {words.code('kind', 'LOG_RESTORED')}")
        doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
        return Content(lines([head, text, *doubt]))

    return Alert(f"restored-{log_id}-{after}", Level.HIGH, None, shown, text)


def _buttons(found: Found, words: Words, may_acknowledge: bool) -> Rows:  # noqa: FBT001
    row: list[Button] = []
    acknowledge = f"{ACKNOWLEDGE}:{found.id}"
    if found.is_notice and may_acknowledge and fits(acknowledge):
        row.append(Button(words("acknowledge"), acknowledge))
    explain = f"{EXPLAIN}:{found.id}"
    if found.ordinal is not None and fits(explain):
        row.append(Button(words("explain-button"), explain))
    return (tuple(row),) if row else ()


def digest_of(words: Words, alerts: Sequence[Alert], doubtful: AbstractSet[str]) -> tuple[Content, int]:
    """One message that names as many of the first alerts as it has room for, and their number."""
    body: list[Text] = []
    room = MOST_TEXT - 300
    for alert in alerts:
        line = Text(alert.line).cut(_LONGEST_LINE) + " " + code(alert.id)
        room -= line.length + 1
        if body and room < 0:
            break
        body.append(line)
    level = words(f"alert-{alerts[0].level.name}")
    head = bold(words("alert-digest", level=level, n=len(body)))
    is_doubtful = any(alert.id in doubtful for alert in alerts[: len(body)])
    doubt = [italic(words("alert-may-repeat"))] if is_doubtful else []
    return Content(lines([head, *body, *doubt])), len(body)
