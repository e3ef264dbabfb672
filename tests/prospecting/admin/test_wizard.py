"""The import wizard: from a file to the job, and back with the rows that failed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import credits
from accounts.models import AccountGroup, AuditEntry
from accounts.requester import Requester
from prospecting.models import Audience, LeadFile, Prospect, ProspectingJob
from tests.prospecting import jobs
from tests.prospecting.admin.lead_files import CSV, lead_file
from tests.scans import factories

ADD = "admin:prospecting_leadfile_add"
received = pytest.mark.django_db(transaction=True)  # files are kept when the transaction commits


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def rich(cast: SimpleNamespace) -> AccountGroup:
    credits.grant(cast.acme, 100, Requester.command("tests", cast.acme))
    return cast.acme  # type: ignore[no-any-return]


def step2(file: LeadFile) -> str:
    return reverse("admin:prospecting_leadfile_import", args=[file.pk])


def sent(client: Any, group: AccountGroup, content: bytes = CSV, name: str = "leads.csv", query: str = "") -> Any:
    return client.post(reverse(ADD) + query, {"group": group.pk, "file": SimpleUploadedFile(name, content)})


def filled_in(client: Any, address: str, **changed: Any) -> dict[str, Any]:
    """What the browser sends when the second page is confirmed as it stands, but for what is `changed`."""
    form = client.get(address).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | {"start": "1", **changed}


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@received
def test_a_file_is_received_tried_and_imported_by_the_job_the_api_starts(
    cast: SimpleNamespace, rich: AccountGroup
) -> None:
    answer = sent(cast.operator, rich)
    file = LeadFile.objects.get()
    assert (answer.url, file.created_by_user.username) == (step2(file), "operator")
    page = cast.operator.get(answer.url).content.decode()
    for shown in ("Shoe size", "anna@acme.example", "All 2 rows were tried", "New <b>2</b>", "100 are available"):
        assert shown in page, shown
    assert not Prospect.objects.exists()
    answer = cast.operator.post(step2(file), filled_in(cast.operator, step2(file), audience_name="March"))
    job = ProspectingJob.objects.get()
    assert answer.url == reverse("admin:prospecting_prospectingjob_change", args=[job.pk])
    assert job.params == {"file_id": file.pk, "mapping": {"First Name": "firstName", "Work Email": "email"}}
    assert (job.requested_by_user.username, job.audience.name, job.credits_reserved) == ("operator", "March", 2)
    assert jobs.finished(job).import_done == 2
    assert {entry.actor for entry in AuditEntry.objects.filter(object_type__startswith="prospecting")} == {
        "user:operator"
    }


@received
def test_what_cannot_be_received_is_told_at_the_file(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    answer = sent(cast.operator, cast.acme, b"%PDF-1.7\n")
    assert "CSV or XLSX" in str(answer.context["form"].errors["file"])
    foreign = sent(cast.operator, cast.neighbour)
    assert foreign.context["form"].errors["group"]
    body = encode_multipart(BOUNDARY, {"group": cast.acme.pk, "file": SimpleUploadedFile("leads.csv", CSV)})
    cut = cast.operator.generic("POST", reverse(ADD), body[: body.index(b"Ben")], MULTIPART_CONTENT)
    assert "file" in cut.context["form"].errors
    monkeypatch.setattr("config.env.LEAD_FILE_MAX", 50)
    assert "larger than 50 bytes" in said(sent(cast.operator, cast.acme))
    assert not LeadFile.objects.exists()


def test_another_field_is_chosen_for_a_column_and_tried_before_the_import(
    cast: SimpleNamespace, rich: AccountGroup
) -> None:
    address = step2(lead_file(rich, b"Who,Mailbox of theirs\nAnna Muster,anna@acme.example\n"))
    first = cast.operator.get(address)
    assert "No column is a known field" in first.content.decode()
    assert "trial" not in first.context
    chosen = filled_in(cast.operator, address, column_0="name", column_1="email")
    tried = cast.operator.post(address, {**{k: v for k, v in chosen.items() if k != "start"}, "try": "1"})
    assert tried.context["trial"].outcome.imported == 1
    assert not ProspectingJob.objects.exists()
    cast.operator.post(address, chosen)
    job = jobs.finished(ProspectingJob.objects.get())
    assert job.params["mapping"] == {"Who": "name", "Mailbox of theirs": "email"}
    assert Prospect.objects.get().email == "anna@acme.example"


def test_faults_stand_at_their_column_and_nothing_is_started(cast: SimpleNamespace, rich: AccountGroup) -> None:
    address = step2(lead_file(rich))
    for changed, at in (
        ({"column_2": "email"}, ["column_1", "column_2"]), ({"column_0": "shoes"}, ["column_0"]),
        ({"audience_name": ""}, ["audience_name"]), ({"token": "x"}, ["token"]),
        ({"column_0": "", "column_1": ""}, ["__all__"]),
    ):  # fmt: skip
        answer = cast.operator.post(address, filled_in(cast.operator, address, **changed))
        assert sorted(answer.context["form"].errors) == at, changed
    assert not ProspectingJob.objects.exists()


def test_sending_the_page_twice_starts_one_job_and_changing_it_another(
    cast: SimpleNamespace, rich: AccountGroup
) -> None:
    address = step2(lead_file(rich))
    once = filled_in(cast.operator, address)
    assert cast.operator.post(address, once).url == cast.operator.post(address, once).url
    assert ProspectingJob.objects.count() == 1
    cast.operator.post(address, {**once, "audience_name": "Others"})
    assert sorted(Audience.objects.values_list("name", flat=True)) == ["Others", "leads"]


def test_people_join_an_audience_of_their_group_that_no_job_fills(cast: SimpleNamespace, rich: AccountGroup) -> None:
    file = lead_file(rich)
    known, filled, foreign = factories.audience(rich), factories.audience(rich), factories.audience(cast.neighbour)
    factories.filling(filled)
    offered = cast.operator.get(f"{step2(file)}?audience={known.pk}").context["form"]
    assert [row.pk for row in offered.fields["audience"].queryset] == [known.pk]
    assert offered["audience"].value() == known.pk
    for other in (filled, foreign):
        answer = cast.operator.post(step2(file), filled_in(cast.operator, step2(file), audience=other.pk))
        assert list(answer.context["form"].errors) == ["audience"]
    cast.operator.post(step2(file), filled_in(cast.operator, step2(file), audience=known.pk))
    assert ProspectingJob.objects.exclude(audience=filled).get().audience == known


def test_an_import_without_enough_credits_is_refused_with_the_reason(cast: SimpleNamespace) -> None:
    address = step2(lead_file(cast.acme))
    answer = cast.operator.post(address, filled_in(cast.operator, address))
    assert "needs 2 credits" in answer.content.decode()
    assert not Audience.objects.exists()


def test_a_file_without_content_is_not_imported(cast: SimpleNamespace) -> None:
    file = lead_file(cast.acme)
    page = reverse("admin:prospecting_leadfile_change", args=[file.pk])
    assert step2(file) in cast.operator.get(page).content.decode()
    LeadFile.objects.update(content="", deleted_at="2026-01-02T03:04:05Z")
    answer = cast.operator.get(step2(file))
    assert "has been deleted" in said(answer)
    assert step2(file) not in cast.operator.get(answer.url).content.decode()


@received
def test_failed_rows_come_back_corrected_with_the_columns_and_audience_of_their_job(
    cast: SimpleNamespace, rich: AccountGroup
) -> None:
    address = step2(lead_file(rich, b"Who,Inbox\nAnna,anna@acme.example\nBen,ben at acme\n"))
    cast.operator.post(address, filled_in(cast.operator, address, column_0="firstName", column_1="email"))
    job = jobs.finished(ProspectingJob.objects.get())
    page = cast.operator.get(reverse("admin:prospecting_prospectingjob_change", args=[job.pk])).content.decode()
    assert f"{reverse(ADD)}?job={job.pk}" in page
    failed = cast.operator.get(reverse("admin:prospecting_prospectingjob_failed_rows", args=[job.pk]))
    corrected = b"".join(failed.streaming_content).replace(b"ben at acme", b"ben@acme.example")
    assert cast.operator.get(f"{reverse(ADD)}?job={job.pk}").context["form"]["group"].value() == rich.pk
    again = sent(cast.operator, rich, corrected, query=f"?job={job.pk}").url
    wanted = filled_in(cast.operator, again)
    assert (wanted["column_0"], wanted["column_1"], wanted["audience"]) == ("firstName", "email", job.audience_id)
    cast.operator.post(again, wanted)
    second = jobs.finished(ProspectingJob.objects.latest("created_at"))
    assert (second.audience, second.import_total, second.import_done) == (job.audience, 1, 1)
    assert Audience.objects.get().prospect_count == 2


def test_the_file_of_a_job_is_imported_again_with_its_columns(cast: SimpleNamespace, rich: AccountGroup) -> None:
    address = step2(lead_file(rich))
    cast.operator.post(address, filled_in(cast.operator, address, column_0="lastName"))
    job = ProspectingJob.objects.get()
    page = reverse("admin:prospecting_prospectingjob_change", args=[job.pk])
    again = f"{address}?job={job.pk}"
    assert again not in cast.operator.get(page).content.decode()  # it is not over
    jobs.finished(job)
    assert again in cast.operator.get(page).content.decode()
    assert again not in cast.auditor.get(page).content.decode()
    assert cast.operator.get(again).context["form"]["column_0"].value() == "lastName"


@pytest.mark.parametrize("odd", ["x", "\0", "0" * 24, ""])
def test_an_address_that_names_nothing_is_no_fault(cast: SimpleNamespace, odd: str) -> None:
    for address in (reverse(ADD), step2(lead_file(cast.acme))):
        for name in ("job", "audience"):
            assert cast.operator.get(address, {name: odd}).status_code == 200


def test_roles_say_who_imports(cast: SimpleNamespace, rich: AccountGroup) -> None:
    address = step2(lead_file(rich))
    wanted = filled_in(cast.operator, address)
    for person, status in (("auditor", 403), ("analyst", 403), ("stranger", 302)):
        assert getattr(cast, person).get(address).status_code == status, person
        assert getattr(cast, person).post(address, wanted).status_code == status, person
    assert cast.auditor.get(reverse(ADD)).status_code == cast.analyst.get(reverse(ADD)).status_code == 403
    assert not ProspectingJob.objects.exists()


@pytest.mark.parametrize("page", ["index", *(f"prospecting_{each}_changelist" for each in (
    "prospect", "audience", "prospectingjob"))])  # fmt: skip
def test_the_wizard_begins_where_one_looks_for_it(cast: SimpleNamespace, page: str) -> None:
    assert reverse(ADD) in cast.operator.get(reverse(f"admin:{page}")).content.decode()
    assert reverse(ADD) not in cast.auditor.get(reverse(f"admin:{page}")).content.decode()


def test_the_page_costs_as_many_queries_for_many_rows_as_for_few(cast: SimpleNamespace) -> None:
    asked = []
    for rows in (1, 50):
        content = b"Email\n" + b"".join(b"person%d@acme%d.example\n" % (n, n) for n in range(rows))
        address = step2(lead_file(cast.acme, content))
        with CaptureQueriesContext(connection) as queries:
            cast.operator.get(address)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 25


def test_the_pages_are_strict(cast: SimpleNamespace) -> None:
    for address in (reverse(ADD), step2(lead_file(cast.acme))):
        content = cast.operator.get(address).content.decode()
        for forbidden in ("<style", " style=", "<script>", " onclick=", 'src="http'):
            assert forbidden not in content
