"""The same request twice starts one job; on a real PostgreSQL, with twins at once."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts import idempotency
from accounts.models import AccountGroup, IdempotencyRecord
from web.errors import IdempotencyConflict, ValidationFailed


def ask(header: str | None) -> HttpRequest:
    return RequestFactory().post("/", headers={} if header is None else {"Idempotency-Key": header})


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, None),
        ("abc", "abc"),
        ('"abc"', "abc"),
        ("  abc ", "abc"),
        ('"a b"', "a b"),
        (r'"a\"b\\"', 'a"b\\'),
        ('ab"c', 'ab"c'),
        ('"abc', '"abc'),
        ("x" * 255, "x" * 255),
        ('"' + "x" * 255 + '"', "x" * 255),
        ("~ !", "~ !"),
    ],
)
def test_a_key_is_read_quoted_or_bare(header: str | None, key: str | None) -> None:
    assert idempotency.key_of(ask(header)) == key


@pytest.mark.parametrize("header", ["", "   ", '""', "x" * 256, "é", "a\tb", "a\x7fb", "\0", '"é"'])
def test_any_other_key_is_400(header: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        idempotency.key_of(ask(header))
    assert refused.value.details
    assert refused.value.details[0].path == "Idempotency-Key"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False),
        ({"a": timezone.now().date()}, {"a": timezone.now().date()}, True),
    ],
)
def test_a_fingerprint_is_of_the_meaning_not_the_order(one: Any, other: Any, same: bool) -> None:
    assert (idempotency.fingerprint(one) == idempotency.fingerprint(other)) is same


@pytest.mark.parametrize(
    ("told", "canonical"),
    [
        ({"body": {"b": "é\ud800", "a": [1, None]}}, r'{"a":[1,null],"b":"\u00e9\ud800"}'),
        ({"body": {"b": 1}, "upload_sha256": "0a"}, '{"fields":{"b":1},"sha256":"0a"}'),
    ],
)
def test_a_fingerprint_outlives_an_upgrade(told: dict[str, Any], canonical: str) -> None:
    assert idempotency.fingerprint(**told) == hashlib.sha256(canonical.encode()).hexdigest()


def test_an_upload_is_told_apart_by_its_bytes_and_its_fields() -> None:
    made = {
        idempotency.fingerprint(fields, upload_sha256=digest)
        for fields in ({"name": "a"}, {"name": "b"})
        for digest in ("0" * 64, "1" * 64)
    }
    assert len(made) == 4


def claim(group: AccountGroup, key: str | None = "k", body: Any = 1, operation: str = "scan.run") -> Any:
    return idempotency.claim(group=group, operation=operation, key=key, fingerprint=idempotency.fingerprint(body))


def start(group: AccountGroup, **told: Any) -> str:
    """What a view does. The resource is the number of rows there were."""
    with transaction.atomic():
        claimed = claim(group, **told)
        if claimed.replays:
            return f"replayed {claimed.resource_id}"
        made = AccountGroup.objects.create(name="made")
        claimed.remember(made.pk)
    return "made"


@pytest.fixture
def group(db: None) -> AccountGroup:
    return AccountGroup.objects.create(name="Acme")


@pytest.fixture
def neighbour(db: None) -> AccountGroup:
    return AccountGroup.objects.create(name="Neighbour")


def test_the_second_request_gets_what_the_first_made(group: AccountGroup) -> None:
    assert start(group) == "made"
    made = AccountGroup.objects.get(name="made")
    assert start(group) == f"replayed {made.pk}"


def test_a_replay_says_so_in_a_header(group: AccountGroup) -> None:
    start(group)
    with transaction.atomic():
        assert claim(group).headers == {"Idempotent-Replayed": "true"}
        assert claim(group, key="new").headers == {}


def test_another_body_under_the_same_key_is_a_conflict(group: AccountGroup) -> None:
    start(group)
    with pytest.raises(IdempotencyConflict) as refused:
        start(group, body=2)
    assert (refused.value.status, refused.value.code) == (409, "IDEMPOTENCY_CONFLICT")


def test_keys_are_scoped_by_group_and_operation(group: AccountGroup, neighbour: AccountGroup) -> None:
    asked: list[dict[str, Any]] = [{"group": group}, {"group": neighbour}, {"group": group, "operation": "upload"}]
    asked = [{"body": number} | each for number, each in enumerate(asked)]
    assert [start(**each) for each in asked] == ["made"] * 3
    made = AccountGroup.objects.filter(name="made").order_by("created_at").values_list("pk", flat=True)
    assert [start(**each) for each in asked] == [f"replayed {each}" for each in made]


def test_without_a_key_every_request_makes_something(group: AccountGroup) -> None:
    assert [start(group, key=None), start(group, key=None)] == ["made"] * 2
    assert not IdempotencyRecord.objects.exists()


def test_a_request_that_fails_leaves_the_key_unused(group: AccountGroup) -> None:
    with suppress(RuntimeError), transaction.atomic():
        claim(group)
        raise RuntimeError
    assert start(group, body=2) == "made"


def test_a_key_is_free_again_after_24_hours(group: AccountGroup) -> None:
    start(group)
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert start(group).startswith("replayed")
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert start(group, body=2) == "made"
        assert start(group, body=2).startswith("replayed")
    assert IdempotencyRecord.objects.count() == 1


def test_a_record_swept_before_it_could_be_read_is_claimed_anew(
    group: AccountGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = idempotency._insert

    def insert_and_sweep(*about: Any) -> int | None:
        made = insert(*about)
        if made is None:
            IdempotencyRecord.objects.all().delete()
        return made

    start(group)
    monkeypatch.setattr(idempotency, "_insert", insert_and_sweep)
    assert start(group, body=2) == "made"


def test_only_records_past_their_day_are_swept(group: AccountGroup) -> None:
    start(group, key="old")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        start(group, key="new")
        assert idempotency.forget_expired() == 1
        assert idempotency.forget_expired() == 0
    assert IdempotencyRecord.objects.get().key == "new"


def test_a_key_is_used_once_something_was_made_under_it_and_for_a_day(
    group: AccountGroup, neighbour: AccountGroup
) -> None:
    def is_used(of: AccountGroup = group, operation: str = "scan.run", key: str | None = "k") -> bool:
        return idempotency.is_used(group=of, operation=operation, key=key)

    assert not is_used()
    with transaction.atomic():
        claim(group)
    assert not is_used()  # nothing was made
    IdempotencyRecord.objects.all().delete()
    start(group)
    assert is_used()
    assert not any([is_used(neighbour), is_used(operation="upload"), is_used(key="other"), is_used(key=None)])
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert is_used()
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert not is_used()


@pytest.mark.django_db(transaction=True)
def test_a_claim_outside_a_transaction_is_a_bug_and_says_so() -> None:
    group = AccountGroup.objects.create(name="Acme")
    with pytest.raises(transaction.TransactionManagementError):
        claim(group)


def at_once(count: int, work: Any) -> list[Any]:
    """Run `work` in that many threads that begin together; answers what each returned or raised."""
    gate, answers = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            answers[number] = work(number)
        except Exception as fault:  # noqa: BLE001
            answers[number] = type(fault).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
class TestTwins:
    @pytest.mark.parametrize("repeat", range(5))
    def test_eight_identical_requests_at_once_make_one_job(self, repeat: int) -> None:
        group = AccountGroup.objects.create(name="Acme")
        answers = Counter(at_once(8, lambda _: start(group)))
        (made,) = AccountGroup.objects.filter(name="made")
        assert answers == {"made": 1, f"replayed {made.pk}": 7}

    def test_eight_different_requests_under_one_key_make_one_job(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        answers = Counter(at_once(8, lambda number: start(group, body=number)))
        assert answers == {"made": 1, "IdempotencyConflict": 7}
        assert AccountGroup.objects.filter(name="made").count() == 1

    def test_when_the_first_fails_a_waiting_twin_does_the_work(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        claimed = threading.Event()

        def work(number: int) -> str:
            if number == 1:
                claimed.wait()
                return start(group)
            with transaction.atomic():
                claim(group)
                claimed.set()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.2)")  # the twin waits on us meanwhile
                raise RuntimeError
            return "unreachable"

        assert at_once(2, work) == ["RuntimeError", "made"]

    def test_twins_of_an_expired_key_make_one_job(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        start(group)
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=2))
        answers = Counter(answer.split()[0] for answer in at_once(8, lambda _: start(group)))
        assert answers == {"made": 1, "replayed": 7}
