"""A file is replaced as a whole, or left as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.whole_file import replace_file


def test_a_file_is_replaced_with_the_permissions_of_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")
    replace_file(file, b"after", 0o600)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"after", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_replaced_is_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        replace_file(folder, b"after")
    assert list(tmp_path.iterdir()) == [folder]
