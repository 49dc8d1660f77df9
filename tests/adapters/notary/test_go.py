"""Notes and proofs beside those of the Go modules of the field (`go/main.go`).

`go/made.json` is what these have made: `cd tests/adapters/notary/go && go run . make > made.json`. Where Go is
installed, they also check what this program makes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.notary.key import check_signed, made_key, opened
from domain.errors import ProofRefused
from domain.notary.checkpoint import Checkpoint
from domain.notary.merkle import CompactRange, StoredNodes
from domain.notary.note import COSIGNATURE, parse_verifier
from domain.notary.proof import check_consistency, check_inclusion, consistency_proof, inclusion_proof
from tests.adapters.notary.conftest import ORIGIN
from tests.domain.notary.trees import tree_of

FOLDER = Path(__file__).parent / "go"
_LEAST = (1, 26)
"""The modules of the field need this version."""
Json = dict[str, Any]


@cache
def made() -> Json:
    found: Json = json.loads((FOLDER / "made.json").read_text(encoding="utf-8"))
    return found


def _bytes(texts: list[str]) -> list[bytes]:
    return [b64decode(one) for one in texts or ()]


def _proofs(kind: str) -> Iterator[tuple[int, int, list[bytes]]]:
    """First leaf or size, size, and hashes of each proof that Go has made."""
    for one in made()[kind]:
        yield int(one["first"]), int(one["size"]), _bytes(one["hashes"])


def test_roots_and_proofs_are_those_of_the_go_modules() -> None:
    tree, nodes = CompactRange(), StoredNodes()
    roots = [tree.root()]
    leaves = _bytes(made()["leaves"])
    for leaf in leaves:
        nodes.extend(tree.append(leaf))
        roots.append(tree.root())
    assert leaves == tree_of(len(leaves)).hashes
    assert roots == _bytes(made()["roots"])
    for first, size, hashes in _proofs("inclusion"):
        assert inclusion_proof(first, size, nodes) == hashes
        check_inclusion(leaves[first], first, size, roots[size], hashes)
    for first, size, hashes in _proofs("consistency"):
        assert consistency_proof(first, size, nodes) == hashes
        check_consistency(first, size, roots[first], roots[size], hashes)
    assert (len(made()["inclusion"]), len(made()["consistency"])) == (91, 78)


def test_a_note_that_go_has_signed_and_cosigned_is_accepted() -> None:
    key, witness = parse_verifier(made()["key"]), parse_verifier(made()["witness"])
    assert (str(key), str(witness)) == (made()["key"], made()["witness"])
    note, checkpoint = opened(made()["note"], key)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 13)
    assert checkpoint.root == _bytes(made()["roots"])[13]
    assert checkpoint.text == note.text
    assert str(note) == made()["note"]
    assert (check_signed(note, witness) or 0) > 1_700_000_000
    with pytest.raises(ProofRefused, match="was not made for this checkpoint"):
        opened(made()["note"].replace("\n13\n", "\n12\n"), key)


def ours(folder: Path) -> Json:
    """A document like that of Go, made by this program."""
    tree, size = tree_of(21), 21
    key, witness = (
        made_key(folder / "key", ORIGIN),
        made_key(folder / "witness", "witness.example", COSIGNATURE),
    )
    note = witness.cosigned(key.signed(Checkpoint(ORIGIN, size, tree.roots[size]).text), 1_764_000_000)
    proofs = [(first, size) for size in range(1, size + 1) for first in range(size)]
    return {
        "origin": ORIGIN,
        "key": str(key.verifier),
        "witness": str(witness.verifier),
        "note": str(note),
        "leaves": _texts(tree.hashes),
        "roots": _texts(tree.roots),
        "inclusion": [
            _proof(first, size, inclusion_proof(first, size, tree.nodes)) for first, size in proofs
        ],
        "consistency": [
            _proof(first, size, consistency_proof(first, size, tree.nodes)) for first, size in proofs if first
        ],
    }


def _proof(first: int, size: int, hashes: Any) -> Json:
    return {"first": first, "size": size, "hashes": _texts(hashes)}


def _texts(hashes: Any) -> list[str]:
    return [b64encode(one).decode() for one in hashes]


def _go_version() -> tuple[int, ...]:
    """Empty where no Go is installed."""
    if shutil.which("go") is None:
        return ()
    printed = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", printed)))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of `go/main.go`."""
    if _go_version() < _LEAST:
        pytest.skip("needs Go 1.26; what Go makes and accepts is compared by the tests above")
    path = tmp_path_factory.mktemp("go") / "oracle"
    subprocess.run(["go", "build", "-o", path, "."], cwd=FOLDER, check=True)
    return path


def _checked(oracle: Path, document: Json) -> str:
    """What the program reports; empty where it accepts the document."""
    done = subprocess.run(
        [oracle, "check"], input=json.dumps(document), capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == (not done.stderr)
    return done.stderr.strip()


def test_go_accepts_what_this_program_makes_and_refuses_forgeries_of_it(oracle: Path, tmp_path: Path) -> None:
    document = ours(tmp_path)
    assert _checked(oracle, document) == ""
    forged = b64encode(bytes(32)).decode()
    changed = {**document, "leaves": [*document["leaves"][:5], forged, *document["leaves"][6:]]}
    assert _checked(oracle, changed).startswith("inclusion of 5 in 6: ")
    changed = {
        **document,
        "roots": [*document["roots"][:9], forged, *document["roots"][10:]],
        "inclusion": [],
    }
    assert _checked(oracle, changed).startswith("consistency of ")
    changed = {**document, "note": document["note"].replace("\n21\n", "\n20\n")}
    assert _checked(oracle, changed).startswith("note: ")
