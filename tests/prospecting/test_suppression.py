"""The suppression list refuses who is on it, by whatever they are known by, and names nobody."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AccountGroup, AuditEntry
from accounts.requester import Requester
from prospecting.actions.suppression import (
    Suppressed,
    consent_rule,
    is_suppressed,
    lift,
    suppress,
    suppress_domain,
    suppressed,
    wait_for_imports,
)
from prospecting.enums import SuppressionKind
from prospecting.errors import SuppressionKeyMissing
from prospecting.models import ProspectingSettings, Suppression
from web.errors import ValidationFailed

WAITING = (
    "SELECT count(*), pg_sleep(0.05) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
EMAIL, IDENTIFIER, EXTERNAL = SuppressionKind.EMAIL, SuppressionKind.IDENTIFIER, SuppressionKind.EXTERNAL


@pytest.fixture
def group(db: None) -> AccountGroup:
    return AccountGroup.objects.create(name="Acme")


def by(group: AccountGroup) -> Requester:
    return Requester.command("tests", group)


def put(group: AccountGroup, *entries: Any) -> int:
    return suppress(group, entries, by=by(group))


def test_what_is_on_the_list_is_found_and_nothing_else(group: AccountGroup) -> None:
    put(group, (EMAIL, "jane@example.com"), (IDENTIFIER, "jane-doe"), (EXTERNAL, ("acme", "7")),
        (SuppressionKind.PERSON, ("acme", "p7")), (SuppressionKind.NAME, ("jane doe", "example.com")))  # fmt: skip
    found = suppressed(
        group, emails=["jane@example.com", "john@example.com"], identifiers=["jane-doe", "john"],
        externals=[("acme", "7"), ("other", "7"), ("acme", "p7")], people=[("acme", "p7"), ("acme", "7")],
        names=[("jane doe", "example.com"), ("jane doe", "example.org")], domains=["example.com"],
    )  # fmt: skip
    assert found == Suppressed(
        emails=frozenset({"jane@example.com"}), identifiers=frozenset({"jane-doe"}),
        externals=frozenset({("acme", "7")}), people=frozenset({("acme", "p7")}),
        names=frozenset({("jane doe", "example.com")}),
    )  # fmt: skip


def test_a_value_of_one_kind_is_none_of_another(group: AccountGroup) -> None:
    put(group, (IDENTIFIER, "jane@example.com"))
    assert not is_suppressed(group, email="jane@example.com")
    assert is_suppressed(group, identifier="jane@example.com")


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"domain": "example.com"}, True),
        ({"domain": "mail.example.com"}, True),
        ({"domain": "notexample.com"}, False),
        ({"domain": "com"}, False),
        ({"email": "anyone@example.com"}, True),
        ({"email": "anyone@EU.Example.com"}, True),
        ({"email": "anyone@example.com.org"}, False),
        ({"identifier": "example.com"}, False),
    ],
)
def test_a_domain_closes_what_is_at_it_and_below_it(group: AccountGroup, asked: dict[str, str], refused: bool) -> None:
    suppress_domain(group, "@Example.com.", by=by(group), reason="asked us to")
    assert is_suppressed(group, **asked) is refused  # type: ignore[arg-type]


@pytest.mark.parametrize("domain", ["", "com", "exa mple.com", "müller.de", "http://example.com", "a" * 64 + ".com"])
def test_what_is_no_domain_is_refused(group: AccountGroup, domain: str) -> None:
    with pytest.raises(ValidationFailed, match=r"must look like example\.com"):
        suppress_domain(group, domain, by=by(group))


def test_the_list_holds_no_personal_data(group: AccountGroup) -> None:
    put(group, (EMAIL, "jane@example.com"), (EXTERNAL, ("acme", "7777777")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, ' ') FROM prospecting_suppression s")
        stored = cursor.fetchone()[0]
    assert "jane" not in stored
    assert "7777777" not in stored


def test_the_database_refuses_a_person_in_clear(group: AccountGroup) -> None:
    with pytest.raises(IntegrityError, match="a_suppressed_person_is_kept_as_a_hash"):
        Suppression.objects.create(group=group, kind=EMAIL, value="jane@example.com", hash_key="x", created_by="x")


def test_the_same_person_has_another_hash_in_another_group(group: AccountGroup) -> None:
    neighbour = AccountGroup.objects.create(name="Neighbour")
    put(group, (EMAIL, "jane@example.com"))
    assert not is_suppressed(neighbour, email="jane@example.com")
    put(neighbour, (EMAIL, "jane@example.com"))
    assert Suppression.objects.values("value").distinct().count() == 2


def test_putting_somebody_on_the_list_again_changes_nothing(group: AccountGroup) -> None:
    assert put(group, (EMAIL, "jane@example.com"), (IDENTIFIER, "jane")) == 2
    assert put(group, (EMAIL, "Jane@example.com"), (IDENTIFIER, "joe")) == 1


def test_who_is_taken_off_the_list_may_come_back_and_the_audit_log_tells(group: AccountGroup) -> None:
    entry = suppress_domain(group, "example.com", by=by(group))
    lift(entry, by=by(group))
    assert not is_suppressed(group, domain="example.com")
    assert [e.action for e in AuditEntry.objects.filter(chain=group.pk).order_by("number")] == [
        "domain.suppressed",
        "suppression.lifted",
    ]


def test_a_new_key_stands_before_the_old_ones_which_still_count(group: AccountGroup, settings: Any) -> None:
    settings.SUPPRESSION_KEYS = ["o" * 32]
    put(group, (EMAIL, "old@example.com"))
    settings.SUPPRESSION_KEYS = ["n" * 32, "m" * 32, "o" * 32]
    put(group, (EMAIL, "new@example.com"))
    assert suppressed(group, emails=["old@example.com", "new@example.com"]).emails == {
        "old@example.com",
        "new@example.com",
    }


@pytest.mark.parametrize("keys", [["n" * 32], ["n" * 32, "m" * 32], ["a" * 32, "b" * 32, "c" * 32]])
def test_a_list_that_cannot_be_read_stops_the_import(group: AccountGroup, settings: Any, keys: list[str]) -> None:
    settings.SUPPRESSION_KEYS = ["o" * 32]
    put(group, (EMAIL, "old@example.com"))
    settings.SUPPRESSION_KEYS = keys
    with pytest.raises(SuppressionKeyMissing):
        suppressed(group, emails=["jane@example.com"])


def test_asking_for_many_costs_no_more_queries_than_for_one(
    group: AccountGroup, django_assert_num_queries: Any
) -> None:
    emails = [f"p{number}@c{number}.example.com" for number in range(500)]
    put(group, *[(EMAIL, email) for email in emails[:50]])
    with django_assert_num_queries(4):
        assert suppressed(group, emails=emails, domains=["example.org"]).emails == set(emails[:50])


@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_the_batch_that_has_asked_the_list() -> None:
    group = AccountGroup.objects.create(name="Acme")
    asked, order = threading.Event(), list[str]()

    def erase() -> None:
        asked.wait(60)
        with transaction.atomic():
            wait_for_imports(group)
            order.append("erased")
        connection.close()

    thread = threading.Thread(target=erase)
    thread.start()
    with transaction.atomic():
        suppressed(group, emails=["jane@example.com"])
        asked.set()
        with connection.cursor() as cursor:  # until the other one stands in the queue
            for _ in range(600):
                cursor.execute(WAITING)
                if cursor.fetchone()[0]:
                    break
        order.append("stored")
    thread.join()
    assert order == ["stored", "erased"]


def test_without_settings_nobody_needs_to_have_agreed(group: AccountGroup) -> None:
    assert not consent_rule(group).refuses(country="DE", consent="")


@pytest.mark.parametrize(
    ("country", "consent", "without_country", "refused"),
    [
        ("DE", "", False, True),
        ("de", "no", False, True),
        ("DE", "yes", False, False),
        ("US", "", False, False),
        ("", "", False, False),
        ("", "", True, True),
        ("", "Ja", True, False),
    ],
)
def test_people_of_the_chosen_countries_must_have_agreed(
    group: AccountGroup, country: str, consent: str, without_country: bool, refused: bool
) -> None:
    ProspectingSettings.objects.create(
        group=group, consent_countries=["DE", "fr"], consent_without_country=without_country
    )
    assert consent_rule(group).refuses(country=country, consent=consent) is refused
