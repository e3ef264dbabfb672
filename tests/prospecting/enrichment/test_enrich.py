"""Enriching a batch without anybody else: what is written, how often the database is asked, and twice is once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import kinds, lifecycle
from jobs.errors import LeaseLost
from prospecting.enrichment import steps
from prospecting.enrichment.enrich import EnrichmentOutcome, steps_for
from prospecting.models import Company, Prospect
from tests.prospecting.enrichment.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_prospect_is_filled_and_says_whence(desk: Desk) -> None:
    anna = desk.prospect(
        name="Anna Schmidt", email="anna@acme.com", title="Head of Sales", location="Berlin, Germany"
    )  # fmt: skip
    assert desk.enrich(anna) == EnrichmentOutcome(done=1)
    assert (anna.first_name, anna.country, anna.seniority, anna.email_status) == ("Anna", "DE", "head", "valid")
    assert anna.company is not None
    assert (anna.company.key, anna.company.domain, anna.company.name) == ("acme.com", "acme.com", "")
    assert {name: said["origin"] for name, said in anna.provenance.items()} == {
        "name": "import", "email": "import", "title": "import", "location": "import", "first_name": "name_parts",
        "last_name": "name_parts", "country": "place", "subdivision": "place", "email_status": "email",
        "seniority": "title", "department": "title", "company": "company_domain",
    }  # fmt: skip
    assert anna.company.provenance["domain"]["origin"] == "company_domain"


def test_what_was_imported_is_not_overwritten(desk: Desk) -> None:
    anna = desk.prospect(name="Anna Schmidt", first_name="Annie", title="CEO", seniority="Boss", country="AT",
                         location="Berlin, Germany")  # fmt: skip
    desk.enrich(anna)
    assert (anna.first_name, anna.seniority, anna.country, anna.subdivision) == ("Annie", "Boss", "AT", "")


def test_a_second_job_changes_nothing(desk: Desk) -> None:
    people = [desk.prospect(name=f"Person Number{n}", email=f"p{n}@acme.com", title="CTO") for n in range(3)]
    desk.enrich(*people)
    before = _everything()
    desk.begin()
    assert desk.enrich(*people) == EnrichmentOutcome(done=3)
    assert _everything() == before


def test_a_batch_that_is_worked_on_again_repeats_nothing_and_counts_the_same(desk: Desk) -> None:
    people = [desk.prospect(name=f"Person Number{n}") for n in range(3)]
    desk.enrich(*people[:2])
    Prospect.objects.filter(pk=people[0].pk).update(first_name="")  # would be filled again
    assert desk.enrich(*people) == EnrichmentOutcome(done=3)
    assert [person.first_name for person in people] == ["", "Person", "Person"]


def test_who_is_no_longer_there_is_skipped(desk: Desk) -> None:
    anna = desk.prospect(name="Anna Schmidt")
    gone = desk.prospect(name="Gone Person")
    Prospect.objects.filter(pk=gone.pk).delete()
    outcome = desk.enrich(anna)
    assert outcome == EnrichmentOutcome(done=1)
    again = desk.prospect(name="Again Person")
    Prospect.objects.filter(pk=again.pk).delete()
    from prospecting.enrichment.enrich import enrich_batch

    assert enrich_batch(
        desk.group, [again.pk, again.pk], job=desk.job, search_emails=False, provider=None, work=desk.work
    ) == EnrichmentOutcome(skipped=2)  # fmt: skip


def test_people_of_another_group_are_not_touched(desk: Desk) -> None:
    stranger = Desk().prospect(name="Stranger Person")
    assert desk.enrich(stranger) == EnrichmentOutcome(skipped=1)
    assert stranger.first_name == ""


def test_a_prospect_whose_step_fails_is_counted_and_usable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str) -> Any:
        raise ValueError("odd")

    monkeypatch.setattr(steps, "normal_email", fails)
    anna, bob = desk.prospect(name="Anna Schmidt", email="a@acme.com"), desk.prospect(name="Bob Brown")
    for _ in range(2):  # the second time as after a lost worker
        assert desk.enrich(anna, bob) == EnrichmentOutcome(done=1, failed=1)
    assert (anna.first_name, bob.first_name) == ("Anna", "Bob")


def test_people_of_one_domain_get_one_company_and_free_mail_gets_none(desk: Desk) -> None:
    people = [desk.prospect(email=f"p{n}@{where}") for n, where in enumerate(["acme.com", "eu.acme.com", "gmail.com"])]
    desk.enrich(*people)
    assert people[0].company == people[1].company
    assert people[2].company is None
    assert Company.objects.filter(group=desk.group).count() == 1


def test_a_company_that_is_known_by_its_domain_is_taken(desk: Desk) -> None:
    acme = desk.company("name:acme", name="Acme", domain="acme.com")
    anna = desk.prospect(email="anna@acme.com")
    desk.enrich(anna)
    assert anna.company == acme
    assert Company.objects.filter(group=desk.group).count() == 1


@pytest.mark.parametrize(
    ("name", "emails", "domain"),
    [
        ("Acme Robotics GmbH", ["a@acme-robotics.de"], "acme-robotics.de"),
        ("Acme", ["a@acme.com", "b@other.org"], "acme.com"),
        ("Acme", ["a@elsewhere.org"], ""),  # one address alone may be anybody's
        ("Acme", ["a@elsewhere.org", "b@elsewhere.org"], "elsewhere.org"),
        ("Acme", ["a@gmail.com"], ""),
        ("International Business Machines", ["a@ibm.com"], "ibm.com"),
    ],
)
def test_a_company_gets_its_domain_from_its_people(desk: Desk, name: str, emails: list[str], domain: str) -> None:
    company = desk.company("name:x", name=name)
    desk.enrich(*[desk.prospect(company, email=email) for email in emails])
    company.refresh_from_db()
    assert company.domain == domain
    assert company.key == "name:x"  # it never changes


def test_a_company_gets_its_domain_from_its_website(desk: Desk) -> None:
    company = desk.company("name:x", name="Acme", website="https://www.acme.co.uk/about")
    desk.enrich(desk.prospect(company))
    company.refresh_from_db()
    assert company.domain == "acme.co.uk"


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(desk: Desk) -> None:
    few = [desk.prospect(name=f"Person Few{n}", email=f"f{n}@few{n}.com", title="CTO") for n in range(2)]
    many = [desk.prospect(name=f"Person Many{n}", email=f"m{n}@many{n}.com", title="CTO") for n in range(60)]
    with CaptureQueriesContext(connection) as of_few:
        desk.enrich(*few)
    with CaptureQueriesContext(connection) as of_many:
        desk.enrich(*many)
    assert len(of_many) - len(many) == len(of_few) - len(few)  # each is read again by the desk
    assert len(of_few) - len(few) <= 18


def test_a_job_that_was_cancelled_writes_nothing_more(desk: Desk) -> None:
    anna = desk.prospect(name="Anna Schmidt")
    lifecycle.cancel(kinds.of(desk.job), desk.job.pk, actor="tests")
    with pytest.raises(LeaseLost):
        desk.enrich(anna)
    anna.refresh_from_db()
    assert anna.first_name == ""


def test_a_job_that_must_stop_is_left_before_anything_is_written(desk: Desk) -> None:
    anna = desk.prospect(name="Anna Schmidt")
    desk.work.stopped = LeaseLost()
    with pytest.raises(LeaseLost):
        desk.enrich(anna)


def test_the_steps_of_a_job_are_named(desk: Desk, settings: Any) -> None:
    settings.ENRICHMENT_SITES = True
    desk.job.search_emails = True
    assert steps_for(desk.job) == (
        "name_parts", "place", "phone", "email", "title", "company_domain", "site", "provider", "email_guess",
    )  # fmt: skip


def _everything() -> list[Any]:
    ignored = {"enriched_at"}
    columns = [field.attname for field in Prospect._meta.concrete_fields if field.attname not in ignored]
    return [*Prospect.objects.order_by("pk").values(*columns), *Company.objects.order_by("pk").values()]
