"""The log of a demo on live prices says so wherever a person reads it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from infra.run.demo_log import DEMO
from tests.domain.history import an_open_day, an_order
from tests.infra.cli.conftest import Whence
from tests.replacing import replace


@pytest.fixture(params=["paper-live", "live"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The source of the events of the log `a.db` in the folder of the test."""
    source: str = request.param
    history = an_open_day().order("abc-e1", an_order())
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append([replace(one, meta=replace(one.meta, source=source)) for one in history.envelopes])
    return source


def test_the_events_of_a_demo_are_printed_below_a_line_that_names_it(whence: Whence, source: str) -> None:
    done = whence("log", "--log", "sqlite:///a.db")
    assert done.code == 0, done
    assert (DEMO in done.err) is (source == "paper-live")
    assert len(done.out.splitlines()) == len(
        whence("log", "--json", "--log", "sqlite:///a.db").out.splitlines()
    )


def test_a_chain_of_a_demo_is_explained_below_a_line_that_names_it(whence: Whence, source: str) -> None:
    done = whence("explain", "abc-e1", "--log", "sqlite:///a.db")
    assert done.code == 0, done
    assert (DEMO in " ".join(done.out.split())) is (source == "paper-live")
    story = json.loads(whence("explain", "abc-e1", "--json", "--log", "sqlite:///a.db").out)
    assert story["demo"] is (source == "paper-live")
