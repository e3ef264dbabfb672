"""Staff merge two prospects, or keep them apart; neither is asked about again, nor undone by the next import."""

from __future__ import annotations

import pytest

from accounts.models import AccountGroup, AuditEntry
from prospecting.actions.merging import keep_apart, merge
from prospecting.errors import MergeDecided
from prospecting.models import Audience, AudienceMember, MergeCandidate, PositionChange, Prospect, ProviderIdentity
from tests.prospecting import people
from tests.prospecting.importing.people import bring, make_group, make_job
from web.errors import ValidationFailed

pytestmark = pytest.mark.django_db

JON = {"name": "Jon Smith", "companyDomain": "acme.example", "email": "jon@acme.example", "providerId": "1"}
JOHN = {"name": "John Smith", "companyDomain": "acme.example", "email": "john@acme.example", "providerId": "2",
        "headline": "Hello", "linkedinUrl": "linkedin.com/in/john"}  # fmt: skip


@pytest.fixture
def group() -> AccountGroup:
    return make_group()


def asked(group: AccountGroup) -> MergeCandidate:
    found: MergeCandidate = MergeCandidate.objects.for_group(group).get()
    return found


def test_merged_people_are_one_and_known_by_everything_either_was(group: AccountGroup) -> None:
    both, late = make_job(group), make_job(group)
    bring(group, [JON, JOHN], job=both)
    bring(group, [JOHN | {"title": "CEO"}], job=late)
    bring(group, [JOHN | {"title": "Chair"}], job=make_job(group, late.audience))
    jon = Prospect.objects.get(first_name="Jon")
    Prospect.objects.filter(pk=jon.pk).update(created_at=both.created_at)  # the older
    kept = merge(candidate=asked(group), by=people.by(group))
    assert kept.pk == jon.pk
    person = Prospect.objects.get()
    assert (person.first_name, person.email, person.headline, person.public_identifier) == (
        "Jon", "jon@acme.example", "Hello", "john",
    )  # fmt: skip
    assert set(ProviderIdentity.objects.values_list("prospect", flat=True)) == {jon.pk}
    assert PositionChange.objects.get().prospect_id == jon.pk
    assert sorted(Audience.objects.values_list("prospect_count", flat=True)) == [1, 1]
    assert AudienceMember.objects.count() == 2
    assert not MergeCandidate.objects.exists()
    entry = AuditEntry.objects.get(action="prospects.merged")
    assert "Smith" not in entry.object_name
    outcome = bring(group, [JON, JOHN, {"name": "John Smith", "companyDomain": "acme.example"}])
    assert (outcome.imported, outcome.duplicates) == (0, 3)
    assert not MergeCandidate.objects.exists()


def test_staff_say_who_stays(group: AccountGroup) -> None:
    bring(group, [JON])
    bring(group, [JOHN])
    jon, john = (Prospect.objects.get(first_name=name) for name in ("Jon", "John"))
    with pytest.raises(ValidationFailed):
        merge(candidate=asked(group), by=people.by(group), keep="0" * 24)
    assert merge(candidate=asked(group), by=people.by(group), keep=john.pk).pk == john.pk
    person = Prospect.objects.get()
    assert (person.pk, person.first_name, person.email) == (john.pk, "John", "john@acme.example")
    assert set(ProviderIdentity.objects.values_list("prospect", flat=True)) == {john.pk}
    assert bring(group, [JON]).duplicates == 1
    assert jon.pk in str(AuditEntry.objects.get(action="prospects.merged").before)


def test_people_kept_apart_are_not_asked_about_again(group: AccountGroup) -> None:
    bring(group, [JON, JOHN])
    keep_apart(candidate=asked(group), by=people.by(group))
    bring(group, [JOHN, JON])
    assert asked(group).status == "kept_apart"
    assert asked(group).decided_by == "command:tests"
    assert AuditEntry.objects.filter(action="prospects.kept_apart").count() == 1


def test_a_pair_is_decided_once(group: AccountGroup) -> None:
    bring(group, [JON, JOHN])
    candidate = asked(group)
    keep_apart(candidate=candidate, by=people.by(group))
    with pytest.raises(MergeDecided):
        merge(candidate=candidate, by=people.by(group))
    with pytest.raises(MergeDecided):
        keep_apart(candidate=candidate, by=people.by(group))


def test_other_questions_about_the_one_that_goes_are_asked_about_the_one_that_stays(group: AccountGroup) -> None:
    bring(group, [JON])
    bring(group, [JOHN])
    bring(group, [{"name": "Johnn Smith", "companyDomain": "acme.example"}])
    assert MergeCandidate.objects.count() == 3
    jon, john, johnn = (Prospect.objects.get(first_name=name) for name in ("Jon", "John", "Johnn"))
    low, high = sorted((jon.pk, john.pk))
    merge(candidate=MergeCandidate.objects.get(prospect=low, other=high), by=people.by(group))
    left = MergeCandidate.objects.get()
    stays = Prospect.objects.exclude(pk=johnn.pk).get()
    assert {left.prospect_id, left.other_id} == {stays.pk, johnn.pk}
