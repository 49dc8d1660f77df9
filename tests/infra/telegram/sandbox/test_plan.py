"""What keeps a sandbox apart from real trading is checked before it is started, and again by its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.telegram.debug_settings import DebugSettings
from adapters.telegram.settings import TelegramSettings
from domain.errors import InvalidInput, InvalidSettings
from infra.config import WhenceSettings
from infra.telegram.sandbox.plan import (
    SandboxPlace,
    check_environment,
    check_fresh,
    sandbox_environment,
    sandbox_place,
)

NOW = datetime(2026, 3, 2, 14, 30, 5, 250, tzinfo=UTC)
API = "http://127.0.0.1:8000/graphql"
KEYS = {
    "BYBIT_API_KEY": "k",
    "BYBIT_API_SECRET": "s",
    "CCXT_OKX_PASSWORD": "p",
    "TELEGRAM_BOT_TOKEN": "1:a",
    "VAULT_TOKEN": "v",
    "WHENCE_LOG": "sqlite:///live.db",
    "SIGNALS_BOT_SECRET": "x",
}


def settings(of: Path, log: str = "live.db", api: str = API, **debug: object) -> WhenceSettings:
    given = DebugSettings.model_validate({"on": True, "folder": of / "sandbox", **debug})
    return WhenceSettings(log=f"sqlite:///{of}/{log}", telegram=TelegramSettings(api=api, debug=given))


def test_a_sandbox_that_is_off_has_no_place(tmp_path: Path) -> None:
    assert sandbox_place(WhenceSettings(log=f"sqlite:///{tmp_path}/live.db")) is None


@pytest.mark.parametrize(
    "api",
    [
        "http://127.0.0.1:8690/graphql",
        "http://localhost:8690",
        "http://[::1]:8690/graphql",
        "http://0.0.0.0:8690/graphql",
        "http://127.1:8690/graphql",
        "http://2130706433:8690/graphql",
        "http://[::]:8690/graphql",
        "http://[::ffff:127.0.0.1]:8690/graphql",
    ],
)
def test_a_sandbox_at_the_address_of_the_real_api_is_refused(tmp_path: Path, api: str) -> None:
    with pytest.raises(InvalidSettings, match=r"telegram\.debug\.port: 8690 is the port of telegram\.api"):
        sandbox_place(settings(tmp_path, api=api))


def test_the_same_port_of_another_machine_is_no_address_of_the_sandbox(tmp_path: Path) -> None:
    place = sandbox_place(settings(tmp_path, api="http://trading.example:8690/graphql"))
    assert place is not None
    assert place.plan(NOW).url == "http://127.0.0.1:8690/graphql"


@pytest.mark.parametrize("log", ["live.db", "sandbox/../live.db"])
def test_a_sandbox_in_the_folder_of_the_real_log_is_refused(tmp_path: Path, log: str) -> None:
    given = settings(tmp_path, log=log, folder=tmp_path)
    with pytest.raises(
        InvalidSettings, match=r"telegram\.debug\.folder: .* is the folder of the log live\.db"
    ):
        sandbox_place(given)


def test_each_start_has_a_log_of_its_own(tmp_path: Path) -> None:
    place = SandboxPlace(settings(tmp_path, symbols=("ETHUSDT",)))
    first, second = place.plan(NOW), place.plan(NOW.replace(microsecond=251))
    assert first.log == str(tmp_path / "sandbox" / "sandbox-20260302T143005000250.db")
    assert first.log != second.log
    assert first.symbols == ("ETHUSDT",)


def test_no_key_token_or_setting_is_passed_on_to_a_sandbox(tmp_path: Path) -> None:
    passed = sandbox_environment({**KEYS, "PATH": "/bin", "HOME": "elsewhere"}, tmp_path)
    assert passed == {"PATH": "/bin", "HOME": str(tmp_path)}
    check_environment(passed)


@pytest.mark.parametrize("name", KEYS)
def test_an_environment_with_a_key_a_token_or_a_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        check_environment(["PATH", name])


@pytest.mark.parametrize("name", ["live.db", "live.db.inputs"])
def test_a_log_that_exists_is_refused(tmp_path: Path, name: str) -> None:
    check_fresh(tmp_path / "live.db")
    (tmp_path / name).touch()
    with pytest.raises(InvalidInput, match=f"{name} exists"):
        check_fresh(tmp_path / "live.db")


def ended(folder: Path, plan: dict[str, object] | str, **more: str) -> subprocess.CompletedProcess[str]:
    """The process of a sandbox that is started with this plan, after its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "infra.telegram.sandbox.program"],
        input=plan if isinstance(plan, str) else json.dumps(plan),
        cwd=folder,
        env={**sandbox_environment(os.environ, folder), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def plan_on(log: Path) -> dict[str, object]:
    return {
        "log": str(log),
        "port": 8690,
        "exchange": "bybit",
        "address": "",
        "symbols": ["BTCUSDT"],
        "instruments": None,
    }


def test_the_process_refuses_the_log_of_another_run_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "live.db"
    log.write_bytes(b"events")
    done = ended(tmp_path, plan_on(log))
    assert (done.returncode, done.stdout) == (2, "")
    assert "the log of a sandbox is a new file, but live.db exists" in done.stderr
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("live.db", b"events")]


def test_the_process_refuses_an_environment_with_the_key_of_an_exchange(tmp_path: Path) -> None:
    done = ended(tmp_path, plan_on(tmp_path / "sandbox.db"), BYBIT_API_KEY="hidden-value")
    assert (done.returncode, done.stdout) == (2, "")
    assert "BYBIT_API_KEY" in done.stderr
    assert "hidden-value" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_process_refuses_a_plan_with_an_unknown_field(tmp_path: Path) -> None:
    done = ended(tmp_path, {**plan_on(tmp_path / "sandbox.db"), "api": "http://127.0.0.1:8000"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "the plan on standard input cannot be read" in done.stderr
