"""The line about the file of a model in force."""

from __future__ import annotations

import pytest

from domain.model import ModelInForce, ModelsInForce
from infra.run.model_check import ModelCheck
from tests.commands.models_of_tests import FIRST, SECOND, SET, FakeModel, Folder


def in_force(champion: str, *challengers: str, feature_set: str = SET) -> ModelsInForce:
    made = [ModelInForce("main", one, feature_set) for one in (champion, *challengers)]
    return ModelsInForce({one.sha256: one for one in made}, made[0], tuple(made[1:]))


def test_each_model_in_force_is_stated_once_whether_its_file_can_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    check = ModelCheck(Folder(FakeModel(FIRST)).model_of)
    check.look(ModelsInForce())
    assert caplog.messages == []
    check.look(in_force(FIRST))
    check.look(in_force(FIRST))
    assert caplog.messages == [f"the CHAMPION {FIRST} is read: 2 features of {SET}"]
    caplog.clear()
    check.look(in_force(FIRST, SECOND))
    check.look(in_force(SECOND))
    fails = "its scores fail; every entry that it decides in arm B is skipped for SCORE_FAILED"
    missing = f"{SECOND} is not in the folder"
    assert caplog.messages == [
        f"the CHALLENGER {SECOND} cannot be read, and {fails}: {missing}",
        f"the CHAMPION {SECOND} cannot be read, and every entry is skipped for SCORE_FAILED: {missing}",
    ]
    assert {one.levelname for one in caplog.records} == {"ERROR"}


def test_a_file_of_another_feature_set_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    ModelCheck(Folder(FakeModel(FIRST)).model_of).look(in_force(FIRST, feature_set="other.1"))
    assert caplog.messages == [
        f"the CHAMPION {FIRST} reads {SET} by its file and other.1 by its registration: its scores fail"
    ]
