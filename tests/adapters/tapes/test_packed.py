"""Packed files are unpacked in bounded memory; what is damaged or no candle file is refused by name."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.tapes import packed, read_recording
from domain.errors import InvalidTape
from tests.adapters.tapes.sheets import NOW, START, STEP, row, sheet, write

GOOD = sheet(row(index) for index in range(6))


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def zipped_alone(content: bytes) -> bytes:
    return zipped({"a.csv": content})


@pytest.mark.parametrize(
    ("content", "name", "packing"),
    [
        pytest.param(gzip.compress(GOOD.encode()), "BTCUSDT_5m.csv.gz", "gzip", id="gzip"),
        pytest.param(gzip.compress(GOOD.encode()), "BTCUSDT_5m.csv", "gzip", id="gzip by another name"),
        pytest.param(zipped({"BTCUSDT-5m.csv": GOOD}), "BTCUSDT-5m-2025-01.zip", "zip", id="zip"),
        pytest.param(zipped({"BTCUSDT-5m.csv": GOOD}), "download.zip", "zip", id="the symbol of the member"),
        pytest.param(zipped({"a/b.csv": GOOD, "README.txt": "x", "__MACOSX/b.csv": "x", "a/.c.csv": "x"}),
                     "BTCUSDT_5m.zip", "zip", id="one candle file of several files"),
        pytest.param(zipped({"candles": GOOD}, zipfile.ZIP_STORED), "BTCUSDT_5m.zip", "zip", id="no suffix"),
    ],
)  # fmt: skip
def test_a_packed_file_is_read_like_the_file_in_it(
    tmp_path: Path, content: bytes, name: str, packing: str
) -> None:
    plain = read_recording(write(tmp_path, GOOD), now=NOW)
    read = read_recording(write(tmp_path, content, name), now=NOW)
    assert read.packing == packing
    assert read.tape.candles == plain.tape.candles


def test_the_modification_time_of_an_archive_omits_no_candle(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(GOOD.encode()), "BTCUSDT_5m.csv.gz")
    within = (START + 5 * STEP + timedelta(minutes=1)).timestamp()
    os.utime(path, (within, within))
    assert len(read_recording(path, now=NOW).tape.candles) == 6


ENCRYPTED = bytearray(zipped({"BTCUSDT.csv": GOOD}))
ENCRYPTED[6] |= 1
ENCRYPTED[ENCRYPTED.index(b"PK\x01\x02") + 8] |= 1
NO_CHECKSUM = bytearray(zipped({"BTCUSDT.csv": GOOD}, zipfile.ZIP_STORED))
NO_CHECKSUM[60] ^= 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param(gzip.compress(GOOD.encode())[:-20], "is a damaged gzip file: download it again", id="cut gzip"),
        pytest.param(gzip.compress(GOOD.encode())[:20] + b"x" * 40, "is a damaged gzip file", id="damaged gzip"),
        pytest.param(zipped({"BTCUSDT.csv": GOOD})[:-30], "is a damaged zip archive", id="cut zip"),
        pytest.param(bytes(NO_CHECKSUM), "is a damaged zip archive", id="wrong checksum"),
        pytest.param(bytes(ENCRYPTED), "is an encrypted or unusual zip archive", id="encrypted"),
        pytest.param(zipped({}), "is a zip archive without a file", id="empty zip"),
        pytest.param(zipped({"a/": "", ".b": "x"}), "is a zip archive without a file", id="hidden files only"),
        pytest.param(zipped({f"{i}.csv": GOOD for i in range(7)}), "7 files (0.csv, 1.csv, 2.csv, 3.csv, 4.csv, …)",
                     id="seven candle files"),
        pytest.param(zipped({f"{i}": "" for i in range(1_001)}), "of more than 1,000 files", id="many files"),
        pytest.param(zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "is an Excel workbook", id="xlsx"),
        pytest.param(gzip.compress(gzip.compress(GOOD.encode())), "is packed twice", id="gzip in gzip"),
        pytest.param(zipped({"a.csv.gz": gzip.compress(b"x")}), "is packed twice", id="gzip in zip"),
        pytest.param(b"\xfd7zXZ\x00...", "is compressed with xz", id="xz"),
        pytest.param(b"BZh9...", "is compressed with bzip2", id="bzip2"),
        pytest.param(b"\x28\xb5\x2f\xfd...", "is compressed with Zstandard", id="Zstandard"),
        pytest.param(b"\x89HDF\r\n", "is an HDF5 file", id="HDF5"),
        pytest.param(b"FEA1....", "is a feather file of version 1", id="feather of version 1"),
        pytest.param(b"\n <!DOCTYPE html><html>", "is a web page", id="a web page"),
        pytest.param(b"a.csv".ljust(257, b"\0") + b"ustar", "is a tar archive", id="tar"),
        pytest.param(gzip.compress(b""), "is empty", id="nothing in gzip"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_candles_is_refused_by_its_kind(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    with pytest.raises(InvalidTape) as refused:
        read_recording(write(tmp_path, content), now=NOW)
    assert fault in refused.value.fault


@pytest.mark.parametrize("pack", [gzip.compress, zipped_alone], ids=["gzip", "zip"])
def test_a_decompression_bomb_is_refused_after_the_bound(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(bytes(packed.MOST_BYTES + 1))
    assert len(bomb) < 1 << 20
    with pytest.raises(InvalidTape, match="unpacks to more than 256 MiB"):
        read_recording(write(tmp_path, bomb), now=NOW)


def test_a_file_above_the_bound_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_5m.csv"
    with path.open("wb") as sparse:
        sparse.truncate(packed.MOST_BYTES + 1)
    with pytest.raises(InvalidTape, match="is larger than 256 MiB"):
        read_recording(path, now=NOW)


@pytest.mark.parametrize(
    ("text", "row", "fault"),
    [
        ("1" * 1_000_000, 1, "longer than 65,536 characters"),
        (GOOD + "," * 1_000_000, 8, "longer than 65,536 characters"),
        (GOOD + "x" * 1_000_000, 8, "longer than 65,536 characters"),
    ],
    ids=["one figure", "separators", "after candles"],
)
def test_a_giant_line_is_refused(tmp_path: Path, text: str, row: int, fault: str) -> None:
    with pytest.raises(InvalidTape, match=fault) as refused:
        read_recording(write(tmp_path, text), now=NOW)
    assert refused.value.row == row
