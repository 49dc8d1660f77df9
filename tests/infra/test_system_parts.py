"""Missing programs are installed with apt-get where possible, else all named in one error before a server starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import MissingParts
from infra.servers import development, system_parts
from infra.servers.system_parts import CHROMIUM, KCAT, MAVEN, PROMTOOL, ensure

_APT_GET = """#!/bin/sh
echo "$@" >> "{record}"
if [ -e "{locked}" ]; then
    read -r left < "{locked}"
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)" >&2
    if [ "$left" = 1 ]; then /bin/rm "{locked}"; else echo 1 > "{locked}"; fi
    exit 100
fi
case "$4" in update) exit {update} ;; esac
for program in {brings}; do printf '#!/bin/sh\\n' > "{folder}/$program"; {chmod} +x "{folder}/$program"; done
"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, which is empty until a test adds programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_all_missing_parts_are_named_in_one_message(bare: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.servers.system_parts"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert "Maven (fetches Kafka and the schema registry): Debian's maven" in done.stderr
    for line in (KCAT, CHROMIUM, PROMTOOL):
        assert f"  {line}\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_server_starts_while_a_part_is_missing_and_nothing_is_installed_unless_it_was_requested(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _apt_get(bare, brings="mvn")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DEV_SERVERS_FOLDER", str(tmp_path / "dev"))
    messages: list[str] = []
    with pytest.raises(
        MissingParts, match=r"(?s)Maven.*install them, as `make servers` or `apt-get install maven"
    ):
        development.up(messages.append)
    assert (messages, record.exists()) == ([], False)
    assert [health.state for health in development.status()] == ["stopped"] * 3


def test_root_installs_all_missing_parts(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = _apt_get(bare, brings="mvn kcat chromium promtool")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    messages: list[str] = []

    ensure((MAVEN, KCAT, CHROMIUM, PROMTOOL), messages.append)

    assert messages == ["Installing maven, kcat, chromium, prometheus with apt-get ..."]
    assert record.read_text().splitlines() == [
        "--quiet -o DPkg::Lock::Timeout=600 update",
        "--quiet -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends maven kcat chromium prometheus",
    ]


def test_a_part_that_apt_get_did_not_install_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _apt_get(bare, brings="mvn")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(
        MissingParts,
        match=r"(?s)^missing on this machine:\n  kcat [^\n]*\napt-get did not bring them, although",
    ):
        ensure((MAVEN, KCAT), lambda _: None)


def test_the_error_of_a_failing_apt_get_is_quoted(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _apt_get(bare, brings="", update=100)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(MissingParts, match="apt-get update"):
        ensure((MAVEN,), lambda _: None)


def test_a_lock_that_another_program_holds_is_waited_for(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = _apt_get(bare, brings="mvn", locked=2)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_parts, "_PAUSE_SECONDS", 0)
    ensure((MAVEN,), lambda _: None)
    assert [line.split()[3] for line in record.read_text().splitlines()] == [*["update"] * 3, "install"]


def test_a_lock_that_is_never_released_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _apt_get(bare, brings="mvn", locked=1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_parts, "_LOCK_SECONDS", -1)
    with pytest.raises(MissingParts, match="apt-get update: E: Could not get lock"):
        ensure((MAVEN,), lambda _: None)


def test_another_user_than_root_is_refused_and_apt_get_is_not_run(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _apt_get(bare, brings="mvn")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MissingParts, match="install them, or run this as root"):
        ensure((MAVEN,), lambda _: None)
    assert not record.exists()


def test_this_machine_can_run_the_suite() -> None:
    assert [part.name for part in system_parts.TEST_PARTS if not part.present()] == []


def _apt_get(folder: Path, *, brings: str, update: int = 0, locked: int = 0) -> Path:
    """An apt-get that installs `brings`, and fails its first `locked` calls because its lock is held."""
    record = folder.parent / "calls"
    script = folder / "apt-get"
    lock = folder.parent / "locked"
    if locked:
        lock.write_text(f"{locked}\n")
    words = {"record": record, "update": update, "brings": brings, "folder": folder, "chmod": "/bin/chmod"}
    script.write_text(_APT_GET.format(locked=lock, **words))
    script.chmod(0o755)
    return record
