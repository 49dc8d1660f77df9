"""`whence strategies`: lists and describes strategies, and writes a package that trades once it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from zipfile import ZipFile

import pytest

from domain.strategies import Intent
from domain.strategies.builtin import BUILTIN, about
from tests.domain.strategies.nimble import EAGER, ON_BOOKS
from tests.domain.tapes import traded, walk
from tests.infra.cli.conftest import Whence
from tests.journeys.program import whence as program

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", BUILTIN)
def test_a_built_in_strategy_is_listed_and_described_with_formula_source_and_parameters(
    whence: Whence, name: str
) -> None:
    rows = {row["name"]: row for row in json.loads(whence("strategies", "list", "--json").out)}
    assert rows[name]["from"] == "built in"
    assert rows[name]["does"]
    found = json.loads(whence("strategies", "describe", name, "--json").out)
    printed = whence("strategies", "describe", name).out
    assert all(f"  {key} = {value}" in printed for key, value in found["parameters"].items())
    assert all(f"  {key} = {value}" in printed for key, value in (found["alpha"] | found["own"]).items())
    words = " ".join(printed.split())
    assert all(" ".join(found[part].split()) in words for part in ("formula", "source", "loses"))


@pytest.mark.parametrize("name", BUILTIN)
def test_every_parameter_and_score_of_a_built_in_strategy_is_described_with_its_formula_and_range(
    whence: Whence, name: str
) -> None:
    found = json.loads(whence("strategies", "describe", name, "--json").out)
    assert set(found["about_parameters"]) == set(found["parameters"])
    assert all(one["meaning"] and one["must_be"] for one in found["about_parameters"].values())
    words = " ".join(whence("strategies", "describe", name).out.split())
    for one in found["about_parameters"].values():
        assert f"({one['meaning']}; {one['must_be']})" in words
    assert f"Confidence: {found['confidence']}" in words
    known = about(name)
    assert known is not None
    if known.scores is None:
        assert found["scores"] == {}
        return
    assert set(found["scores"]) == {one.name for one in fields(known.scores)}
    for score, formula in found["scores"].items():
        assert f"{score} = {formula}" in words
        assert score in found["confidence"]
    if name in ON_BOOKS:
        return
    entry = next(
        one
        for one in BUILTIN[name](EAGER[name]).scan(traded(walk(1, 1_000), 1))
        if one is not None and one.intent is Intent.ENTER
    )
    assert all(0.0 <= entry.inputs[score] <= 1.0 for score in found["scores"])


def test_no_line_of_a_parameter_or_score_begins_at_the_first_column(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    printed = whence("strategies", "describe", "volume-profile").out
    scores, _, rest = printed.partition("Scores of an entry")[2].partition("Parameters and their defaults:")
    listed = [*scores.splitlines()[1:], *rest.partition("Recommended")[0].splitlines()]
    assert len(listed) > 20
    assert all(line.startswith("  ") and len(line) <= 60 for line in listed if line.strip())


def test_presets_are_described_with_their_figures(whence: Whence) -> None:
    printed = whence("strategies", "describe", "trend").out
    assert 'parameters = { preset = "seed" }' in printed
    assert "  fast = 9" in printed


def test_an_unknown_strategy_is_refused_with_the_known_ones(whence: Whence) -> None:
    done = whence("strategies", "describe", "trent")
    assert done.code == 2
    assert f"did you mean trend?; there are: {', '.join(sorted(BUILTIN))}" in done.err


@pytest.mark.parametrize("name", ["Trend", "1x", "a b", "../x", "a--b", "-a", "", "trend"])
def test_a_name_that_no_package_can_have_is_refused_and_writes_nothing(
    whence: Whence, tmp_path: Path, name: str
) -> None:
    assert whence("strategies", "new", "--", name).code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = whence("strategies", "new", "mine")
    assert (done.code, list((tmp_path / "mine").iterdir())) == (2, [])
    assert "mine exists already" in done.err


def test_a_new_package_is_installed_editable_as_the_command_prints(whence: Whence, tmp_path: Path) -> None:
    done = whence("strategies", "new", "mine")
    assert "pip install --no-build-isolation -e mine" in done.out
    without_editables = (
        "import sys; sys.modules['editables'] = None\n"
        "from hatchling.build import build_editable\n"
        "build_editable(sys.argv[1])"
    )
    command = [sys.executable, "-c", without_editables, str(tmp_path)]
    subprocess.run(command, check=True, cwd=tmp_path / "mine")
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        (path,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".pth"))
    assert Path(path.strip()) == tmp_path / "mine"


def test_a_new_strategy_is_installed_passes_its_test_and_trades(whence: Whence, tmp_path: Path) -> None:
    assert whence("strategies", "new", "my-breakout").code == 0
    installed = tmp_path / "installed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", installed, tmp_path / "my-breakout"], check=True, cwd=tmp_path)
    path = os.pathsep.join([str(installed), str(ROOT)])
    tests = [sys.executable, "-m", "unittest", "discover", "my-breakout"]
    subprocess.run(tests, check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path})

    described = program(tmp_path, "strategies", "describe", "my-breakout", PYTHONPATH=path)
    assert "bars = 20" in described.stdout, described.stderr
    (tmp_path / "whence.toml").write_text('[[trading.strategies]]\nname = "my-breakout"\n')
    done = program(tmp_path, "paper", "--bars", "1500", "--seed", "4", "--json", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    (group,) = json.loads(done.stdout)["by_strategy"]
    assert group["name"] == "my-breakout"
    assert group["trades"] > 0
