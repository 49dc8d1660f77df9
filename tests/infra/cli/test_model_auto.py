"""`whence models auto` as a shell sees it: what is due is requested from the running engine, or only printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.log.sqlite import open_sqlite
from adapters.tokens.book import TokenBook
from commands.request import PromoteModel, RegisterModel, RetireModel
from commands.roles import Role
from domain.errors import Refused
from domain.model import ModelPromoted, ModelRegistered, ModelRole
from domain.models.settings import ModelSettings
from domain.settings import Settings
from domain.streams import model_stream
from infra.cli import model_auto
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.learning.dataset_file import read_dataset
from infra.learning.model_files import open_model, write_model
from infra.learning.pass_lock import one_pass
from infra.learning.pytorch import is_installed
from infra.run.api_plan import Hosted
from infra.run.serve import Api
from infra.store import open_store
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, NOW, History, an_open_day
from tests.domain.models.files import raw
from tests.infra.cli.conftest import Whence
from tests.infra.learning.written import written
from tests.infra.run.test_shell_door import OPENED, Door

STRICT = ModelSettings(minimum_confidence=0.7)


@dataclass(frozen=True)
class Running:
    """A running engine's API with the door behind it, and a challenger that was registered long ago."""

    door: Door
    words: tuple[str, ...]
    models: Path
    challenger: str
    history: History
    log: Path


