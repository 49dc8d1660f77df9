"""A demo run whose settings file is edited while it trades, as a person does it, and `whence settings` beside it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from domain.settings import SettingsChanged
from infra.config import WhenceSettings
from infra.logs import open_reader
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import running_venue
from tests.infra.cli.conftest import Whence
from tests.journeys.prepared import WHENCE
from tests.journeys.program import PATIENCE, environment

FILE = 'log = "sqlite:///demo.db"\nreload = true\n[trading.risk]\nmax_positions = 4\nmax_daily_loss = 0.04\n'
EDITED = FILE.replace("= 4", "= 3").replace("0.04", "0.05")


def events_until(lines: Iterator[str], wanted: str) -> list[str]:
    """The messages that the program logs up to the one with this pattern."""
    found: list[str] = []
    for line in lines:
        found.append(str(json.loads(line)["event"]))
        if re.search(wanted, found[-1]):
            return found
    raise AssertionError(found[-20:])


def test_an_edit_while_a_run_trades_is_taken_in_or_held_applied_and_rolled_back(
    whence: Whence, tmp_path: Path
) -> None:
    file = tmp_path / "whence.toml"
    file.write_text(FILE)
    with running_venue(start=time.time_ns() // 1_000_000) as venue:
        words = [str(WHENCE), "paper", "--live", "--symbol", "BTCUSDT", "--address", venue.url, "--port", "0"]
        with subprocess.Popen(
            words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment()
        ) as process:
            assert process.stderr is not None
            lines = iter(process.stderr)
            began = " ".join(events_until(lines, "trading: DEMO"))
            found = re.search(r"http://[^/\s]+(?=/graphql)", began)
            assert found, began
            file.write_text(EDITED)
            taken = events_until(lines, "held until a person reviews them")
            assert any("settings version 2" in one for one in taken)
            assert "risk.max_daily_loss = 0.05 (before: 0.04)" in taken[-1]
            pending = json.loads(whence("settings", "pending", "--json").out)
            assert [(one["name"], one["by"]) for one in pending["held"]["changes"]] == [
                ("risk.max_daily_loss", "settings")
            ]
            assert pending["differences"] == []
            sent = ("--seen", pending["held"]["id"], "--api", found[0])
            applied = whence("settings", "apply", *sent)
            rolled = whence("settings", "rollback", "2", "--api", found[0])
            process.send_signal(signal.SIGTERM)
            for _line in lines:
                pass
            assert process.wait(PATIENCE) == 0
    assert (applied.code, rolled.code) == (0, 0), (applied, rolled)
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{tmp_path / 'demo.db'}"))) as reader:
        recorded = list(reader.read())
    changes = [one.envelope for one in recorded if isinstance(one.envelope.event, SettingsChanged)]
    risks = [one.event.settings.risk for one in changes if isinstance(one.event, SettingsChanged)]
    assert [(one.max_positions, str(one.max_daily_loss)) for one in risks] == [
        (4, "0.04"),
        (3, "0.04"),
        (3, "0.05"),
        (3, "0.04"),
    ]
    assert changes[1].meta.actor == "settings"
    assert changes[2].meta.actor.startswith("shell-")
    assert list(missing_causes(recorded)) == []
