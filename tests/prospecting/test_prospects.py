"""Prospects over v1: what is shown of one, and who a provider means."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AccountGroup
from prospecting.models import ProviderIdentity
from tests.prospecting import people
from tests.prospecting.people import V1

pytestmark = pytest.mark.django_db
AT = "2026-11-20T10:00:00.123456+00:00"


@pytest.fixture
def group(db: None) -> AccountGroup:
    return people.group()


@pytest.fixture
def v1(group: AccountGroup) -> V1:
    return V1(group)


def identify(prospect: Any, external_id: str = "7", provider: str = "acme", **fields: Any) -> None:
    ProviderIdentity.objects.create(
        group=prospect.group, prospect=prospect, provider=provider, external_id=external_id, **fields
    )


def test_a_prospect_is_shown_whole_with_the_origin_of_each_field(group: AccountGroup, v1: V1) -> None:
    origin = {"origin": "import", "at": AT, "confidence": 1.0}
    company = people.company(group, industry="Tools", provenance={"linkedin_url": {**origin, "origin": "company_site"}})
    made = people.prospect(
        group, first_name="Jane", last_name="Doe", name="Jane Doe", email="jane@example.com", email_status="valid",
        country="DE", company=company, provenance={"first_name": origin, "email": {**origin, "confidence": 0.5}},
    )  # fmt: skip
    shown = {"origin": "import", "at": "2026-11-20T10:00:00.123Z", "confidence": 1.0}
    assert v1.data("GET", f"/prospects/{made.pk}") == {
        "id": made.pk, "firstName": "Jane", "lastName": "Doe", "name": "Jane Doe", "headline": None, "about": None,
        "photoUrl": None, "linkedinUrl": None, "publicIdentifier": None, "title": None, "seniority": None,
        "department": None, "location": None, "country": "DE", "email": "jane@example.com", "emailStatus": "valid",
        "phone": None,
        "company": {
            "name": "Example", "domain": "example.com", "website": None, "industry": "Tools", "linkedinUrl": None,
            "linkedinIdentifier": None,
        },
        "provenance": {
            "company.linkedinUrl": {**shown, "origin": "company_site"}, "email": {**shown, "confidence": 0.5},
            "firstName": shown,
        },
    }  # fmt: skip


def test_a_prospect_without_company_has_none(group: AccountGroup, v1: V1) -> None:
    made = people.prospect(group, name="Jane")
    assert v1.data("GET", f"/prospects/{made.pk}")["company"] is None


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_prospect_of_another_group_does_not_exist(v1: V1, method: str) -> None:
    foreign = people.prospect(people.group("Neighbour"), name="Jane")
    assert v1(method, f"/prospects/{foreign.pk}")[1]["error"] == v1(method, f"/prospects/{'0' * 24}")[1]["error"]
    foreign.refresh_from_db()


def test_an_id_that_nobody_has_resolves_to_none(v1: V1) -> None:
    assert v1.data("GET", "/prospects/by-provider-id/7") == {"providerId": "7", "resolution": "none", "matches": []}


def test_an_id_that_one_person_has_resolves_to_them(group: AccountGroup, v1: V1) -> None:
    made = people.prospect(group, name="Jane", title="CEO", public_identifier="jane", company=people.company(group))
    identify(made, person_id="p7")
    identify(made, provider="other")
    found = v1.data("GET", "/prospects/by-provider-id/7")
    assert found["resolution"] == "single"
    assert found["matches"] == [
        {
            "prospectId": made.pk, "personId": "p7", "publicIdentifier": "jane", "linkedinUrl": None, "name": "Jane",
            "companyName": "Example", "title": "CEO",
        }
    ]  # fmt: skip


def test_an_id_that_two_providers_give_to_two_people_is_not_guessed(group: AccountGroup, v1: V1) -> None:
    people_of_7 = [people.prospect(group, name=name) for name in ("Jane", "John")]
    for provider, prospect in zip(("acme", "other"), people_of_7, strict=True):
        identify(prospect, provider=provider)
    identify(people.prospect(people.group("Neighbour"), name="Foreign"))
    found = v1.data("GET", "/prospects/by-provider-id/7")
    assert found["resolution"] == "multiple"
    assert [match["prospectId"] for match in found["matches"]] == sorted(each.pk for each in people_of_7)


@pytest.mark.parametrize("provider_id", ["urn:li:person:A-b_1", "a%20b", "a/b", "%C3%A4", "0" * 200, "..%2f"])
def test_an_id_that_can_be_is_looked_for(v1: V1, provider_id: str) -> None:
    assert v1.data("GET", f"/prospects/by-provider-id/{provider_id}")["resolution"] == "none"


@pytest.mark.parametrize(
    "provider_id", ["%00", "a%00b", "%20", "%20a", "a%0A", "a%0Ab", "%7f", "0" * 201, "a%E2%80%8Bb"]
)
def test_an_id_that_cannot_be_is_unprocessable(v1: V1, provider_id: str) -> None:
    assert v1.code("GET", f"/prospects/by-provider-id/{provider_id}") == (422, "VALIDATION_ERROR")


def test_resolving_costs_the_same_queries_however_many_are_found(
    group: AccountGroup, v1: V1, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        made = people.prospect(group, name="P", company=people.company(group, key=f"c{number}"))
        identify(made, provider=f"provider {number}")
    with django_assert_max_num_queries(5):
        assert len(v1.data("GET", "/prospects/by-provider-id/7")["matches"]) == 10
