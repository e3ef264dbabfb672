"""What scans found of a person who turns out to be another one, too."""

from __future__ import annotations

from typing import Any

import pytest

from prospecting.actions.merging import merge
from prospecting.models import MergeCandidate, Prospect
from scans.models import Finding, ScanProspect
from tests.scans import factories
from tests.scans.asking import Asking, data
from tests.scans.running import run

pytestmark = pytest.mark.django_db

POSTS = {"source": "post", "keywords": ["expansion"], "excludeKeywords": []}


def said(asking: Asking, *people: Prospect) -> None:
    for person in people:
        person.refresh_from_db()
        about = {"externalId": f"post of {person.pk}", "type": "post", "prospectId": person.pk,
                 "text": f"Thoughts on expansion by {person.name}", "url": f"https://social.example/{person.pk}",
                 "postedAt": person.created_at.isoformat()}  # fmt: skip
        assert data(asking.post("/activities", {"activities": [about]}), 202)["accepted"] == 1


@pytest.mark.parametrize("together", [True, False])
def test_signals_of_the_one_that_goes_are_signals_of_the_one_that_stays(monkeypatch: Any, together: bool) -> None:
    group = factories.group()
    kept, gone = sorted((factories.prospect(group), factories.prospect(group)), key=lambda each: str(each.pk))
    Prospect.objects.filter(pk=kept.pk).update(created_at=group.created_at)  # the older
    asking = Asking(group)
    said(asking, kept, gone)
    wanted = factories.specification(group, POSTS)
    people = [kept, gone] if together else [gone]
    scan = run(factories.scan(group, prospects=people, specification=wanted), monkeypatch)
    assert scan.kept == len(people)
    pair = MergeCandidate.objects.create(group=group, prospect=kept, other=gone, reason="similar_name", score=90)
    assert merge(candidate=pair, by=factories.by(group)).pk == kept.pk
    assert Finding.objects.filter(scan=scan, prospect=kept).count() == len(people)
    assert ScanProspect.objects.get(scan=scan).prospect_id == kept.pk
    shown = data(asking.get(f"/signals/scans/{scan.pk}/results"))["items"]
    assert [each["prospect"]["prospectId"] for each in shown] == [kept.pk] * len(people)
    assert data(asking.get(f"/prospects/{kept.pk}/signals"))["status"] == "evaluated"
    again = run(factories.scan(group, prospects=[kept], specification=wanted), monkeypatch)
    assert (again.status, again.kept) == ("completed", 2)
    before = {each["signalId"] for each in shown}
    assert before <= {each["signalId"] for each in data(asking.get(f"/signals/scans/{again.pk}/results"))["items"]}


def test_an_activity_that_names_nobody_is_not_that_of_somebody_without_a_profile() -> None:
    group = factories.group()
    asking, person = Asking(group), factories.prospect(group, public_identifier="")
    about = {"externalId": "1", "type": "post", "text": "Hello", "url": "https://social.example/1"}
    person.refresh_from_db()
    about["postedAt"] = person.created_at.isoformat()
    nobody = about | {"externalId": "2", "publicIdentifier": "/ /"}
    taken = data(asking.post("/activities", {"activities": [about | {"prospectId": person.pk}, nobody]}), 202)
    assert (taken["accepted"], [each["index"] for each in taken["rejected"]]) == (1, [1])
