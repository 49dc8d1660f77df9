"""A bucket on a store of this machine: what is written is read, and what fails holds no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.model_store.bucket import Bucket, BucketPlace
from adapters.secrecy import Credentials
from domain.errors import InvalidInput, ModelMissing, ModelsUnavailable
from tests.adapters.model_store.loopback import KEYS, NOWHERE, ObjectStore, object_store


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


def bucket(endpoint: str, keys: Credentials = KEYS) -> Bucket:
    return Bucket(BucketPlace("models", "of/whence", endpoint, "eu-central-1"), keys)


def test_an_object_is_read_as_it_was_written_under_its_prefix(store: ObjectStore) -> None:
    made = bucket(store.endpoint)
    made.write("a.json", b"one")
    made.write("a.json", b"another")
    assert made.read("a.json", 7) == b"another"
    assert store.objects == {"/models/of/whence/a.json": b"another"}


def test_an_object_that_is_not_there_is_missing_and_one_that_is_too_large_is_refused(
    store: ObjectStore,
) -> None:
    made = bucket(store.endpoint)
    with pytest.raises(ModelMissing, match=r"s3://models/of/whence has no none\.json"):
        made.read("none.json", 7)
    made.write("large.json", b"12345678")
    with pytest.raises(InvalidInput, match="has 8 bytes; the most is 7"):
        made.read("large.json", 7)


def test_a_write_into_a_bucket_that_is_not_there_names_the_bucket(store: ObjectStore) -> None:
    made = Bucket(BucketPlace(NOWHERE, "", store.endpoint, "eu-central-1"), KEYS)
    with pytest.raises(ModelsUnavailable, match=r"the store has no bucket nowhere; create it"):
        made.write("a.json", b"one")


def test_a_wrong_secret_is_refused_by_the_store_and_is_in_no_message(store: ObjectStore) -> None:
    wrong = Credentials(KEYS.key, "another-secret/+=")
    with pytest.raises(ModelsUnavailable, match=r"s3://models/of/whence/a\.json: .*403") as refused:
        bucket(store.endpoint, wrong).read("a.json", 7)
    for hidden in (wrong.key, wrong.secret):
        assert hidden not in str(refused.value)
        assert hidden not in repr(bucket(store.endpoint, wrong))


def test_a_request_that_the_store_refuses_at_first_is_repeated(store: ObjectStore) -> None:
    store.refused = 2
    made = bucket(store.endpoint)
    made.write("slow.json", b"one")
    assert (made.read("slow.json", 7), store.refused) == (b"one", 0)


def test_a_store_that_does_not_answer_is_stated_with_its_address() -> None:
    with pytest.raises(ModelsUnavailable, match=r"127\.0\.0\.1:1/models/of/whence/a\.json"):
        bucket("http://127.0.0.1:1").write("a.json", b"one")


def test_objects_are_listed_over_several_pages_made_once_and_removed(store: ObjectStore) -> None:
    made = bucket(store.endpoint)
    names = [f"listed/{one}" for one in range(5)]
    for name in names:
        made.write(name, b"one")
    made.write("aside", b"one")
    assert made.names("listed") == names
    assert not made.create("listed/0", b"another")
    assert made.create("listed/5", b"another")
    assert made.read("listed/0", 7) == b"one"
    for _ in range(2):
        made.remove("listed/5")
    assert made.names("listed") == names
    assert made.names("none") == []
