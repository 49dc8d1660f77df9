"""Each way in which a file is changed is reported once it has come to rest, and the changes of other files are not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.file_watch import FileWatch
from domain.errors import InvalidSettings

_PATIENCE = 20.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """`whence.toml` as a ConfigMap mounts it: a link through `..data` into a folder of one version."""
    version = tmp_path / "..1"
    version.mkdir()
    (version / "whence.toml").write_text("before")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "whence.toml").symlink_to("..data/whence.toml")
    return tmp_path / "whence.toml"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    (tmp_path / "whence.toml").write_text("before")
    return tmp_path / "whence.toml"


def written(file: Path) -> None:
    file.write_text("after")


def renamed(file: Path) -> None:
    beside = file.with_name(".whence.toml.swp")
    beside.write_text("after")
    beside.replace(file)


def in_two_pieces(file: Path) -> None:
    with file.open("w") as opened:
        opened.write("af")
        opened.flush()
        time.sleep(0.1)
        opened.write("ter")


@pytest.fixture
def watch(plain: Path) -> Iterator[FileWatch]:
    with FileWatch(plain) as begun:
        assert begun.wait(_PATIENCE), "the begin is reported, because what came before it was not seen"
        assert begun.take()
        assert not begun.take()
        yield begun


@pytest.mark.parametrize("change", [written, renamed, in_two_pieces])
def test_a_change_of_the_file_is_reported_with_its_whole_content(
    watch: FileWatch, plain: Path, change: Callable[[Path], None]
) -> None:
    change(plain)
    assert watch.wait(_PATIENCE)
    assert watch.take()
    assert plain.read_text() == "after"


def test_a_change_of_another_file_is_not_reported(watch: FileWatch, plain: Path) -> None:
    plain.with_name("whence.db").write_text("row")
    assert not watch.wait(1)


def test_the_swap_of_a_link_beside_the_file_is_reported(file: Path) -> None:
    with FileWatch(file) as watch:
        assert watch.wait(_PATIENCE)
        assert watch.take()
        newer = file.with_name("..2")
        newer.mkdir()
        (newer / "whence.toml").write_text("after")
        file.with_name("..data_tmp").symlink_to("..2")
        file.with_name("..data_tmp").replace(file.with_name("..data"))
        assert watch.wait(_PATIENCE)
        assert file.read_text() == "after"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="no folder"):
        FileWatch(tmp_path / "none" / "whence.toml")


def test_a_folder_that_cannot_be_watched_is_reported_once(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    watch = FileWatch(folder / "whence.toml")
    folder.rmdir()
    with watch:
        assert watch.wait(_PATIENCE), "the end of the watch is reported, too"
        with pytest.raises(InvalidSettings, match="watched no more"):
            watch.take()
        assert not watch.take()
