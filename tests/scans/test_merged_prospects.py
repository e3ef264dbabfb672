"""What scans found of a person who turns out to be another one, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import AccountGroup
from prospecting.actions.merging import merge
from prospecting.models import Company, MergeCandidate, Prospect
from scans import execution, own
from scans.evaluating import Read
from scans.models import Finding, ScanProspect, SignalScan
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


def older_and_younger(group: AccountGroup, *companies: Company | None) -> list[Prospect]:
    """The one that stays and the one that goes."""
    at = companies or (None, None)
    people = [factories.prospect(group, company=each) for each in at]
    Prospect.objects.filter(pk=people[0].pk).update(created_at=group.created_at)
    return people


def merged(kept: Prospect, gone: Prospect) -> None:
    low, high = sorted((kept, gone), key=lambda each: str(each.pk))
    pair = MergeCandidate.objects.create(group=kept.group, prospect=low, other=high, reason="similar_name", score=90)
    assert merge(candidate=pair, by=factories.by(kept.group)).pk == kept.pk


@pytest.mark.parametrize("together", [True, False])
def test_signals_of_the_one_that_goes_are_signals_of_the_one_that_stays(monkeypatch: Any, together: bool) -> None:
    group = factories.group()
    kept, gone = older_and_younger(group)
    asking = Asking(group)
    said(asking, kept, gone)
    wanted = factories.specification(group, POSTS)
    people = [kept, gone] if together else [gone]
    scan = run(factories.scan(group, prospects=people, specification=wanted), monkeypatch)
    assert scan.kept == len(people)
    merged(kept, gone)
    assert Finding.objects.filter(scan=scan, prospect=kept).count() == len(people)
    assert set(ScanProspect.objects.filter(scan=scan).values_list("prospect_id", flat=True)) == {kept.pk}
    shown = data(asking.get(f"/signals/scans/{scan.pk}/results"))["items"]
    assert [each["prospect"]["prospectId"] for each in shown] == [kept.pk] * len(people)
    assert data(asking.get(f"/prospects/{kept.pk}/signals"))["status"] == "evaluated"
    again = run(factories.scan(group, prospects=[kept], specification=wanted), monkeypatch)
    assert (again.status, again.kept) == ("completed", 2)
    before = {each["signalId"] for each in shown}
    assert before <= {each["signalId"] for each in data(asking.get(f"/signals/scans/{again.pk}/results"))["items"]}


def test_a_scan_asked_for_the_one_that_goes_looks_at_the_one_that_stays(monkeypatch: Any) -> None:
    group = factories.group()
    kept, gone = older_and_younger(group)
    audience = factories.audience(group, gone, factories.prospect(group))
    wanted = factories.specification(group, POSTS)
    scan = factories.scan(group, audience=audience, specification=wanted, prospect_ids=[gone.pk])
    said(Asking(group), gone)
    merged(kept, gone)
    run(SignalScan.objects.get(pk=scan.pk), monkeypatch)
    assert list(ScanProspect.objects.filter(scan=scan).values_list("prospect_id", flat=True)) == [kept.pk]
    assert SignalScan.objects.get(pk=scan.pk).kept == 1


@pytest.mark.parametrize(("at_once", "after"), [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)])
@pytest.mark.parametrize("stays_first", [True, False])
def test_counts_of_a_running_scan_add_up_whenever_two_of_it_become_one(
    monkeypatch: Any, stays_first: bool, at_once: int, after: int
) -> None:
    """They become one after so many pages were read, the last of them not yet stored."""
    group = factories.group()
    kept, gone = older_and_younger(group)
    third = factories.prospect(group)
    asking = Asking(group)
    said(asking, kept, gone, third)
    people = [kept, gone, third] if stays_first else [gone, kept, third]
    scan = factories.scan(group, prospects=people, specification=factories.specification(group, POSTS))
    read = own.waiting

    def waiting(*args: Any, **wanted: Any) -> Iterator[list[Read]]:
        for number, page in enumerate(read(*args, **wanted), 1):
            if number == after:
                merged(kept, gone)
            yield page

    monkeypatch.setattr(own, "PAGE", at_once)
    monkeypatch.setattr(own, "waiting", waiting)
    monkeypatch.setattr(execution, "STORE_EVERY", 0)
    run(scan, monkeypatch)
    assert (scan.status, scan.prospects_total, scan.prospects_evaluated) == ("completed", 3, 3)
    assert not Prospect.objects.filter(pk=gone.pk).exists()
    assert Finding.objects.filter(scan=scan).count() == scan.found == scan.kept
    shown = [each["signalId"] for each in data(asking.get(f"/signals/scans/{scan.pk}/results"))["items"]]
    assert len(shown) == len(set(shown)) == scan.kept >= 2


@pytest.mark.parametrize("same", [True, False])
def test_what_was_found_where_either_worked_shows_for_the_one_that_stays(same: bool) -> None:
    group = factories.group()
    one = factories.company(group)
    kept, gone = older_and_younger(group, one, one if same else factories.company(group))
    scan = factories.completed(group, kept, gone, factories.prospect(group, company=one))
    factories.finding(scan, gone)
    asking = Asking(group)
    path = f"/signals/scans/{scan.pk}"
    before, counts = data(asking.get(f"{path}/results"))["items"], data(asking.get(path))["counts"]
    merged(kept, gone)
    assert data(asking.get(path))["counts"] == counts
    shown = walked(asking, f"{path}/results")
    assert {each["signalId"] for each in shown} == {each["signalId"] for each in before}
    of_kept = [each["signalId"] for each in shown if each["prospect"]["prospectId"] == kept.pk]
    assert len(of_kept) == len(set(of_kept)) == (2 if same else 3)
    groups = data(asking.get(f"/prospects/{kept.pk}/signals"))["results"]
    assert {item["signalId"] for group in groups for item in group["items"]} == set(of_kept)


def walked(asking: Asking, path: str) -> list[dict[str, Any]]:
    """The whole list, an item a page."""
    page = data(asking.get(f"{path}?limit=1"))
    items: list[dict[str, Any]] = page["items"]
    while page["hasMore"]:
        page = data(asking.get(f"{path}?limit=1&cursor={page['nextCursor']}"))
        items += page["items"]
    return items


def test_an_activity_that_names_nobody_is_not_that_of_somebody_without_a_profile() -> None:
    group = factories.group()
    asking, person = Asking(group), factories.prospect(group, public_identifier="")
    about = {"externalId": "1", "type": "post", "text": "Hello", "url": "https://social.example/1"}
    person.refresh_from_db()
    about["postedAt"] = person.created_at.isoformat()
    nobody = about | {"externalId": "2", "publicIdentifier": "/ /"}
    taken = data(asking.post("/activities", {"activities": [about | {"prospectId": person.pk}, nobody]}), 202)
    assert (taken["accepted"], [each["index"] for each in taken["rejected"]]) == (1, [1])
