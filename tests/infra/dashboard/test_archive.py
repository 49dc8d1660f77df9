"""The committed archive of the dashboard: built from the committed sources, licensed, of local files only."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.dashboard.archive import ARCHIVE, archive_of, read_archive
from infra.dashboard.bundle import INTROSPECTION, SOURCE, bundle

WORDS = SOURCE / "src" / "words"
MOST_BYTES = 400 * 1024


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return read_archive()


def test_the_archive_is_what_the_sources_build() -> None:
    types = INTROSPECTION.read_bytes()
    assert bundle() == ARCHIVE.read_bytes(), "run `python -m infra.dashboard.bundle` and commit the archive"
    assert INTROSPECTION.read_bytes() == types, "commit the types of the API, which `bundle` has written anew"


def test_equal_files_make_equal_archives(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "assets").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("page")
        (tmp_path / name / "assets" / "a.js").write_text("script")
    assert archive_of(tmp_path / "one") == archive_of(tmp_path / "two")


def test_the_licence_of_every_bundled_package_is_in_the_archive(files: Mapping[str, bytes]) -> None:
    licences = files["assets/licences.txt"].decode()
    package: dict[str, Any] = json.loads((SOURCE / "package.json").read_text())
    used = set(re.findall(r"^(\S+) \d+\.\d+\.\d+ \(", licences, re.MULTILINE))
    assert {"react", "react-dom", "@urql/core", "graphql-ws", "uplot", "@fluent/bundle"} <= used
    assert used & set(package["devDependencies"]) <= {"gql.tada"}


def test_the_page_has_no_inline_script_and_names_no_other_server(files: Mapping[str, bytes]) -> None:
    page = files["index.html"].decode()
    assert re.findall(r"<script(?![^>]*src=)|<style|style=|\son\w+=", page) == []
    assert "//" not in page
    assert all(f"assets/{name.rpartition('/')[2]}" in page for name in files if name.endswith(".css"))


def test_the_files_of_the_page_weigh_less_than_400_kib_compressed(files: Mapping[str, bytes]) -> None:
    loaded = [content for name, content in files.items() if not name.endswith(".txt")]
    assert sum(len(gzip.compress(content)) for content in loaded) < MOST_BYTES


def test_every_language_has_the_same_words() -> None:
    named = {
        file.stem: re.findall(r"^([\w-]+) = ", file.read_text(encoding="utf-8"), re.MULTILINE)
        for file in WORDS.glob("*.ftl")
    }
    assert set(named) == {"en", "ru"}
    assert all(len(names) == len(set(names)) for names in named.values())
    assert set(named["en"]) == set(named["ru"])


def test_every_word_of_the_sources_is_in_the_languages_and_none_is_left_over() -> None:
    english = set(re.findall(r"^([\w-]+) = ", (WORDS / "en.ftl").read_text(encoding="utf-8"), re.MULTILINE))
    sources = "\n".join(
        file.read_text(encoding="utf-8")
        for file in SOURCE.glob("src/**/*.ts*")
        if not file.name.endswith(".d.ts")
    )
    quoted = set(re.findall(r"['\"]([a-z][a-z-]*)['\"]", sources))
    parts = tuple(re.findall(r"words\(`([a-z]+-)\$\{", sources))
    assert {name for name in english if name not in quoted and not name.startswith(parts)} == set()
    wanted = set(re.findall(r"words\(['\"]([\w-]+)['\"]", sources)) | set(
        re.findall(r"name: '([a-z-]+)'", sources)
    )
    assert wanted - english == set()
    assert not re.search(r">\s*[A-Z][a-z]+ [a-z]+[^<{]*<", sources), "a word of the page is not in words/"
