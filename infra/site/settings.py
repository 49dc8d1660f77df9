"""The page of all settings, from the catalogue of settings and its defaults."""

from __future__ import annotations

from itertools import groupby

from infra.cli.settings_list import DESCRIBED, Listing, spelled
from infra.settings_catalogue import Setting
from infra.site.markdown import code, plain, table

_HEAD = """\
# Settings

Every setting of `whence.toml` with its default, range and meaning. The environment variable of a setting is its key in
capital letters, with `WHENCE_` before it and `__` for each dot: `trading.risk.max_positions` is
`WHENCE_TRADING__RISK__MAX_POSITIONS`. An environment variable has priority over the file. A command-line option has
priority over both.

`whence settings` prints the settings that a run would get, and `whence settings --schema` the JSON schema of the file
for an editor."""
_TOP = "Settings outside of tables"


def page() -> str:
    """The whole page."""
    lines = [_HEAD, ""]
    for section, found in groupby(Listing.of_defaults().settings, _section):
        lines += [f"## {code(f'[{section}]') if section else _TOP}", ""]
        lines += table(("setting", "default", "range", "meaning"), map(_row, found))
    return "\n".join(lines)


def _section(setting: Setting) -> str:
    return setting.key.rpartition(".")[0]


def _row(one: Setting) -> tuple[str, str, str, str]:
    described = DESCRIBED.get(one.key)
    default = f"{code(spelled(one.value))}{f': {plain(described)}' if described else ''}"
    return code(one.key.rpartition(".")[2]), default, plain(one.range), plain(one.meaning)
