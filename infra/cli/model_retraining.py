"""Trains the next model of `whence models auto`, unless a registered one was trained from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from domain.errors import InvalidInput, ModelsUnavailable
from domain.learning.settings import TrainingSettings
from domain.models.settings import ModelSettings
from infra.cli.advance import Advance
from infra.learning.dataset_file import read_dataset, read_manifest
from infra.learning.limits_in_force import thresholds_of
from infra.learning.model_files import OpenedModel, open_model
from infra.learning.model_store import ModelStore
from infra.learning.trainers import kinds_for
from infra.learning.training import dataset_hash, trained


def retrained(
    store: ModelStore,
    data: Path,
    seed: int,
    limits: ModelSettings,
    registered: Sequence[str],
    members: Sequence[str] = (),
) -> OpenedModel | None:
    """The new model, whose file is kept in the `store`. Its gate judges by the `limits` in force, and its members are
    those of `kinds_for`.

    None where one of the `registered` models (SHA-256, oldest first) was trained from the rows of `data`: another seed
    would be another try on them. Raises InvalidInput as `read_dataset` and `trained` do.
    """
    dataset, labels = read_dataset(data), read_manifest(data).labels
    same = _trained_from(dataset_hash(dataset), store, registered)
    if same is not None:
        typer.echo(f"nothing is trained: {same} was trained from these rows, and is registered")
        return None
    with Advance() as advance:
        found = trained(
            dataset,
            TrainingSettings(thresholds=thresholds_of(limits)),
            seed,
            labels=labels,
            kinds=kinds_for(len(dataset.net), members),
            progress=lambda part, done, parts: advance.show({part: (done, parts)}),
        )
    return open_model(store.keep(found.data))


def _trained_from(rows: str, files: ModelStore, registered: Sequence[str]) -> str | None:
    """The newest model that was trained from the rows with this hash. A file that cannot be read is stated: whether it
    was, is not known.
    """
    for sha256 in reversed(registered):
        try:
            file = files.file_of(sha256)
        except (InvalidInput, ModelsUnavailable) as fault:
            typer.echo(f"the rows of {sha256[:12]} are not compared: {fault}", err=True)
            continue
        if file.data.sha256 == rows:
            return sha256
    return None
