"""Dead letters by GraphQL: a viewer lists them by source and state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.dead_letters.changes import discarded, failed
from adapters.dead_letters.state import LetterSource
from adapters.dead_letters.store import DeadLetters
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.schema import schema
from commands.caller import Caller
from commands.roles import Role
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.adapters.dead_letters.lettering import NOON, came
from tests.commands.list_log import ListLog

pytestmark = pytest.mark.anyio

SCHEMA = schema(limiting(Limits()))
LIST = """query List($source: LetterSource, $state: LetterState, $first: Int) {
    deadLetters(letterSource: $source, state: $state, first: $first) { id reason state note size }
}"""


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    with closing(open_letters(WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}"))) as found:
        found.keep([came(0), came(1, source=LetterSource.RECORD, place="topic[0]@7"), came(2)])
        found.change(failed(came(0).letter, NOON, "tess", "in vain"))
        found.change(discarded(came(2).letter, NOON, "tess", "not ours"))
        yield found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    migrate(engine)
    yield engine
    engine.dispose()


async def listed(engine: Engine, letters: DeadLetters, **variables: object) -> Any:
    models = ReadModels(engine, PROJECTIONS, 0, ListLog())
    served = Served(models, _no_decoding, letters=lambda: letters)
    context = Context(Caller("vera", Role.VIEWER, "t1"), served)
    return await SCHEMA.execute(LIST, {"first": 100, **variables}, context_value=context)


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


@pytest.mark.parametrize(
    ("variables", "numbers"),
    [
        ({}, [1, 0]),
        ({"first": 1}, [1]),
        ({"source": "EXCHANGE"}, [0]),
        ({"state": "DISCARDED"}, [2]),
        ({"state": "PERMANENT"}, []),
    ],
)
async def test_letters_are_listed_by_source_and_state(
    engine: Engine, letters: DeadLetters, variables: dict[str, object], numbers: list[int]
) -> None:
    every = [came(0), came(1, source=LetterSource.RECORD, place="topic[0]@7"), came(2)]
    found = await listed(engine, letters, **variables)
    assert [one["id"] for one in found.data["deadLetters"]] == [every[number].letter.id for number in numbers]


@pytest.mark.parametrize("first", [0, -1])
async def test_a_wrong_number_is_bad_input(engine: Engine, letters: DeadLetters, first: int) -> None:
    found = await listed(engine, letters, first=first)
    assert [error.extensions["code"] for error in found.errors] == ["BAD_INPUT"]
