"""The wheel: complete, and working in a separate environment outside this folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

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
    """The `bin` folder of an environment with the wheel, which shares the dependencies of this one."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    pip("--python", str(home / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    return home / "bin"


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
