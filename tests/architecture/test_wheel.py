"""The wheel: complete, and working in a separate environment outside this folder."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.committed import ROOT, committed_files
from tests.architecture.test_names import OURS


def pip(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words], check=True
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by pip with the locked build backend."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("whence-*.whl"))


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the wheel and, as links, what it requires: what `pipx install` makes."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    for one in required("whence"):
        for top in {file.parts[0] for file in one.files or [] if file.parts[0] != ".."}:
            if not (site / top).exists():
                (site / top).symlink_to(str(one.locate_file(top)))
    pip("--python", str(home / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    return home / "bin"


def required(name: str) -> list[Distribution]:
    """The distributions that this one requires without an extra, and those that they require, without itself."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(name)]
    while wanted:
        one = wanted.pop()
        spelled = f"{canonicalize_name(one.name)}[{','.join(sorted(one.extras))}]"
        if spelled in found:
            continue
        found[spelled] = distribution(one.name)
        extras = one.extras or {""}
        for line in found[spelled].requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras
            ):
                wanted.append(requirement)
    return [one for spelled, one in found.items() if spelled != f"{name}[]"]


def test_the_wheel_holds_every_committed_file_of_its_packages(wheel: Path) -> None:
    ours = {file.as_posix() for file in committed_files() if file.parts[0] in OURS}
    assert any(file.endswith(".avsc") for file in ours)
    assert ours - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_installed_program_prints_its_help(bin_folder: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [bin_folder / "whence", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "paper" in answer.stdout


def test_the_installed_program_imports_the_packages_of_the_wheel(bin_folder: Path, tmp_path: Path) -> None:
    code = "import infra, schemas; print(infra.__file__, schemas.__file__)"
    answer = subprocess.run(
        [bin_folder / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(Path(file).is_relative_to(bin_folder.parent) for file in answer.stdout.split())


def test_the_installed_program_serves_the_dashboard_beside_a_run_and_of_its_log(
    bin_folder: Path, tmp_path: Path
) -> None:
    for words in (["paper", "--bars", "60", "--api"], ["api"]):
        command = [str(bin_folder / "whence"), *words, "--port", "0"]
        environment = {"PATH": str(bin_folder), "HOME": str(tmp_path)}
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program:
            try:
                base = address_in(program)
                scripts = re.findall(r'(?:src|href)="(assets/[^"]+)"', fetched(f"{base}/"))
                assert len(scripts) > 2
                assert all(fetched(f"{base}/{script}") for script in scripts)
            finally:
                program.terminate()
                program.communicate(timeout=60)


def address_in(program: subprocess.Popen[str]) -> str:
    """The address of the API that the program prints."""
    assert program.stdout is not None
    lines: list[str] = []
    for line in program.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("".join(lines))


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - an address of this machine
        assert response.status == 200
        text: str = response.read().decode("utf-8")
    return text