def _registered(sha256: str) -> ModelRegistered:
    return ModelRegistered(
        name="main",
        sha256=sha256,
        feature_set="small.1",
        data_from=NOW,
        data_until=NOW,
        labels=1_234,
        seed=7,
        metrics={},
        reason="trained",
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("auto")
    models = folder / "models"
    challenger = write_model(models, raw(seed=1)).stem
    known = _registered(challenger)
    role = ModelPromoted(name="main", sha256=challenger, role=ModelRole.CHALLENGER, reason="first")
    history = an_open_day(Settings(models=STRICT)).record(model_stream(ACCOUNT, "main"), known, role)
    with closing(open_sqlite(folder / "log.db", codec())) as log:
        log.append([*OPENED.envelopes, *history.envelopes])
    settings = WhenceSettings(log=f"sqlite:///{folder / 'log.db'}", account=ACCOUNT)
    (folder / "whence.toml").write_text(
        f'[models]\nfolder = "{models}"\n[models.auto]\npatience_days = 3\n', encoding="utf-8"
    )
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
        yield Running(door, words, models, challenger, history, folder / "log.db")


def test_a_dry_run_prints_what_is_due_and_requests_nothing(whence: Whence, running: Running) -> None:
    before = len(running.door.sent)
    done = whence("models", "auto", "--dry-run", *running.words)
    assert done.code == 0, done
    assert f"{running.challenger[:12]} is retired (patience): not yet shown" in done.out
    assert len(running.door.sent) == before


def test_a_pass_goes_on_after_a_request_that_is_declined_and_ends_with_an_error(
    whence: Whence, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    declined = RetireModel(sha256="d" * 64, reason="declined", rule="patience")
    follows = RetireModel(sha256="e" * 64, reason="enough", rule="patience")

    def requests(_now: datetime) -> list[RetireModel]:
        return [declined, follows]

    def plan(*_given: object) -> tuple[SimpleNamespace, datetime]:
        return SimpleNamespace(requests=requests), NOW

    before = len(running.door.sent)
    with monkeypatch.context() as patched:
        patched.setattr(model_auto, "_plan", plan)
        done = whence("models", "auto", *running.words)
    assert [one.request for one in running.door.sent[before:]] == [declined, follows]
    del running.door.sent[before:]
    printed = " ".join(done.err.split())
    assert done.code != 0
    assert "RetireModel was declined: it is not tripped" in printed
    assert "1 of 2 requests were declined" in printed


def test_a_pass_retires_an_overdue_challenger_and_trains_the_next_one_once(
    whence: Whence, running: Running, tmp_path: Path
) -> None:
    written(tmp_path / "rows", 2, 700)
    done = whence("models", "auto", "--data", "rows", "--member", "forest", *running.words)
    assert done.code == 0, done
    assert "a model is due: the last model was trained" in done.out.replace("\n", " ")
    retirement, registration, promotion = (one.request for one in running.door.sent)
    assert isinstance(retirement, RetireModel)
    assert (retirement.sha256, retirement.rule) == (running.challenger, "patience")
    assert isinstance(registration, RegisterModel)
    assert (running.models / f"{registration.sha256}.json").is_file()
    file = open_model(running.models / f"{registration.sha256}.json").file
    assert file.parameters["threshold_confidence"] == STRICT.minimum_confidence
    assert [one.kind for one in file.members] == ["forest"]
    assert isinstance(promotion, PromoteModel)
    assert (promotion.sha256, promotion.role, promotion.rule) == (
        registration.sha256,
        ModelRole.CHALLENGER,
        "schedule",
    )
    assert registration.reason == f"schedule: {promotion.reason}"
    assert registration.seed == 1

    before = len(running.history.envelopes)
    running.history.record(model_stream(ACCOUNT, "main"), _registered(registration.sha256))
    with closing(open_sqlite(running.log, codec())) as log:
        log.append(running.history.envelopes[before:])
    again = whence("models", "auto", "--data", "rows", *running.words)
    assert again.code == 0, again
    assert f"nothing is trained: {registration.sha256} was trained from these rows" in " ".join(
        again.out.split()
    )
    assert [type(one.request) for one in running.door.sent[3:]] == [RetireModel]


def test_a_second_pass_over_the_same_log_is_refused_while_one_runs(whence: Whence, running: Running) -> None:
    before = len(running.door.sent)
    with one_pass(running.models, running.words[-3], ACCOUNT):
        refused = whence("models", "auto", *running.words)
        assert (
            refused.code,
            "another `whence models auto` of this log" in " ".join(refused.err.split()),
        ) == (
            1,
            True,
        )
        assert len(running.door.sent) == before
        assert whence("models", "auto", "--dry-run", *running.words).code == 0
        with one_pass(running.models, "sqlite:///other.db", ACCOUNT):
            pass
        link = running.log.with_name("link.db")
        link.symlink_to(running.log)
        with pytest.raises(Refused, match="another `whence models auto`"):
            one_pass(running.models, f"sqlite:///{link}", ACCOUNT).__enter__()
    assert whence("models", "auto", "--dry-run", *running.words).code == 0


def test_a_setting_out_of_its_range_is_refused_by_name(whence: Whence, tmp_path: Path) -> None:
    def refused(table: str) -> str:
        (tmp_path / "wrong.toml").write_text(table, encoding="utf-8")
        found = whence("models", "auto", "--config", str(tmp_path / "wrong.toml"))
        assert found.code == 2
        return " ".join(found.err.split())

    assert "models.auto.budget" in refused("[models.auto]\nbudget = 0.9\n")
    assert "models.drift: rows = 20 shows nothing" in refused("[models.drift]\nrows = 20\n")
    assert "models.drift.row: unknown" in refused("[models.drift]\nrow = 200\n")


def test_a_pass_builds_the_features_of_its_log_trains_and_registers_without_an_engine(
    whence: Whence, tmp_path: Path
) -> None:
    strategies = "".join(
        f'[[trading.strategies]]\nname = "{name}"\n' for name in ("supertrend", "sar-wave", "mean-reversion")
    )
    (tmp_path / "whence.toml").write_text(strategies, encoding="utf-8")
    assert whence("paper", "--bars", "1500").code == 0
    words = ("models", "auto", "--build", "data", "--api", "http://127.0.0.1:1")
    done = whence(*words)
    assert done.code == 0, done
    printed = " ".join(done.out.split())
    assert "a model is due: no model was trained yet" in printed
    assert "is trained with the seed 1, registered as main, and a challenger" in printed
    (data,) = (tmp_path / "data").iterdir()
    assert len(read_dataset(data).net) > 120
    (listed,) = json.loads(whence("models", "list", "--json").out)
    assert (listed["role"], listed["labels"]) == ("CHALLENGER", len(read_dataset(data).net))
    assert whence(*words).out.strip() == "nothing is due", "by the clock of the candles"


def test_options_of_a_build_without_its_folder_are_refused(whence: Whence) -> None:
    twice = whence("models", "auto", "--data", "rows", "--build", "data")
    assert (twice.code, "not both" in " ".join(twice.err.split())) == (2, True)
    (Path.cwd() / "a.csv").touch()
    alone = whence("models", "auto", "--candles", "a.csv")
    assert (alone.code, "are for --build: name its folder" in " ".join(alone.err.split())) == (2, True)
    untrained = whence("models", "auto", "--member", "forest")
    assert (untrained.code, "--member is for a training" in " ".join(untrained.err.split())) == (2, True)


@pytest.mark.skipif(is_installed(), reason="PyTorch is installed")
def test_a_member_that_cannot_be_trained_here_is_refused_before_anything_is_requested(
    whence: Whence, running: Running
) -> None:
    before = len(running.door.sent)
    done = whence("models", "auto", "--data", "rows", "--member", "sequence", *running.words)
    assert (done.code, "PyTorch, which is not installed" in " ".join(done.err.split())) == (1, True)
    assert len(running.door.sent) == before
