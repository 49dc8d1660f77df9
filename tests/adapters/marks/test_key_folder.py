"""The folder of keys: made at first use, for its owner alone."""

from __future__ import annotations

import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.marks.key import CODE_BYTES, Key
from adapters.marks.key_folder import KeyFolder, newest
from domain.errors import KeyRefused


def test_the_first_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "a" / "keys")
    assert folder.read() == {}
    with ThreadPoolExecutor(8) as threads:
        makers = [threads.submit(folder.made) for _ in range(8)]
        made = {key for maker in makers for key in maker.result()}
    assert made == set(folder.read())
    [file] = folder.path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_new_key_is_the_newest_and_the_earlier_ones_remain(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    first = newest(folder.made())
    keys = folder.renewed()
    assert next(iter(keys)) == first.id
    assert newest(keys).id != first.id
    assert [*folder.made()] == [*keys]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602])
def test_a_key_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    folder = KeyFolder(tmp_path)
    folder.made()
    [file] = tmp_path.iterdir()
    file.chmod(mode)
    with pytest.raises(KeyRefused, match=f"mode {mode:04o}.*chmod 600"):
        folder.read()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    folder.made()
    tmp_path.chmod(0o777)
    with pytest.raises(KeyRefused, match="can be written by other users"):
        folder.read()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "does not hold the key"),
        ("zz", "holds no key"),
        ("00" * 32, "does not hold the key"),
        ("é", "holds no key"),
    ],
)
def test_a_file_that_holds_another_content_is_refused(tmp_path: Path, content: str, fault: str) -> None:
    folder = KeyFolder(tmp_path)
    folder.made()
    [file] = tmp_path.iterdir()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(KeyRefused, match=fault):
        folder.read()


def test_no_error_and_no_text_shows_the_secret(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    folder.made()
    [file] = tmp_path.iterdir()
    secret = file.read_text().strip()
    file.write_text(secret[:-2] + ("01" if secret.endswith("00") else "00"))
    with pytest.raises(KeyRefused) as refused:
        folder.read()
    key = Key(bytes.fromhex(secret))
    assert not any(secret[:16] in text for text in (str(refused.value), repr(key), str(key), file.name))


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 1_000])
def test_the_code_is_hmac_sha256_of_the_standard_library(length: int) -> None:
    secret, message = bytes(range(32)), bytes(length)
    assert Key(secret).code(message) == hmac.digest(secret, message, "sha256")[:CODE_BYTES]
