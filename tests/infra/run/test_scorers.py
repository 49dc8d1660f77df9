"""The models of a live engine whose object store cannot be used."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from domain.errors import SecretsUnavailable
from infra.config import WhenceSettings
from infra.learning.model_store import ModelStore, Objects
from infra.run import scorers
from infra.run.scorers import CHECK_THREAD, check_store, live_models
from infra.run.watchers import Watchers


def sealed() -> Objects:
    raise SecretsUnavailable("the Vault is sealed")


def broken() -> Objects:
    raise RuntimeError("a key of the store")


def test_a_live_engine_whose_store_keys_are_sealed_away_starts_and_logs_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def store(_settings: WhenceSettings) -> ModelStore:
        return ModelStore(tmp_path, sealed)

    monkeypatch.setattr(scorers, "model_store", store)
    live_models(WhenceSettings(), Watchers())
    for thread in threading.enumerate():
        if thread.name == CHECK_THREAD:
            thread.join()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().endswith("a file that the folder lacks fails: the Vault is sealed")


def test_an_error_of_a_library_is_logged_without_its_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_store(ModelStore(tmp_path, broken))
    assert caplog.messages[0].endswith("RuntimeError")
    assert "a key" not in caplog.text
