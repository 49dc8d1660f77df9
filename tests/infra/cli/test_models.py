"""`whence models` as a shell sees it: a model is trained from a data set, and its file is shown."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from domain.models.file import read_file
from tests.domain.models.files import raw
from tests.infra.cli.conftest import Whence
from tests.infra.learning.written import written

QUICK = ("--trees", "4", "--tests", "2", "--seed", "3")


def test_a_model_is_trained_from_a_data_set_and_its_file_is_shown(whence: Whence, tmp_path: Path) -> None:
    written(tmp_path / "rows", 2, 1_200)
    done = whence("models", "train", "--data", "rows", *QUICK)
    assert done.code == 0, done
    (place,) = (tmp_path / "models").iterdir()
    assert place.name in done.out.replace("\n", "")
    for words in ("logistic", "yes: 1,200 resolved labels", "verdict: "):
        assert words in done.out
    again = whence("models", "train", "--data", "rows", *QUICK, "--out", "other", "--json")
    assert (tmp_path / "other" / place.name).read_bytes() == place.read_bytes()
    assert json.loads(again.out)["passed"] is read_file(place.read_bytes()).verdict.passed
    shown = json.loads(whence("models", "show", str(place), "--json").out)
    assert shown == {**json.loads(again.out), "file": None}
    assert shown["labels"] == {"BARRIER": 0, "TRADE": 1_200, "parameters": {"hours": 24}}

    place.write_bytes(place.read_bytes()[:-9])
    refused = whence("models", "show", str(place))
    assert refused.code == 2
    assert "was changed" in refused.err


def test_a_model_with_a_level_calibration_is_shown_with_its_only_confidence(
    whence: Whence, tmp_path: Path
) -> None:
    level = "confidence: 0.500 for every entry"
    for slope, is_level in ((0.0, True), (1.0, False)):
        data = raw(win={"method": "PLATT", "slope": slope, "intercept": 0.0})
        place = tmp_path / f"{sha256(data).hexdigest()}.json"
        place.write_bytes(data)
        shown = whence("models", "show", str(place))
        assert shown.code == 0, shown
        assert (level in shown.out) is is_level
        assert "risk:" not in shown.out


def test_only_the_members_that_are_named_are_trained(whence: Whence, tmp_path: Path) -> None:
    written(tmp_path / "rows", 2, 1_200)
    done = whence("models", "train", "--data", "rows", *QUICK, "--member", "forest", "--json")
    assert json.loads(done.out)["members"] == {"forest": 0.3}
    refused = whence("models", "train", "--data", "rows", "--member", "lasso")
    assert (refused.code, "--member" in refused.err) == (2, True)


def test_options_and_folders_that_are_invalid_are_refused_by_name(whence: Whence, tmp_path: Path) -> None:
    assert "holds no complete data set" in whence("models", "train", "--data", "none").err
    refused = whence("models", "train", "--data", "none", "--confidence", "1.5")
    assert (refused.code, "--confidence" in refused.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_report_of_a_file_with_another_validation_is_refused_and_its_json_is_shown(
    whence: Whence, tmp_path: Path
) -> None:
    (tmp_path / "other.json").write_bytes(raw(validation={"rows": 3}))
    refused = whence("models", "show", "other.json")
    assert (refused.code, "is not as this version writes it" in refused.err) == (2, True)
    assert json.loads(whence("models", "show", "other.json", "--json").out)["validation"] == {"rows": 3}
