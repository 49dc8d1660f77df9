"""Commands whose libraries an installation may lack: one message with the line that installs them, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import extras
from adapters.extras import install_line

_WITHOUT = ("pybit", "requests", "tenacity", "websocket", "ccxt", "pyarrow", "sklearn")
_COMMANDS = {
    "live --demo --instruments BTCUSDT": "bybit",
    "live --exchange ccxt:okx --demo --instruments BTCUSDT": "bybit,exchanges",
    "reconcile --demo": "bybit",
    "paper --live --symbol BTCUSDT": "bybit",
    "candles fetch BTCUSDT --from 2025-01-01": "exchanges",
    "instruments update": "exchanges",
    "export trades --format parquet": "files",
    "models train --data anywhere": "ml",
}
_PROGRAM = """
import json, sys
from contextlib import redirect_stderr
from io import StringIO

sys.modules |= dict.fromkeys({absent!r})
from infra.cli import main

for line in {commands!r}:
    sys.argv, said, code = ["whence", *line.split()], StringIO(), None
    try:
        with redirect_stderr(said):
            main()
    except SystemExit as left:
        code = left.code
    print(json.dumps([line, code, said.getvalue()]))
"""


def test_a_command_whose_extra_is_not_installed_names_the_line_that_installs_it(tmp_path: Path) -> None:
    program = _PROGRAM.format(absent=_WITHOUT, commands=list(_COMMANDS))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line, code, error in map(json.loads, done.stdout.splitlines()):
        assert code == 1, line
        assert error.count("\n") == 1, error
        assert error.endswith(f".venv/bin/pip install -e '.[{_COMMANDS[line]}]'\n"), error
    assert len(done.stdout.splitlines()) == len(_COMMANDS)
    assert list(tmp_path.iterdir()) == []


def test_an_installed_program_without_a_checkout_names_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extras, "_CHECKOUT", tmp_path)
    assert install_line("bybit", "exchanges") == "pip install 'whence[bybit,exchanges]'"
