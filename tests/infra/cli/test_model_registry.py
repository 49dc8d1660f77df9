"""`whence models` and the register: requests to a running engine, and what a log holds of models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.log.sqlite import open_sqlite
from adapters.tokens.book import TokenBook
from commands.request import PromoteModel, RegisterModel, RetireModel
from commands.roles import Role
from domain.model import ModelPromoted, ModelRegistered, ModelRole
from domain.streams import model_stream
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.learning.model_files import write_model
from infra.run.api_plan import Hosted
from infra.run.serve import Api
from infra.store import open_store
from tests.adapters.model_store.loopback import KEYS, object_store
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, NOW, an_open_day
from tests.domain.models.files import raw
from tests.infra.cli.conftest import Whence
from tests.infra.run.test_shell_door import OPENED, Door
from tests.infra.run.test_unattended import play

PASSED: dict[str, object] = {"passed": True, "reasons": []}
FAILED: dict[str, object] = {
    "passed": False,
    "reasons": ["yes: 400 resolved labels", "no: Brier 0.24, best baseline 0.23"],
}


@dataclass(frozen=True)
class Running:
    """A running engine's API with the door behind it, and its log with two champions, the second one in force."""

    door: Door
    words: tuple[str, ...]
    models: Path
    first: str
    second: str
    unproven: str
    other: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("registry")
    models = folder / "models"
    first, second, unproven, other = (
        write_model(models, raw(seed=seed, verdict=verdict)).stem
        for seed, verdict in ((1, PASSED), (2, PASSED), (3, FAILED), (5, PASSED))
    )
    history, stream = an_open_day(), model_stream(ACCOUNT, "main")
    for one in (first, second, unproven, other):
        history.record(
            stream,
            ModelRegistered(
                name="main",
                sha256=one,
                feature_set="core.1" if one == other else "small.1",
                data_from=NOW,
                data_until=NOW,
                labels=1_234,
                seed=7,
                metrics={"model.auc": 0.5625},
                reason="trained",
            ),
        )
    for one, replaced in ((first, ""), (second, first)):
        history.record(
            stream,
            ModelPromoted(
                name="main", sha256=one, role=ModelRole.CHAMPION, reason="better", replaced=replaced
            ),
        )
    with closing(open_sqlite(folder / "log.db", codec())) as log:
        log.append([*OPENED.envelopes, *history.envelopes])
    settings = WhenceSettings(log=f"sqlite:///{folder / 'log.db'}", account=ACCOUNT)
    (folder / "whence.toml").write_text(f'[models]\nfolder = "{models}"\n', encoding="utf-8")
    door = Door()
    with Api(settings, plan_of(ApiOptions(port=0)), Hosted(door, ACCOUNT, "an engine")) as api:
        store = open_store(settings)
        token = folder / "token"
        token.write_text(
            TokenBook(store).issue("eve", Role.ADMIN, datetime.now(UTC)).spelled, encoding="ascii"
        )
        store.dispose()
        log_words = ("--account", ACCOUNT, "--log", settings.log, "--config", str(folder / "whence.toml"))
        words = ("--api", api.url, "--token-file", str(token), *log_words)
        yield Running(door, words, models, first, second, unproven, other)


def test_a_promotion_is_a_request_to_the_engine_with_the_role_and_the_reason(
    whence: Whence, running: Running
) -> None:
    done = whence("models", "promote", running.second[:8], "--reason", "better", *running.words)
    assert done.code == 0, done
    assert "candles" not in done.out, "the champion in force reads the features already"
    assert running.door.sent[-1].request == PromoteModel(
        sha256=running.second, role=ModelRole.CHAMPION, reason="better"
    )
    whence("models", "promote", running.first, "--reason", "watch", "--challenger", *running.words)
    assert running.door.sent[-1].request == PromoteModel(
        sha256=running.first, role=ModelRole.CHALLENGER, reason="watch"
    )


