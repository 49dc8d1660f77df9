"""The schemas of the tape: the newest one is that of the classes, none holds a secret, and the first is fixed."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from adapters.inputs.schema import classes, demanded, newest, schema_of, schemas, text_of
from domain.errors import UnknownSchema


def test_the_newest_schema_is_that_of_the_classes() -> None:
    """After a change of a class: `python -m adapters.inputs.schema > schemas/tape/<next number>.json`."""
    assert newest().fields == demanded()


def test_every_schema_file_is_written_as_the_program_writes_it() -> None:
    for number, schema in schemas().items():
        text = (files("schemas") / "tape" / f"{number}.json").read_text(encoding="utf-8")
        assert text == text_of(schema.fields)
    assert list(schemas()) == list(range(1, len(schemas()) + 1))


def test_no_field_of_an_input_is_a_secret() -> None:
    secret = re.compile(r"password|secret|token|api_?key|credential|signature")
    names = {f"{name}.{field}" for name, fields in demanded().items() for field in fields}
    assert not [name for name in names if secret.search(name)]
    assert len(classes()) > 50


@pytest.mark.parametrize(("number", "fingerprint"), [(99, bytes(8)), (1, bytes(8))])
def test_an_unknown_schema_is_refused_by_its_name(number: int, fingerprint: bytes) -> None:
    with pytest.raises(UnknownSchema, match=rf"tape schema {number} \(0000000000000000\)"):
        schema_of(number, fingerprint)
