"""The page of feature switches: what is switched while an engine trades, and what only a start switches."""

from __future__ import annotations

from domain.adjusting import FIXED
from domain.directions import MAY_CLOSE, Difference
from domain.switches import SWITCHES, Switch
from infra.site.markdown import code, plain, table

_HEAD = """\
# Feature switches

A feature is switched by a setting, which is typed, has a range, and is recorded with its version; there are no flags
beside the settings. Below is what happens to a change by the settings file (`reload = true`) or by `submitSettings`.
*At once*: the change permits no more than before. *Held*: a person reviews it first
([Changing settings](../settings.md)). *At once, held where it closes a position*: the engine counts the open positions
that the change would close, and holds it where there are some.

A strategy is switched off by `trading.paused` in the file, at once, or by `pauseStrategy`; `resumeStrategy` switches it
on again. A scanner is a process of its own: stop it, or pause its name. The book of orders, Telegram, the API and the
other programs are processes, too, and do not belong to the engine.

## While an engine trades"""
_FIXED = """
## By a start only

What the engine reads from the start on, or is made with, is not switched while it trades. The reasons:
"""


def page() -> str:
    """The whole page."""
    columns = ("feature", "setting in `[trading]`", "off", "switching on", "switching off")
    fixed = ((code(f"trading.{name}"), plain(why)) for name, why in FIXED.items())
    rows = map(_row, SWITCHES)
    return "\n".join([_HEAD, "", *table(columns, rows), _FIXED, *table(("settings", "reason"), fixed)])


def _row(one: Switch) -> tuple[str, str, str, str, str]:
    off = code(one.off or '""')
    return plain(one.feature), code(one.setting), off, _way(one.switching_on), _way(one.switching_off)


def _way(change: Difference) -> str:
    if change.waits:
        return "held"
    return "at once, held where it closes a position" if change.name in MAY_CLOSE else "at once"