def test_a_promotion_states_how_long_entries_are_skipped_while_no_model_in_force_read_its_features(
    whence: Whence, running: Running
) -> None:
    done = whence("models", "promote", running.other, "--reason", "better", *running.words)
    assert done.code == 0, done
    printed = " ".join(done.out.split())
    assert "no model in force read core.1: until 215 candles of the engine's interval and 25 hours" in printed
    assert "every entry is skipped for SCORE_MISSING. A restart of an engine" in printed
    shadow = whence("models", "promote", running.other, "--challenger", "--reason", "x", *running.words)
    assert "its scores are FEATURES_MISSING" in " ".join(shadow.out.split())


def test_a_champion_that_its_gate_did_not_let_pass_needs_a_word_of_its_own(
    whence: Whence, running: Running
) -> None:
    before = len(running.door.sent)
    refused = whence("models", "promote", running.unproven, "--reason", "luck", *running.words)
    assert refused.code == 1
    assert "pass: Brier 0.24, best baseline 0.23; make it a --challenger" in " ".join(refused.err.split())
    assert len(running.door.sent) == before
    whence("models", "promote", running.unproven, "--reason", "luck", "--unproven", *running.words)
    request = running.door.sent[-1].request
    assert isinstance(request, PromoteModel)
    assert (request.sha256, request.unproven) == (running.unproven, True)


def test_a_rollback_promotes_the_champion_before(whence: Whence, running: Running) -> None:
    whence("models", "rollback", "--reason", "worse", *running.words)
    assert running.door.sent[-1].request == PromoteModel(
        sha256=running.first, role=ModelRole.CHAMPION, reason="worse", unproven=True
    )


def test_a_retirement_names_the_model(whence: Whence, running: Running) -> None:
    whence("models", "retire", running.second, "--reason", "drift", *running.words)
    assert running.door.sent[-1].request == RetireModel(sha256=running.second, reason="drift")


def test_a_registration_has_what_the_file_states_and_keeps_the_file(
    whence: Whence, running: Running, tmp_path: Path
) -> None:
    data = raw(seed=4, validation={"model": {"auc": 0.75}})
    (tmp_path / "new.json").write_bytes(data)
    done = whence("models", "register", "new.json", "--name", "other", *running.words)
    assert done.code == 0, done
    request = running.door.sent[-1].request
    assert isinstance(request, RegisterModel)
    assert (request.name, request.feature_set, request.labels, request.seed) == ("other", "small.1", 3, 4)
    assert request.metrics == {"model.auc": 0.75}
    assert (running.models / f"{request.sha256}.json").read_bytes() == data


def test_a_registration_by_a_person_is_not_taken_for_one_by_schedule(
    whence: Whence, running: Running, tmp_path: Path
) -> None:
    (tmp_path / "new.json").write_bytes(raw(seed=5))
    before = len(running.door.sent)
    refused = whence("models", "register", "new.json", "--reason", "schedule: monthly", *running.words)
    assert refused.code == 2
    assert "write another reason" in " ".join(refused.err.split())
    assert len(running.door.sent) == before


@pytest.mark.parametrize(
    ("given", "message"), [("abc", "too short"), ("ffffff0", "no registered model begins with 'ffffff0'")]
)
def test_a_model_that_is_not_known_is_refused(
    whence: Whence, running: Running, given: str, message: str
) -> None:
    refused = whence("models", "retire", given, "--reason", "why", *running.words)
    assert refused.code == 2
    assert message in " ".join(refused.err.split())


