"""The code of every error of this project follows from its place in the class tree."""

from __future__ import annotations

import pytest

from adapters.codes import CODES, Code, code_of
from domain import errors
from domain.errors import WhenceError


def leaves(kind: type[WhenceError]) -> list[type[WhenceError]]:
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]


@pytest.mark.parametrize("kind", [kind for kind in leaves(WhenceError) if kind.__module__ == errors.__name__])
def test_an_error_has_the_code_of_its_nearest_listed_class(kind: type[WhenceError]) -> None:
    fits = [code for above, code in CODES if issubclass(kind, above)]
    nearest = next(
        (code for above in kind.__mro__ for listed, code in CODES if listed is above), Code.INTERNAL
    )
    assert code_of(kind.__new__(kind)) == nearest
    assert not fits or fits[0] == nearest


def test_an_error_without_a_listed_class_has_the_code_internal() -> None:
    assert code_of(ZeroDivisionError()) is Code.INTERNAL
