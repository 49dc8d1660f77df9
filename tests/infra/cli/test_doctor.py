"""`whence doctor`: a line for each check, what is wrong with its mend, and 1 where something is."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.simulated.server.account_queries import PERMISSIONS
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.doctor import disk
from infra.doctor.examination import Check, Finding, examined
from infra.logs import open_owned
from tests.adapters.bybit.bench import BybitBench, bybit_venue
from tests.adapters.log.days import days, opened
from tests.adapters.simulated.server.serving import SECRET
from tests.infra.cli.conftest import Whence
from tests.infra.cli.test_backing_up import change_event


def test_a_machine_without_a_log_is_well_and_nothing_is_made(whence: Whence, tmp_path: Path) -> None:
    found = whence("doctor")
    assert (found.code, {line[:5] for line in found.out.splitlines()}) == (0, {"ok   "}), found.out
    assert "log: sqlite:///whence.db does not exist yet" in found.out
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_does_not_exist_is_named_with_the_logs_beside_it(whence: Whence, tmp_path: Path) -> None:
    for name in ("live.db", "live.read.db", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    found = whence("doctor", "--log", "sqlite:///lvie.db")
    assert "lvie.db does not exist yet: the first run makes it; the folder has live.db\n" in found.out


def test_each_fault_has_its_line_with_the_mend_and_the_end_is_1(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("WHENCE_KEYS", str(keys))
    with closing(open_owned(WhenceSettings(log="sqlite:///whence.db", keys=keys))) as log:
        log.append([opened()])
    well = whence("doctor", "--json")
    assert well.code == 0
    assert {row["check"]: row["text"] for row in json.loads(well.out)}["log"].endswith(
        "has 1 events; the last 1 are readable"
    )
    (key,) = keys.glob("*.key")
    key.chmod(0o644)
    (tmp_path / "whence.toml").write_text("[trading.risk]\nmax_position = 3\n")
    ill = whence("doctor", "--exchange", "bybit", "--json")
    faults = {row["check"]: row["text"] for row in json.loads(ill.out) if not row["ok"]}
    assert ill.code == 1
    assert "max_position" in faults["settings"]
    assert f"run `chmod 600 {key}`" in faults["keys"]
    assert "set BYBIT_API_KEY and BYBIT_API_SECRET" in faults["exchange's key at hand"]
    assert key.read_text().strip() not in ill.out + ill.err


def test_an_event_that_was_changed_is_named_with_what_to_do(whence: Whence, tmp_path: Path) -> None:
    with closing(open_owned(WhenceSettings(log="sqlite:///whence.db"))) as log:
        log.append([opened(), *days("account-main", 1, 3)])
    change_event(tmp_path / "whence.db", 3)
    found = whence("doctor", "--json")
    faults = {row["check"]: row["text"] for row in json.loads(found.out) if not row["ok"]}
    assert (found.code, set(faults)) == (1, {"log"})
    assert "ordinal 3: " in faults["log"]
    assert "the event was changed, or this installation did not write it" in faults["log"]
    assert "make another of a backup: `whence log restore FOLDER --log URL`" in faults["log"]


def test_settings_that_cannot_be_read_are_one_line(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("nonsense = 1\n")
    found = whence("doctor")
    assert (found.code, found.out.count("\n")) == (1, 1)
    assert found.out.startswith("FAULT  settings: ")


def test_kafka_without_its_topics_is_at_fault_until_they_are_applied(
    whence: Whence, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    before = whence("doctor", "--log", log, "--json")
    faults = {row["check"]: row["text"] for row in json.loads(before.out) if not row["ok"]}
    assert (before.code, set(faults)) == (1, {"kafka's topics", "kafka's rights", "kafka's clock", "log"})
    assert "`whence topics apply --log URL`" in faults["kafka's topics"]
    assert whence("topics", "apply", "--log", log).code == 0
    after = whence("doctor", "--log", log)
    assert after.code == 0, after.out
    assert "the broker's clock agrees with this machine's" in after.out


def test_what_does_not_answer_is_named_with_its_address_and_the_mend(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_owned(WhenceSettings(log="sqlite:///whence.db"))) as log:
        log.append([opened()])
    for name, value in {
        "WHENCE_KEYS": str(tmp_path / "other"),
        "WHENCE_REGISTRY__URL": f"http://{_NOBODY}",
        "BYBIT_API_KEY": "key",
        "BYBIT_API_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    found = whence("doctor", "--exchange", "bybit", "--address", f"http://{_NOBODY}", "--json")
    faults = {row["check"]: row["text"] for row in json.loads(found.out) if not row["ok"]}
    assert set(faults) == {"registry", "log", "exchange's clock", "exchange's key"}
    assert "copy its file there from the machine that wrote the log" in faults["log"]
    for check, mend in {
        "registry": "correct registry.url in whence.toml",
        "exchange's clock": "look at the network",
        "exchange's key": "look at the network",
    }.items():
        assert mend in faults[check], faults[check]
    assert SECRET not in found.out + found.err


def test_a_full_disk_and_a_folder_that_cannot_be_written_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "LEAST_FREE", 1 << 60)
    with pytest.raises(Refused, match=r"GiB free; at least .* are needed: make room"):
        disk.check_folder(tmp_path)
    monkeypatch.setattr(disk, "LEAST_FREE", 0)
    with pytest.raises(Refused, match=r"/proc cannot be written .*: give it to the user that runs Whence"):
        disk.check_folder(Path("/proc/whence"))
    assert list(tmp_path.iterdir()) == []


_NOBODY = "127.0.0.1:1"
"""An address at which no server listens."""


class _Nothing(NamedTuple):
    pass


def test_a_check_that_hangs_costs_its_own_line_only() -> None:
    released = threading.Event()

    def hang(_: _Nothing) -> str:
        released.wait(30)
        return "too late"

    def see(_: _Nothing) -> str:
        return "seen"

    checks = [Check("slow", hang, seconds=0.05, mend="start it"), Check("quick", see)]
    found = list(examined(_Nothing(), checks))
    released.set()
    assert found == [
        Finding("slow", is_ok=False, text="no result within 0.05 s: start it"),
        Finding("quick", is_ok=True, text="seen"),
    ]


def test_an_exchange_answers_and_a_key_that_may_withdraw_is_at_fault(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bybit_venue() as venue, closing(BybitBench(venue)) as bench:
        monkeypatch.setenv("BYBIT_API_KEY", bench.key)
        monkeypatch.setenv("BYBIT_API_SECRET", SECRET)
        words = ("doctor", "--exchange", "bybit", "--address", venue.url)
        well = whence(*words)
        monkeypatch.setitem(PERMISSIONS, "Wallet", ["Withdraw"])
        ill = whence(*words)
    assert well.code == 0, well.out
    assert "answers, and its clock agrees with this machine's" in well.out
    faults = [line for line in ill.out.splitlines() if line.startswith("FAULT")]
    assert (ill.code, len(faults)) == (1, 1)
    assert "exchange's key" in faults[0]
    assert "withdraw" in faults[0]
    assert SECRET not in well.out + well.err + ill.out + ill.err
