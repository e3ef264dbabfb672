"""Making and changing reference lists in the admin."""

from __future__ import annotations

from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry
from compliance.models import ReferenceList
from tests.compliance import factories

ADD = "admin:compliance_referencelist_add"


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.csv", text.encode())


def page(row: ReferenceList) -> str:
    return reverse("admin:compliance_referencelist_change", args=[row.pk])


def test_a_list_is_made_from_a_csv_and_shows_its_values(cast: SimpleNamespace) -> None:
    form = {
        "group": cast.acme.pk,
        "name": "countries",
        "file": file("code,name\nIR,Iran\nKP,Korea\n"),
        "column": "code",
    }
    assert cast.colleague.post(reverse(ADD), form).status_code == 302
    row = ReferenceList.objects.get()
    shown = cast.colleague.get(page(row)).content.decode()
    assert "<li>IR</li><li>KP</li>" in shown
    assert "version 1" in shown
    assert AuditEntry.objects.filter(action="list.created", object_id=row.pk).count() == 1


def test_new_values_are_a_new_version(cast: SimpleNamespace) -> None:
    row = factories.reference_list(cast.acme)
    assert cast.colleague.post(page(row), {"file": file("B2\nC3\n"), "column": ""}).status_code == 302
    assert [version.value_count for version in row.versions.all()] == [2, 1]
    assert row.versions.first().created_by == "user:colleague"


def test_what_cannot_be_read_is_said_at_the_field(cast: SimpleNamespace) -> None:
    answer = cast.colleague.post(reverse(ADD), {"group": cast.acme.pk, "name": "a b", "file": file("a,b\n")})
    errors = answer.context["adminform"].form.errors
    assert "letters, digits" in errors["name"][0]
    assert "line 1 has 2 columns" in errors["file"][0]
    assert not ReferenceList.objects.exists()


def test_a_reader_looks_and_a_stranger_sees_nothing(cast: SimpleNamespace) -> None:
    row = factories.reference_list(cast.acme)
    assert cast.reader.get(page(row)).status_code == 200
    assert cast.reader.post(page(row), {"file": file("B2\n")}).status_code == 403
    assert cast.stranger.get(page(row)).status_code == 302
    assert "watchlist" not in cast.stranger.get(reverse("admin:compliance_referencelist_changelist")).content.decode()
    assert row.versions.count() == 1


def test_the_list_of_lists_shows_the_newest_version(cast: SimpleNamespace) -> None:
    factories.reference_list(cast.acme)
    shown = cast.reader.get(reverse("admin:compliance_referencelist_changelist")).content.decode()
    assert "watchlist" in shown
