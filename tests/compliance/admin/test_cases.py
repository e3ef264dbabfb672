"""The page of a case: assigned, noted and closed by staff."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from accounts.models import User
from compliance.models import Case, Violation
from tests.compliance import factories


@pytest.fixture
def case(cast: SimpleNamespace) -> Case:
    return factories.case(cast.acme)


def deed(case: Case, name: str) -> str:
    return reverse("admin:compliance_case_deed", args=[case.pk, name])


def page(case: Case) -> str:
    return reverse("admin:compliance_case_change", args=[case.pk])


def test_staff_assign_note_and_close_a_case(cast: SimpleNamespace, case: Case) -> None:
    colleague = User.objects.get(username="colleague")
    cast.colleague.post(deed(case, "work"), {"assignee": colleague.pk, "priority": "urgent", "status": "in_review"})
    cast.colleague.post(deed(case, "note"), {"text": "Called the bank"})
    cast.colleague.post(deed(case, "close"))
    case.refresh_from_db()
    assert (case.assignee, case.priority, case.status) == (colleague, "urgent", "in_review")  # one is pending
    content = cast.reader.get(page(case)).content.decode()
    assert "Called the bank" in content
    assert "1 pending" in content
    Violation.objects.update(status="approved", reviewed_by="Ann", reviewed_at="2026-01-01T00:00:00Z")
    cast.colleague.post(deed(case, "close"))
    case.refresh_from_db()
    assert (case.status, case.closed_by) == ("closed", "colleague")


def test_a_case_is_opened_from_the_page_of_a_violation(cast: SimpleNamespace) -> None:
    violation = factories.completed(cast.acme).violations.get()
    address = reverse("admin:compliance_violation_deed", args=[violation.pk, "open_case"])
    answer = cast.colleague.post(address)
    case = Case.objects.get()
    assert (case.account, case.opened_by, answer.url) == ("A1", "colleague", page(case))
    assert cast.colleague.post(address).url == reverse("admin:compliance_violation_change", args=[violation.pk])
    assert Case.objects.count() == 1


def test_who_may_only_look_or_is_a_stranger_changes_nothing(cast: SimpleNamespace, case: Case) -> None:
    assert cast.reader.post(deed(case, "note"), {"text": "x"}).status_code == 403
    cast.stranger.post(deed(case, "note"), {"text": "x"})
    nobody = User.objects.get(username="stranger")
    cast.colleague.post(deed(case, "work"), {"assignee": nobody.pk, "priority": "low", "status": "open"})
    case.refresh_from_db()
    assert (case.notes.count(), case.assignee) == (0, None)
