"""A batch of leads becomes prospects: exact identities merge, doubt goes to staff, and nothing is added twice."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.requester import Requester
from prospecting.actions.suppression import suppress
from prospecting.enums import MergeReason, SuppressionKind
from prospecting.models import (
    AudienceMember,
    Company,
    MergeCandidate,
    PositionChange,
    Prospect,
    ProviderIdentity,
    RowError,
)
from tests.prospecting.importing.people import bring, make_group, make_job, only

pytestmark = pytest.mark.django_db

ANNA = {
    "firstName": "Anna", "lastName": "Müller", "email": "Anna.Mueller@Acme.example", "title": "CTO",
    "linkedinUrl": "https://de.linkedin.com/in/Anna-Mueller/?x=1", "companyName": "Acme GmbH",
    "companyDomain": "www.acme.example", "country": "Deutschland", "phone": "030 1234567",
}  # fmt: skip


def test_a_lead_becomes_a_prospect_in_its_normal_form_with_its_company_in_the_audience() -> None:
    group = make_group()
    job = make_job(group)
    outcome = bring(group, [ANNA], job=job)
    person = only(group)
    assert (outcome.imported, outcome.duplicates, outcome.prospect_ids) == (1, 0, (person.pk,))
    assert (person.first_name, person.last_name, person.name, person.name_key) == (
        "Anna", "Müller", "Anna Müller", "anna mueller",
    )  # fmt: skip
    assert (person.email, person.public_identifier, person.phone, person.country) == (
        "anna.mueller@acme.example", "anna-mueller", "+49301234567", "DE",
    )  # fmt: skip
    assert person.linkedin_url == "https://www.linkedin.com/in/anna-mueller"
    assert (person.company.key, person.company.name) == ("acme.example", "Acme GmbH")
    assert person.company.domain == "acme.example"
    assert person.provenance["title"] == {"origin": "import", "at": job.created_at.isoformat(), "confidence": 1.0}
    assert "company" in person.provenance
    assert "name" in person.company.provenance
    assert list(AudienceMember.objects.values_list("audience", "prospect")) == [(job.audience_id, person.pk)]
    job.audience.refresh_from_db()
    assert job.audience.prospect_count == 1


@pytest.mark.parametrize(
    "row",
    [
        {"email": "ANNA.MUELLER@acme.example", "headline": "Hello"},
        {"linkedinUrl": "linkedin.com/in/anna-mueller", "headline": "Hello"},
        {"name": "Anna Mueller", "companyDomain": "acme.example", "headline": "Hello"},
        {"name": "Dr. Anna Müller", "companyName": "ACME", "headline": "Hello"},
    ],
    ids=["e-mail", "profile", "name and domain", "name and company name"],
)
def test_each_exact_identity_finds_the_person_and_fills_what_is_empty(row: dict[str, str]) -> None:
    group = make_group()
    bring(group, [ANNA])
    outcome = bring(group, [row])
    assert (outcome.imported, outcome.duplicates) == (0, 1)
    assert only(group).headline == "Hello"
    assert only(group).first_name == "Anna"


def test_an_id_in_a_column_finds_the_person_again() -> None:
    group = make_group()
    bring(group, [{"providerId": "77", "name": "Anna Müller"}])
    outcome = bring(group, [{"providerId": "77", "email": "a@b.de"}])
    assert outcome.duplicates == 1
    assert only(group).email == "a@b.de"
    assert ProviderIdentity.objects.get().provider == "import"


def test_people_of_another_group_are_not_met() -> None:
    bring(make_group("One"), [ANNA])
    assert bring(make_group("Two"), [ANNA]).imported == 1


def test_two_rows_of_one_person_in_a_batch_make_one() -> None:
    group = make_group()
    outcome = bring(group, [ANNA, {"email": ANNA["email"], "headline": "Second row"}])
    assert (outcome.imported, outcome.duplicates) == (1, 1)
    assert only(group).headline == "Second row"
    assert AudienceMember.objects.count() == 1


def test_a_newer_import_changes_the_position_and_says_so_and_an_older_one_does_not() -> None:
    group = make_group()
    older = make_job(group)
    bring(group, [ANNA])
    bring(group, [ANNA | {"title": "CEO", "companyDomain": "other.example", "companyName": "Other"}])
    person = only(group)
    assert (person.title, person.company.name) == ("CEO", "Other")
    change = PositionChange.objects.get()
    assert (change.previous_title, change.previous_company, change.title, change.company, change.origin) == (
        "CTO", "Acme GmbH", "CEO", "Other", "import",
    )  # fmt: skip
    bring(group, [ANNA], job=older)
    assert only(group).title == "CEO"
    assert PositionChange.objects.count() == 1


def test_the_same_company_under_another_spelling_is_no_change_of_position() -> None:
    group = make_group()
    bring(group, [ANNA])
    bring(group, [{"email": ANNA["email"], "companyName": "ACME Inc.", "title": "cto"}])
    assert not PositionChange.objects.exists()
    assert Company.objects.count() == 1


def test_similar_names_at_one_company_are_two_people_until_staff_say_otherwise() -> None:
    group = make_group()
    rows = [
        {"name": "Jon Smith", "companyDomain": "acme.example"},
        {"name": "John Smith", "companyDomain": "acme.example"},
    ]
    assert bring(group, rows).imported == 2
    candidate = MergeCandidate.objects.get()
    assert (candidate.reason, candidate.status) == (MergeReason.SIMILAR_NAME, "open")
    assert candidate.score >= 90
    assert bring(group, rows[::-1]).imported == 0
    assert MergeCandidate.objects.count() == 1


def test_similar_names_are_found_across_imports_and_not_across_companies() -> None:
    group = make_group()
    bring(group, [{"name": "Jon Smith", "companyDomain": "acme.example"}])
    bring(group, [{"name": "John Smith", "companyDomain": "other.example"}])
    assert not MergeCandidate.objects.exists()
    bring(group, [{"name": "Jonn Smith", "companyDomain": "acme.example"}])
    assert MergeCandidate.objects.count() == 1


def test_a_row_that_names_two_people_is_put_to_staff_and_overwrites_nothing() -> None:
    group = make_group()
    bring(group, [{"email": "a@acme.example", "name": "A B"}, {"linkedinUrl": "linkedin.com/in/b", "name": "C D"}])
    outcome = bring(group, [{"email": "a@acme.example", "linkedinUrl": "linkedin.com/in/b", "headline": "Both?"}])
    assert (outcome.imported, outcome.duplicates) == (0, 1)
    assert set(Prospect.objects.values_list("headline", "email", "public_identifier")) == {
        ("", "a@acme.example", ""), ("", "", "b"),
    }  # fmt: skip
    assert MergeCandidate.objects.get().reason == MergeReason.TWO_IDENTITIES


def test_a_shared_mailbox_does_not_make_two_profiles_one_person() -> None:
    group = make_group()
    rows = [{"email": "us@acme.example", "linkedinUrl": f"linkedin.com/in/{name}"} for name in ("anna", "ben")]
    assert bring(group, rows).imported == 2
    assert Prospect.objects.exclude(email="").count() == 1
    assert MergeCandidate.objects.get().reason == MergeReason.TWO_IDENTITIES
    assert bring(group, rows).imported == 0


def test_a_mailbox_of_a_company_names_nobody() -> None:
    group = make_group()
    rows = [{"name": name, "email": "Info@acme.com"} for name in ("Anna Smith", "Ben Brown")]
    alone = {"email": "sales+at@acme.com"}
    outcome = bring(group, [*rows, ANNA | {"email": "office@acme.example"}, alone])
    assert (outcome.imported, outcome.duplicates, outcome.failed) == (3, 0, 1)
    people = set(Prospect.objects.values_list("name", "email", "company__domain"))
    assert people == {
        ("Anna Smith", "", "acme.com"), ("Ben Brown", "", "acme.com"), ("Anna Müller", "", "acme.example"),
    }  # fmt: skip
    told = RowError.objects.order_by("line").values_list("line", "field", "lost")
    assert list(told) == [(1, "email", False), (2, "email", False), (3, "email", False), (4, "email", True)]
    assert not MergeCandidate.objects.exists()
    assert bring(group, rows).duplicates == 2


def test_a_suppressed_mailbox_of_a_company_keeps_its_rows_out() -> None:
    group = make_group()
    suppress(group, [(SuppressionKind.EMAIL, "info@acme.com")], by=Requester.command("tests", group))
    assert bring(group, [{"name": "Anna Smith", "email": "info@acme.com"}]).suppressed == 1


def test_a_number_in_a_column_does_not_make_people_of_two_lists_one() -> None:
    group = make_group()
    bring(group, [{"providerId": "1", "email": "anna@acme.example"}])
    outcome = bring(group, [{"providerId": "1", "email": "ben@other.example"}])
    assert outcome.imported == 1
    assert MergeCandidate.objects.count() == 1


def test_namesakes_with_other_addresses_are_put_to_staff() -> None:
    group = make_group()
    row = {"name": "Anna Müller", "companyDomain": "acme.example"}
    assert bring(group, [row | {"email": "a@acme.example"}, row | {"email": "b@acme.example"}]).imported == 2
    assert MergeCandidate.objects.get().reason == MergeReason.SAME_NAME
    outcome = bring(group, [row])
    assert (outcome.imported, outcome.failed) == (0, 1)
    assert "more than one person" in RowError.objects.get().reason


def test_a_second_address_is_remembered() -> None:
    group = make_group()
    bring(group, [ANNA, {"linkedinUrl": ANNA["linkedinUrl"], "email": "anna@home.example"}])
    assert only(group).email == "anna.mueller@acme.example"
    assert bring(group, [{"email": "anna@home.example"}]).duplicates == 1


def test_an_address_that_was_guessed_gives_way_to_whom_a_row_gives_it() -> None:
    group = make_group()
    bring(group, [{"name": "Anna Smith", "companyDomain": "acme.example"}])
    Prospect.objects.update(email="a.smith@acme.example", email_status="guessed")
    outcome = bring(group, [{"name": "Adam Smith", "companyDomain": "acme.example", "email": "a.smith@acme.example"}])
    assert outcome.imported == 1
    assert Prospect.objects.get(first_name="Adam").email == "a.smith@acme.example"
    assert Prospect.objects.get(first_name="Anna").email == ""


def test_a_bad_email_alone_does_not_lose_a_lead_that_has_another_identity() -> None:
    group = make_group()
    outcome = bring(group, [ANNA | {"email": "anna(at)acme"}, {"name": "Nobody", "email": "nobody@"}, {"name": "Cher"}])
    assert (outcome.imported, outcome.failed) == (1, 2)
    assert only(group).email == ""
    found = list(RowError.objects.order_by("line").values_list("line", "field", "lost"))
    assert found == [(1, "email", False), (2, "email", True), (3, "", True)]
    assert RowError.objects.get(line=2).raw == {"name": "Nobody", "email": "nobody@"}


def test_the_number_of_statements_does_not_grow_with_the_batch() -> None:
    def statements(count: int) -> int:
        group, rows = make_group(f"Group {count}"), [
            {"name": f"Person {n} Number{n}", "email": f"p{n}@firm{n}.example", "companyDomain": f"firm{n}.example",
             "phone": "broken", "providerId": str(n), "linkedinUrl": f"linkedin.com/in/p{n}"}
            for n in range(count)
        ]  # fmt: skip
        bring(group, rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            bring(group, [row | {"title": "New"} for row in rows] + [
                row | {"email": f"x{row['email']}", "providerId": f"x{n}", "linkedinUrl": ""}
                for n, row in enumerate(rows)
            ])  # fmt: skip
        return len(queries)

    assert statements(3) == statements(60) < 45
