"""The indexes that keep searches and lists quick are there, and what is asked can use them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory

from accounts import row_security
from accounts.models import AuditEntry
from compliance.models import Audit, ComplianceScan, Violation
from prospecting.models import Prospect
from scans.models import StoredDocument
from tests.compliance import factories

pytestmark = pytest.mark.django_db


def plan(rows: QuerySet[Any]) -> str:
    """How the rows would be found if reading a whole table were out of the question, as it is with millions."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    return rows.explain()


def searched(model: Any, term: str) -> QuerySet[Any]:
    """What the search of the staff page asks for on behalf of a superuser."""
    pages = admin.site.get_model_admin(model)
    request = RequestFactory().get("/")
    request.user = factories.staff("root", superuser=True)
    return pages.get_search_results(request, model._default_manager.all(), term)[0]


def test_an_account_is_found_by_its_index() -> None:
    assert "violation_by_account_name" in plan(Violation.objects.on_account("A1").order_by("-id"))


def test_the_newest_violations_of_all_scans_are_not_sorted() -> None:
    assert "violation_newest" in plan(Violation.objects.order_by("-created_at", "-pk")[:50])


def test_accounts_are_found_by_their_beginning() -> None:
    found = plan(searched(Violation, "ACC-1"))
    assert "violation_by_account_name" in found
    assert "(account)::name >= 'ACC-1'::name" in found


def test_an_account_is_found_by_its_index_in_a_partners_request_too() -> None:
    group = factories.group()
    row_security.enter(group.pk)
    found = plan(Violation.objects.for_group(group).on_account("A1").order_by("-id"))
    row_security.leave()
    assert "violation_by_account_name" in found, found


@pytest.mark.parametrize("account", ["é" * 40, "\U0001f600" * 20 + "end", "A" * 58 + "é" * 5, "名" * 30, "A"])
def test_an_account_is_found_by_every_beginning_of_it(account: str) -> None:
    violation = factories.violation(factories.completed(factories.group(), []), 1, account)
    factories.violation(violation.scan, 2, f"B{account}")
    for length in range(1, len(account) + 1):
        found = Violation.objects.on_accounts_like(account[:length]).filter(scan=violation.scan)
        assert [each.account for each in found] == [account], length
    assert Violation.objects.on_account(account).get() == violation


def test_an_account_longer_than_its_index_is_found_and_no_other() -> None:
    scan, long = factories.completed(factories.group()), secrets.token_hex(5_000)  # which does not compress
    for account in (long, long + "B", long[:59]):
        factories.violation(scan, 1, account)
    assert [each.account for each in Violation.objects.on_account(long)] == [long]
    begun = Violation.objects.on_accounts_like(long).order_by("account")
    assert [each.account for each in begun] == [long, long + "B"]


def test_a_person_is_found_by_indexes_alone() -> None:
    """By name in one of them; which of several finds profile and address is for the planner to say."""
    factories.group()
    found = plan(searched(Prospect, "Jürgen"))
    assert "BitmapOr" in found
    assert "prospect_by_name" in found


@pytest.mark.parametrize("index", ["audit_by_object", "audit_by_trace", "audit_by_actor", "audit_by_name"])
def test_an_entry_of_the_audit_log_is_found_by_each_of_the_indexes(index: str) -> None:
    assert index in plan(searched(AuditEntry, "user:ann").order_by())


def test_a_document_is_found_by_its_address() -> None:
    assert "document_by_url" in plan(searched(StoredDocument, "https://a.example/news"))


def test_scans_are_found_by_the_beginning_of_their_audit() -> None:
    assert "scan_by_audit_name" in plan(searched(ComplianceScan, "Q1"))


def test_the_newest_scans_of_all_groups_are_not_sorted() -> None:
    assert "scan_newest" in plan(ComplianceScan.objects.order_by("-created_at", "-pk")[:50])


def test_the_newest_scan_of_each_policy_is_one_look_a_policy() -> None:
    assert "scan_history" in plan(ComplianceScan.objects.newest())


def test_the_scans_of_an_audit_are_found_by_their_index() -> None:
    assert "scan_of_audit" in plan(Audit.objects.with_status())


def test_what_ended_lately_is_found_by_its_index() -> None:
    assert "scan_ended" in plan(ComplianceScan.objects.filter(status="failed", completed_at__gt="2026-01-01T00:00Z"))
