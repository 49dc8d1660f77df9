"""A live log on Kafka and its copy in a file: each tool of accountability gives the same for both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.log.address import parse_address
from domain.account import DayOpened
from domain.opening import Mode
from infra.config import WhenceSettings
from infra.inputs import input_tape
from infra.logs import open_owned
from infra.notary import notarys_key, opened_notary
from tests.adapters.notary.conftest import PACE
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled
from tests.infra.run.taped import PLAN, TapedRun
from tests.journeys.runs import events_at
from tests.replacing import replace

_LIVE = replace(PLAN, opening=replace(PLAN.opening, mode=Mode.LIVE))
_FILE = "sqlite:///copy.db"
_SESSIONS = ((0, 200), (200, 290))
"""The instants of two sessions: a person's orders, decisions, trades and a restart."""
_NONE = {"decisions": 0, "orders": 0, "fills": 0}


def _topic(servers: str) -> str:
    """The address of a log on Kafka that does not exist yet."""
    return str(parse_address(f"kafka://{servers}/test.{uuid4().hex}.events"))


@pytest.fixture(scope="module")
def live(kafka_bootstrap_servers: str) -> str:
    """A live log on Kafka, with its tape of inputs; no test changes it."""
    settings = WhenceSettings(log=_topic(kafka_bootstrap_servers))
    for first, upto in _SESSIONS:
        with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: PLAN.begins) as tape:
            TapedRun(log, tape, first, _LIVE).trade(first, upto)
    return settings.log


@pytest.fixture(scope="module")
def signed(live: str, tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """The options that name the notary of the log, which has signed all of it."""
    settings, folder = WhenceSettings(log=live), tmp_path_factory.mktemp("notary") / "folder"
    key, _path = notarys_key(settings, folder)
    with opened_notary(settings, folder, None, PACE) as notary:
        notary.sign()
    return "--key", str(key), "--checkpoints", str(folder)


def _printed(whence: Whence, words: Sequence[str], address: str) -> str:
    """What a command prints of this log, without the log's address."""
    done = whence(*words, "--log", address)
    assert done.code == 0, done.err
    return done.out.replace(address, "LOG")


def _files(folder: Path) -> Mapping[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_each_tool_gives_the_same_for_a_log_on_kafka_and_for_its_copy_in_a_file(
    whence: Whence, live: str, signed: Sequence[str], tmp_path: Path
) -> None:
    copied = whence("log", "copy", "--from", live, "--to", _FILE)
    assert copied.code == 0, copied.err
    events = events_at(_FILE)
    order = next(one.envelope.meta.stream for one in events if one.envelope.meta.stream.endswith("-e1"))
    commands: Mapping[str, Sequence[str]] = {
        "verify": ("replay", "--verify", "--json"),
        "explain": ("explain", order, "--json"),
        "report": ("report", "--format", "json", *signed, "--out", "report.json"),
        "proof": ("audit", "prove", str(len(events)), *signed, "--out", "proof.json"),
    }
    found: dict[str, tuple[Mapping[str, str], Mapping[str, bytes]]] = {}
    for name, address in (("kafka", live), ("file", _FILE)):
        printed = {one: _printed(whence, words, address) for one, words in commands.items()}
        assert whence("log", "export", "daily", "--log", address).code == 0
        found[name] = printed, _files(tmp_path / "daily")
        for path in ("report.json", "proof.json", "daily"):
            (tmp_path / path).rename(tmp_path / f"{name}.{path}")
    assert found["kafka"] == found["file"]
    for path in ("report.json", "proof.json"):
        assert (tmp_path / f"kafka.{path}").read_bytes() == (tmp_path / f"file.{path}").read_bytes()
    verified = json.loads(found["kafka"][0]["verify"])
    assert (verified["ordinal"], verified["differing"], verified["impossible"]) == (len(events), [], {})
    assert verified["made"]["DecisionMade"] > 3
    assert whence("audit", "check", "kafka.proof.json", *signed[:2]).code == 0


def test_a_live_log_on_kafka_is_made_again_from_its_tape_and_under_other_settings(
    whence: Whence, live: str, kafka_bootstrap_servers: str
) -> None:
    assert whence("replay", "--log", live).code == 0
    target = _topic(kafka_bootstrap_servers)
    changed = ("what-if", "--log", live, "--set", "trading.sizing.risk=0.0004", "--json", "--into")
    done = whence(*changed, target)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["control_differs_from_log"] == _NONE
    assert found["decisions"]
    assert len(events_at(target)) == found["events"]


def test_a_log_on_kafka_that_was_written_anew_with_valid_marks_is_found_and_the_event_is_named(
    whence: Whence, live: str, signed: Sequence[str], kafka_bootstrap_servers: str
) -> None:
    genuine = [one.envelope for one in events_at(live)]
    at = next(at for at, one in enumerate(genuine) if isinstance(one.event, DayOpened))
    changed = replace(genuine[at], event=replace(genuine[at].event, balance=PLAN.stake.balance * 2))
    for envelopes, place in (
        ([*genuine[:at], changed, *genuine[at + 1 :]], f"ordinal {at + 1} "),
        (genuine[:-1], f"the log ends at ordinal {len(genuine) - 1}"),
    ):
        forged = _topic(kafka_bootstrap_servers)
        filled(forged, envelopes)
        done = whence("audit", "verify", *signed, "--log", forged)
        assert (done.code, place in done.err) == (4, True), done.err
