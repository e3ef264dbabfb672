"""Forms in which rows are chosen: the only one is chosen already, and where there is none the form leads on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from tests.compliance import factories


@pytest.fixture
def scanning(cast: SimpleNamespace) -> str:
    """The address of the form that scans an upload."""
    return reverse("admin:compliance_upload_deed", args=[factories.upload(cast.acme).pk, "scan"])


def form_of(answer: Any) -> Any:
    return answer.context["form"]


def test_the_only_one_is_chosen_already(cast: SimpleNamespace, scanning: str) -> None:
    policy = factories.policy(cast.acme)
    assert form_of(cast.colleague.get(scanning)).initial["policy"] == policy.pk
    factories.policy(cast.acme)
    assert "policy" not in form_of(cast.colleague.get(scanning)).initial


def test_where_there_is_none_the_form_says_where_they_are_made(cast: SimpleNamespace, scanning: str) -> None:
    factories.policy(cast.neighbour)
    page = cast.colleague.get(scanning).content.decode()
    assert (
        f'There is no policy to choose yet; make one at <a href="{reverse("admin:compliance_policy_changelist")}">'
        in page
    )


def test_a_trial_without_a_mapped_upload_leads_to_the_uploads(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme, rules=[factories.RULE])
    page = cast.administrator.get(reverse("admin:compliance_policy_rule", args=[policy.pk, "BIG"])).content.decode()
    assert "No upload has a mapping yet" in page
    assert 'name="try"' not in page


def test_a_form_is_cancelled_and_a_question_is_answered(cast: SimpleNamespace, scanning: str) -> None:
    assert ">Cancel</a>" in cast.colleague.get(scanning).content.decode()
    scan = factories.scan(cast.acme)
    asked = reverse("admin:compliance_compliancescan_deed", args=[scan.pk, "cancel"])
    assert ">No, take me back</a>" in cast.administrator.get(asked).content.decode()
