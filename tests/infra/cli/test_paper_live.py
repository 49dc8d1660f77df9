"""`whence paper --live`: what is refused before any network is used, and a demo run as a person starts and stops it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adapters.bybit.bench import closed_port
from tests.adapters.simulated.server.serving import running_venue
from tests.adversary.waiting import until
from tests.infra.cli.conftest import Whence
from tests.journeys.program import PATIENCE, WHENCE, environment

LIVE = ("paper", "--live", "--symbol", "BTCUSDT")


REFUSED: Sequence[tuple[Sequence[str], str]] = (
    (("paper", "--live"), "--symbol"),
    ((*LIVE, "--symbol", "BTCUSD_X"), "--symbol"),
    ((*LIVE, "--symbol", "NOBODYUSDT"), "whence instruments update"),
    ((*LIVE, "--exchange", "nyse"), "--exchange 'nyse'"),
    ((*LIVE, "--exchange", "ccxt:nyse"), "ccxt knows no exchange 'nyse'"),
    ((*LIVE, "--exchange", "ccxt:okx"), "whence instruments update"),
    ((*LIVE, "--interval", "7m"), "--interval '7m'"),
    ((*LIVE, "--address", "nowhere"), "--address"),
    ((*LIVE, "--leverage", "1000"), "leverage"),
    ((*LIVE, "--balance", "-1"), "balance"),
    ((*LIVE, "--candles", "x.csv"), "--candles"),
    ((*LIVE, "--pace", "60x"), "--pace"),
    ((*LIVE, "--seed", "1"), "--seed"),
    ((*LIVE, "--trades"), "--trades"),
    ((*LIVE, "--fresh"), "--fresh"),
    ((*LIVE, "--json"), "--json"),
    (("paper", "--exchange", "bybit"), "--exchange"),
    (("paper", "--interval", "5m"), "--interval"),
    (("paper", "--address", "http://127.0.0.1:1"), "--address"),
)


@pytest.mark.parametrize(("words", "named"), REFUSED, ids=[" ".join(words[1:]) for words, _ in REFUSED])
def test_what_cannot_be_traded_is_refused_and_named(
    whence: Whence, tmp_path: Path, words: Sequence[str], named: str
) -> None:
    done = whence(*words)
    assert done.code == 2, done
    assert named in done.err
    assert not (tmp_path / "whence.db").exists()


def test_a_demo_that_finds_no_prices_is_refused_before_a_log_is_made(whence: Whence, tmp_path: Path) -> None:
    done = whence(
        *LIVE, "--address", f"http://127.0.0.1:{closed_port()}", "--port", "0", "--log", "sqlite:///d.db"
    )
    assert done.code != 0
    assert "connection is refused" in done.err
    assert list(tmp_path.iterdir()) == []


def answers(api: str) -> bool:
    """Whether the API at this address refuses a page that does not exist; its process logs each refusal."""
    with closing(HTTPConnection(api)) as connection:
        connection.request("GET", "/missing")
        return connection.getresponse().status == 404


def test_every_line_of_a_demo_run_names_it_and_sigterm_ends_it(tmp_path: Path) -> None:
    log, pulse, beats = "sqlite:///demo.db", tmp_path / "pulse", list[bool]()
    with running_venue(start=time.time_ns() // 1_000_000) as venue:
        words = [str(WHENCE), *LIVE, "--address", venue.url, "--log", log, "--port", "0"]
        with subprocess.Popen(
            words,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            env=environment() | {"WHENCE_PULSE": str(pulse)},
        ) as process:
            assert process.stderr is not None
            lines, api, is_asked = list[str](), "", list[bool]()
            for line in process.stderr:
                lines.append(line)
                if (found := re.search(r"(?<=http://)[^/\"]+(?=/graphql)", line)) is not None:
                    api = found[0]
                if "ReconciliationBegun" in line:
                    beats.append(pulse.exists())
                if "ReconciliationEnded" in line:
                    until(pulse.exists, "the engine touches its pulse")
                    is_asked = [answers(api) for _ in range(2)]
                    process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    assert is_asked == [True, True]
    assert beats[0] is False
    assert not pulse.exists()
    logged = [json.loads(line) for line in lines]
    assert {one["program"] for one in logged} == {"DEMO", "DEMO api"}
    assert "nothing is held: no position and no entry" in [one["event"] for one in logged]
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{tmp_path / 'demo.db'}"))) as reader:
        first: Envelope = next(iter(reader.read())).envelope
    assert first.meta.source == "paper-live"