def test_the_list_and_the_record_have_role_and_training(whence: Whence, running: Running) -> None:
    log_words = running.words[4:]
    listed = json.loads(whence("models", "list", "--json", *log_words).out)
    assert [(one["sha256"], one["role"]) for one in listed] == [
        (running.first, None),
        (running.second, "CHAMPION"),
        (running.unproven, None),
        (running.other, None),
    ]
    shown = json.loads(whence("models", "record", running.second, "--json", *log_words).out)
    assert (shown["metrics"], shown["labels"]) == ({"model.auc": 0.5625}, 1_234)
    text = whence("models", "record", running.second, *log_words).out
    assert "no scored signal has a closed trade yet" in text
    compared = json.loads(whence("models", "compare", "--json", *log_words).out)
    assert [one["sha256"] for one in compared] == [running.second]


def test_without_an_engine_the_register_is_changed_in_the_log_at_rest(whence: Whence, tmp_path: Path) -> None:
    play(tmp_path / "whence.db", 10)
    for seed in (1, 2):
        (tmp_path / f"{seed}.json").write_bytes(raw(seed=seed, verdict=PASSED))
    first, second = (sha256((tmp_path / f"{seed}.json").read_bytes()).hexdigest() for seed in (1, 2))
    nowhere = ("--api", "http://127.0.0.1:1")
    for words in (
        ("register", "1.json"),
        ("register", "2.json"),
        ("promote", first, "--reason", "better"),
        ("promote", second, "--reason", "better still"),
        ("rollback", "--reason", "worse"),
    ):
        done = whence("models", *words, *nowhere)
        assert done.code == 0, done
        assert "no engine runs: the log at rest has it" in " ".join(done.out.split())
    again = whence("models", "promote", first, "--reason", "again", *nowhere)
    assert "nothing was changed" in " ".join(again.out.split())
    listed = json.loads(whence("models", "list", "--json").out)
    assert [(one["sha256"], one["role"]) for one in listed] == [(first, "CHAMPION"), (second, None)]
    retired = whence("models", "retire", first, "--reason", "enough", *nowhere)
    assert f"{first} scores nothing; no engine runs" in " ".join(retired.out.split())


def test_a_rollback_without_any_champion_so_far_names_the_command_that_makes_one(
    whence: Whence, tmp_path: Path
) -> None:
    play(tmp_path / "whence.db", 10)
    refused = whence("models", "rollback", "--reason", "worse", "--api", "http://127.0.0.1:1")
    assert refused.code == 1
    message = "no model was ever the champion of this account: `whence models promote` makes one"
    assert message in " ".join(refused.err.split())


def test_while_another_process_owns_the_log_an_unreachable_engine_is_named(
    whence: Whence, tmp_path: Path
) -> None:
    play(tmp_path / "whence.db", 10)
    (tmp_path / "1.json").write_bytes(raw(seed=1))
    with closing(open_sqlite(tmp_path / "whence.db", codec())):
        refused = whence("models", "register", "1.json", "--api", "http://127.0.0.1:1")
    assert refused.code == 1
    printed = " ".join(refused.err.split())
    assert "name the address of its API with --api" in printed
    assert "whence.db" in printed


def test_a_registered_file_is_in_the_object_store_and_is_fetched_where_it_is_promoted(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(tmp_path / "whence.db", 10)
    data = raw(seed=1, verdict=PASSED)
    (tmp_path / "1.json").write_bytes(data)
    digest = sha256(data).hexdigest()
    nowhere = ("--api", "http://127.0.0.1:1")
    with object_store() as store:
        (tmp_path / "whence.toml").write_text(
            f'[models.store]\naddress = "s3://models/whence"\nendpoint = "{store.endpoint}"\n',
            encoding="utf-8",
        )
        keyless = whence("models", "register", "1.json", *nowhere)
        assert keyless.code == 2
        assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in " ".join(keyless.err.split())
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret)
        assert whence("models", "register", "1.json", *nowhere).code == 0
        assert store.objects == {f"/models/whence/{digest}.json": data}
        (tmp_path / "models" / f"{digest}.json").unlink()
        promoted = whence("models", "promote", digest, "--reason", "better", *nowhere)
        assert promoted.code == 0, promoted
    assert (tmp_path / "models" / f"{digest}.json").read_bytes() == data
