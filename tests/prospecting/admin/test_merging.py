"""The merge queue: two people side by side, one decision, the next pair."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import AccountGroup, AuditEntry
from prospecting.enums import MergeStatus
from prospecting.models import MergeCandidate, Prospect
from tests.prospecting.admin import test_pages as rows
from tests.scans import factories

LIST = "admin:prospecting_mergecandidate_changelist"


def page(pair: MergeCandidate) -> str:
    return reverse("admin:prospecting_mergecandidate_change", args=[pair.pk])


def decide(client: Any, pair: MergeCandidate, decision: str, keep: Prospect | None = None) -> Any:
    address = reverse("admin:prospecting_mergecandidate_decide", args=[pair.pk])
    return client.post(address, {"decision": decision, "keep": keep.pk if keep else ""})


def pair_of(of: AccountGroup, one: dict[str, Any], other: dict[str, Any], **fields: Any) -> MergeCandidate:
    people = sorted((factories.prospect(of, **one), factories.prospect(of, **other)), key=lambda each: each.pk)
    about = {"reason": "similar_name", "score": 93, **fields}
    return MergeCandidate.objects.create(group=of, prospect=people[0], other=people[1], **about)


def test_the_list_names_both_and_says_how_alike_they_are(cast: SimpleNamespace) -> None:
    pair_of(cast.acme, {"name": "Jon Smith"}, {"name": "John Smith"})
    content = cast.operator.get(reverse(LIST)).content.decode()
    for shown in ("Jon Smith", "John Smith", "93 %", "Similar names at one company"):
        assert shown in content, shown


def test_differing_fields_are_marked_and_each_says_where_it_is_from(cast: SimpleNamespace) -> None:
    told = {"origin": "import", "at": "2026-01-02T03:04:05+00:00", "confidence": 0.9}
    pair = pair_of(
        cast.acme, {"name": "Jon Smith", "title": "CEO", "phone": "+431234567", "provenance": {"title": told}},
        {"name": "Jon Smith", "title": "Chair", "headline": "Hello"}, job_id="0" * 24, line=7,
    )  # fmt: skip
    answer = cast.operator.get(page(pair))
    how = {each.name: each.how for each in answer.context["compared"]}
    assert (how["Name"], how["Title"], how["Phone"], how["Headline"], how["Company"]) == (
        "same", "differs", "older", "newer", "nobody",
    )  # fmt: skip
    content = answer.content.decode()
    for shown in ("import, 2026-01-02, 90% sure", "93 of 100 alike", "row 7 of"):
        assert shown in content, shown


def test_who_stays_is_chosen_and_the_next_pair_comes(cast: SimpleNamespace) -> None:
    pairs = [rows.pair(cast.acme) for _ in range(3)]
    foreign = rows.pair(cast.neighbour)
    first, second, third = sorted(pairs, key=lambda pair: pair.pk, reverse=True)
    newer = max((second.prospect, second.other), key=lambda each: each.created_at)
    answer = decide(cast.operator, second, "merge", newer)
    assert answer.url == page(third)
    assert Prospect.objects.filter(pk__in=[second.prospect_id, second.other_id]).get() == newer
    assert decide(cast.operator, third, "apart").url == page(first)  # behind the last one the first
    assert MergeCandidate.objects.get(pk=third.pk).status == MergeStatus.KEPT_APART
    assert decide(cast.operator, first, "merge").url == reverse(LIST)
    assert MergeCandidate.objects.filter(pk=foreign.pk, status=MergeStatus.OPEN).exists()
    actors = {entry.actor for entry in AuditEntry.objects.filter(action__startswith="prospects.")}
    assert actors == {"user:operator"}


def test_a_pair_that_goes_with_a_merged_one_is_passed_over(cast: SimpleNamespace) -> None:
    one, two, three = sorted((factories.prospect(cast.acme) for _ in range(3)), key=lambda each: each.pk)
    about = {"group": cast.acme, "reason": "same_name", "score": 100}
    last = MergeCandidate.objects.create(pk="1" * 24, prospect=one, other=two, **about)
    goes = MergeCandidate.objects.create(pk="2" * 24, prospect=two, other=three, **about)
    first = MergeCandidate.objects.create(pk="3" * 24, prospect=one, other=three, **about)
    assert decide(cast.operator, first, "merge", one).url == page(last)
    assert not MergeCandidate.objects.filter(pk=goes.pk).exists()


def test_a_pair_is_decided_once(cast: SimpleNamespace) -> None:
    pair = rows.pair(cast.acme)
    decide(cast.operator, pair, "apart")
    answer = decide(cast.operator, pair, "merge")
    assert [message.level_tag for message in get_messages(answer.wsgi_request)][-1] == "error"
    assert Prospect.objects.count() == 2
    assert 'name="decision"' not in cast.operator.get(page(pair)).content.decode()


def test_somebody_elses_id_does_not_stay(cast: SimpleNamespace) -> None:
    pair = rows.pair(cast.acme)
    decide(cast.operator, pair, "merge", factories.prospect(cast.acme))
    assert MergeCandidate.objects.get(pk=pair.pk).status == MergeStatus.OPEN


@pytest.mark.parametrize(("person", "status"), [("auditor", 403), ("analyst", 302), ("stranger", 302)])
@pytest.mark.parametrize("decision", ["merge", "apart"])
def test_roles_say_who_decides(cast: SimpleNamespace, person: str, status: int, decision: str) -> None:
    pair = rows.pair(cast.acme)
    assert decide(getattr(cast, person), pair, decision).status_code == status
    assert MergeCandidate.objects.get(pk=pair.pk).status == MergeStatus.OPEN
    assert 'name="decision"' not in getattr(cast, person).get(page(pair), follow=True).content.decode()


def test_looking_decides_nothing(cast: SimpleNamespace) -> None:
    pair = rows.pair(cast.acme)
    address = reverse("admin:prospecting_mergecandidate_decide", args=[pair.pk])
    assert cast.operator.get(address).url == page(pair)
    assert MergeCandidate.objects.get(pk=pair.pk).status == MergeStatus.OPEN
