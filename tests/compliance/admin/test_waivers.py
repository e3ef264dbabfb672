"""Staff make and end waivers by the actions the API calls."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.models import GroupSettings, Violation, Waiver
from tests.compliance import factories
from tests.compliance.admin.test_violations import decide, one, page, said, selection

ADD = "admin:compliance_waiver_add"


def form(cast: SimpleNamespace, **parts: Any) -> dict[str, Any]:
    day = (timezone.now() + timedelta(days=1)).date()
    about = {"group": cast.acme.pk, "rule_id": "BIG", "account": "A1", "reason": "Salaries", "owner": "Ann"}
    return {**about, "expires_at_0": str(day), "expires_at_1": "00:00:00", **parts}


def test_a_waiver_made_by_staff_scores_the_newest_scan_anew(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    answer = cast.colleague.post(reverse(ADD), form(cast))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    waiver = Waiver.objects.get()
    scan.refresh_from_db()
    assert (waiver.created_by, scan.waived_count, scan.score) == ("colleague", 1, 100)
    shown = cast.reader.get(reverse("admin:compliance_waiver_change", args=[waiver.pk])).content.decode()
    assert "Salaries" in shown
    deed = reverse("admin:compliance_waiver_deed", args=[waiver.pk, "end"])
    assert cast.reader.post(deed).status_code == 403
    assert "count again" in cast.colleague.get(deed).content.decode()
    cast.colleague.post(deed)
    scan.refresh_from_db()
    assert (scan.waived_count, Waiver.objects.get().ended_by) == (0, "colleague")


@pytest.mark.parametrize("wrong", [{"expires_at_0": "2020-01-01"}, {"account": ""}, {"reason": ""}])
def test_a_waiver_that_cannot_be_is_told_at_its_field(cast: SimpleNamespace, wrong: dict[str, str]) -> None:
    answer = cast.colleague.post(reverse(ADD), form(cast, **wrong))
    assert answer.status_code == 200
    assert not Waiver.objects.exists()


def test_neither_group_nor_policy_of_others_can_be_waived(cast: SimpleNamespace) -> None:
    assert cast.colleague.post(reverse(ADD), form(cast, group=cast.neighbour.pk)).status_code == 200
    foreign = factories.policy(cast.neighbour)
    for person in (cast.colleague, cast.administrator):
        assert person.post(reverse(ADD), form(cast, policy=foreign.pk)).status_code == 200
    assert not Waiver.objects.exists()
    waiver = factories.waiver(cast.neighbour)
    assert cast.colleague.get(reverse("admin:compliance_waiver_change", args=[waiver.pk])).status_code == 302


def test_what_waits_for_a_second_person_says_so(cast: SimpleNamespace) -> None:
    GroupSettings.objects.create(group=cast.acme, second_reviewer=True)
    violation = one(cast.acme)
    Violation.objects.update(severity="CRITICAL")
    assert "It counts as one when a second person agrees" in said(decide(cast.colleague, violation))
    assert "colleague called it a false positive on" in cast.reader.get(page(violation)).content.decode()
    violation.refresh_from_db()
    assert violation.status == "pending"
    decide(cast.administrator, violation)
    violation.refresh_from_db()
    assert violation.status == "false_positive"


def test_many_at_once_wait_too(cast: SimpleNamespace) -> None:
    GroupSettings.objects.create(group=cast.acme, second_reviewer=True)
    factories.completed(cast.acme, accounts=["A1", "A2"])
    Violation.objects.update(severity="CRITICAL")
    chosen = {**selection(Violation.objects.all()), "ids": ",".join(str(each.pk) for each in Violation.objects.all())}
    answer = cast.colleague.post(
        reverse("admin:compliance_violation_changelist"),
        {**chosen, "confirmed": "yes", "status": "false_positive", "note": ""},
    )
    assert "Reviewed: 0." in said(answer)
    assert "Waiting for a second person: 2. Until then they count as before." in said(answer)
