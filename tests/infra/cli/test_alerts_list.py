"""`whence alerts list` states whether alerts are made at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.errors import InvalidInput
from infra.cli.alerts import alerts_app
from infra.config import WhenceSettings
from infra.logs import open_owned

CONFIGURED = '[alerts]\ncommand = ["true"]\n'
MISSING = (
    "alerts are not configured, so none are listed here and none are sent: set webhook, command or heartbeat"
)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    address = f"sqlite:///{tmp_path / 'log.db'}"
    open_owned(WhenceSettings(log=address)).close()
    return address


def listed(log: str, config: str, *options: str) -> tuple[str, str]:
    """What is printed, and what goes to the error output, with this configuration."""
    Path("whence.toml").write_text(config)
    arguments = ["list", "--log", log, *options]
    result = CliRunner().invoke(alerts_app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_without_a_place_for_alerts_the_list_states_that_none_are_made_and_how_to_configure_them(
    log: str,
) -> None:
    printed, _ = listed(log, "")
    assert MISSING in printed
    assert "table [alerts] of whence.toml" in printed
    assert "no open alert" not in printed


def test_with_a_place_for_alerts_an_empty_list_is_no_open_alert(log: str) -> None:
    printed, errors = listed(log, CONFIGURED)
    assert (printed.strip(), errors) == ("no open alert", "")


def test_the_list_for_programs_stays_json_and_the_missing_configuration_is_an_error_line(log: str) -> None:
    printed, errors = listed(log, "", "--json")
    assert json.loads(printed) == []
    assert MISSING in errors


def test_an_id_that_no_alert_has_is_refused_and_all_of_none_is_stated(log: str) -> None:
    Path("whence.toml").write_text(CONFIGURED)
    unknown = CliRunner().invoke(alerts_app, ["ack", "ID", "--log", log])
    assert isinstance(unknown.exception, InvalidInput)
    assert "no notice has the id 'ID'" in str(unknown.exception)
    every = CliRunner().invoke(alerts_app, ["ack", "--all", "--log", log], catch_exceptions=False)
    assert every.stdout.strip() == "no open alert was named"
