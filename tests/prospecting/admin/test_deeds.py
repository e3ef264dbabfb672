"""What staff do in prospecting: each deed, what it leaves, and that it is audited."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.urls import reverse

from accounts import credits
from accounts.models import AuditEntry
from jobs.enums import Status
from prospecting.actions.suppression import is_suppressed
from prospecting.enums import MergeStatus
from prospecting.models import Audience, Folder, MergeCandidate, Prospect, Provider, Suppression
from prospecting.providers import calls
from tests.prospecting import jobs
from tests.prospecting.admin import test_pages as rows
from tests.scans import factories

GO = {"confirmed": "1"}


def deed(row: Any, name: str) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_deed", args=[row.pk, name])


def audited(action: str) -> AuditEntry:
    entry = AuditEntry.objects.get(action=action)
    assert entry.actor == "user:operator"
    return entry


def selected(name: str, *chosen: Any) -> dict[str, Any]:
    ids = ",".join(str(row.pk) for row in chosen)
    return {"action": name, "ids": ids, "select_across": "1", "_selected_action": ids[:24], "confirmed": "1"}


def test_a_job_is_cancelled(cast: SimpleNamespace) -> None:
    job = rows.job(cast.acme)
    assert "stops at once" in cast.operator.get(deed(job, "cancel")).content.decode()
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    cast.operator.post(deed(job, "cancel"), GO)
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    audited("prospecting_job.cancelled")


def test_a_job_without_results_is_run_again(cast: SimpleNamespace) -> None:
    credits.grant(cast.acme, 10, factories.by(cast.acme))
    job = jobs.job(cast.acme, records=jobs.people(1, 2, 3), max_results=2)
    page = reverse("admin:prospecting_prospectingjob_change", args=[job.pk])
    assert "Run again" not in dict(cast.operator.get(page).context["tools"])
    cast.operator.post(deed(job, "cancel"), GO)
    type(job).objects.update(params={"records": [{}, *jobs.people(2, 3)]})  # one was erased
    assert dict(cast.operator.get(page).context["tools"])["Run again"] == deed(job, "run_again")
    assert cast.auditor.post(deed(job, "run_again"), GO).status_code == 403
    answer = cast.operator.post(deed(job, "run_again"), GO)
    new = type(job).objects.exclude(pk=job.pk).get()
    assert answer.url == reverse("admin:prospecting_prospectingjob_change", args=[new.pk])
    assert (new.status, new.requested_by_user.username) == (Status.QUEUED, "operator")
    assert (new.audience_id, new.params, new.import_total) == (job.audience_id, {"records": jobs.people(2, 3)}, 2)
    assert jobs.balance(cast.acme) == (8, 2)
    done = jobs.finished(new)
    assert (done.status, done.import_done) == ("completed", 2)


def test_a_job_that_cannot_be_run_again_says_why(cast: SimpleNamespace) -> None:
    credits.grant(cast.acme, 3, factories.by(cast.acme))
    job = jobs.job(cast.acme)
    cast.operator.post(deed(job, "cancel"), GO)
    job.audience.delete()
    said = cast.operator.post(deed(job, "run_again"), GO, follow=True).content.decode()
    assert "names no audience" in said
    assert type(job).objects.count() == 1


def test_of_many_jobs_those_of_other_groups_stay(cast: SimpleNamespace) -> None:
    own, foreign = rows.job(cast.acme), rows.job(cast.neighbour)
    answer = cast.operator.post(rows.list_of("prospecting_prospectingjob"), selected("cancel_selected", own, foreign))
    assert answer.status_code == 302
    assert [type(own).objects.get(pk=each.pk).status for each in (own, foreign)] == ["cancelled", "queued"]


def test_an_auditor_cancels_nothing_in_bulk(cast: SimpleNamespace) -> None:
    job = rows.job(cast.acme)
    cast.auditor.post(rows.list_of("prospecting_prospectingjob"), selected("cancel_selected", job))
    job.refresh_from_db()
    assert job.status == Status.QUEUED


def test_failed_rows_are_downloaded_by_whoever_sees_the_job(cast: SimpleNamespace) -> None:
    job = rows.job(cast.acme)
    address = reverse("admin:prospecting_prospectingjob_failed_rows", args=[job.pk])
    answer = cast.auditor.get(address)
    assert b"".join(answer.streaming_content).decode().splitlines()[1] == "x,1,email: is none"
    assert cast.stranger.get(address).status_code == cast.analyst.get(address).status_code == 404


def test_a_person_is_erased_and_not_named_in_the_audit_log(cast: SimpleNamespace) -> None:
    person = factories.prospect(cast.acme, name="Anna Muster", email="anna@example.com")
    assert cast.operator.post(deed(person, "erase"), GO).status_code == 302
    assert not Prospect.objects.exists()
    assert is_suppressed(cast.acme, email="anna@example.com")
    assert "Anna" not in str(vars(audited("prospect.erased")))


@pytest.mark.parametrize(("action", "left"), [("merge_selected", 2), ("keep_selected", 4)])
def test_pairs_are_decided_in_bulk(cast: SimpleNamespace, action: str, left: int) -> None:
    pairs = [rows.pair(cast.acme), rows.pair(cast.acme)]
    cast.operator.post(rows.list_of("prospecting_mergecandidate"), selected(action, *pairs))
    assert Prospect.objects.count() == left
    assert not MergeCandidate.objects.filter(status=MergeStatus.OPEN).exists()


def test_an_address_and_a_domain_are_suppressed_found_and_taken_off(cast: SimpleNamespace) -> None:
    address = reverse("admin:prospecting_suppression_add")
    for who in ("Anna@Example.com", "example.org"):
        answer = cast.operator.post(address, {"group": cast.acme.pk, "who": who, "reason": "asked"})
        assert answer.status_code == 302, who
    assert is_suppressed(cast.acme, email="anna@example.com")
    assert is_suppressed(cast.acme, domain="sub.example.org")
    assert "anna" not in str(vars(audited("email.suppressed"))).lower()
    audited("domain.suppressed")
    found = cast.operator.get(rows.list_of("prospecting_suppression"), {"q": "anna@example.com"}).context["cl"]
    assert [entry.kind for entry in found.result_list] == ["email"]
    cast.operator.post(deed(found.result_list[0], "lift"), GO)
    cast.operator.post(rows.list_of("prospecting_suppression"), selected("lift_selected", *Suppression.objects.all()))
    assert not Suppression.objects.exists()


def test_a_form_sent_twice_puts_nobody_back_on_the_list(cast: SimpleNamespace) -> None:
    address = reverse("admin:prospecting_suppression_add")
    (form,) = re.findall(r'name="form_id" value="(\w+)"', cast.operator.get(address).content.decode())
    wanted = {"group": cast.acme.pk, "who": "example.org", "form_id": form}
    cast.operator.post(address, wanted)
    cast.operator.post(deed(Suppression.objects.get(), "lift"), GO)
    again = cast.operator.post(address, wanted, follow=True)
    assert "sent twice" in " ".join(map(str, again.context["messages"]))
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "@", "a b@example.com", "x@y"])
def test_what_is_neither_address_nor_domain_is_told_at_the_field(cast: SimpleNamespace, who: str) -> None:
    wanted = {"group": cast.acme.pk, "who": who}
    answer = cast.operator.post(reverse("admin:prospecting_suppression_add"), wanted)
    assert answer.context["form"].errors["who"]
    assert not Suppression.objects.exists()


def test_nobody_suppresses_for_a_group_in_which_they_may_not_act(cast: SimpleNamespace) -> None:
    address = reverse("admin:prospecting_suppression_add")
    assert cast.auditor.get(address).status_code == 403
    answer = cast.operator.post(address, {"group": cast.neighbour.pk, "who": "example.org"})
    assert answer.context["form"].errors["group"]


def test_an_audience_is_changed_and_deleted(cast: SimpleNamespace) -> None:
    audience = factories.audience(cast.acme)
    folder, foreign = (Folder.objects.create(group=of, name="Folder") for of in (cast.acme, cast.neighbour))
    wanted = {**GO, "name": "Renamed", "description": ""}
    refused = cast.operator.post(deed(audience, "change"), {**wanted, "folder": foreign.pk})
    assert refused.context["form"].errors["folder"]
    cast.operator.post(deed(audience, "change"), {**wanted, "folder": folder.pk})
    audience.refresh_from_db()
    assert (audience.name, audience.folder) == ("Renamed", folder)
    cast.operator.post(deed(audience, "delete"), GO)
    assert not Audience.objects.exists()


def test_an_audience_is_changed_wholly_or_not_at_all(cast: SimpleNamespace) -> None:
    audience, folder = factories.audience(cast.acme), Folder.objects.create(group=cast.acme, name="Folder")

    def meanwhile(instance: AuditEntry, **_: Any) -> None:
        if instance.action == "audience.changed":  # after the form was found to be right
            Folder.objects.all().delete()

    post_save.connect(meanwhile, sender=AuditEntry)
    wanted = {**GO, "name": "Renamed", "description": "", "folder": folder.pk}
    answer = cast.operator.post(deed(audience, "change"), wanted)
    post_save.disconnect(meanwhile, sender=AuditEntry)
    assert "names no folder of this account group" in answer.content.decode()
    audience.refresh_from_db()
    assert audience.name != "Renamed"


def test_a_folder_has_a_name_of_its_own(cast: SimpleNamespace) -> None:
    address = reverse("admin:prospecting_folder_add")
    wanted = {"group": cast.acme.pk, "name": "Leads"}
    assert cast.operator.post(address, wanted).status_code == 302
    assert cast.operator.post(address, wanted).context["adminform"].form.errors["name"]
    folder = Folder.objects.get()
    assert cast.operator.post(rows.page_of("prospecting_folder", folder), {"name": "Others"}).status_code == 302
    assert cast.auditor.post(rows.page_of("prospecting_folder", folder), {"name": "Mine"}).status_code == 403
    folder.refresh_from_db()
    assert folder.name == "Others"
    audited("folder.renamed")


class TestProviders:
    ADD = "admin:prospecting_provider_add"

    def wanted(self, cast: SimpleNamespace, **fields: Any) -> dict[str, Any]:
        return {
            "group": cast.acme.pk, "name": "people", "base_url": "https://people.example/v1",
            "new_token": "planted-token", "seconds": 10, "capabilities": ["lookup"], "active": "on", **fields,
        }  # fmt: skip

    def test_a_token_is_sealed_and_never_shown(self, cast: SimpleNamespace) -> None:
        assert cast.operator.post(reverse(self.ADD), self.wanted(cast)).status_code == 302
        provider = Provider.objects.get()
        assert (provider.token.reveal(), provider.capabilities) == ("planted-token", ["lookup"])
        page = rows.page_of("prospecting_provider", provider)
        assert "planted" not in cast.operator.get(page).content.decode()
        assert "planted" not in str(vars(audited("provider.added")))

    def test_the_stored_token_stays_unless_another_is_given(self, cast: SimpleNamespace) -> None:
        cast.operator.post(reverse(self.ADD), self.wanted(cast))
        provider = Provider.objects.get()
        page = rows.page_of("prospecting_provider", provider)
        changed = self.wanted(cast, new_token="", seconds=20, name="another")
        assert cast.operator.post(page, changed).status_code == 302
        provider.refresh_from_db()
        assert (provider.seconds, provider.name, provider.token.reveal()) == (20, "people", "planted-token")
        assert audited("provider.changed").after == {"seconds": 20}

    def test_a_stored_token_is_not_sent_to_a_new_address(self, cast: SimpleNamespace) -> None:
        cast.operator.post(reverse(self.ADD), self.wanted(cast))
        page = rows.page_of("prospecting_provider", Provider.objects.get())
        moved = self.wanted(cast, new_token="", base_url="https://elsewhere.example/v1")
        assert cast.operator.post(page, moved).context["adminform"].form.errors["new_token"]

    def test_faults_are_told_at_the_field(self, cast: SimpleNamespace) -> None:
        for field, value in (
            ("base_url", "http://127.0.0.1:9"), ("base_url", "file:///etc"), ("name", "import"), ("name", "Up"),
            ("new_token", ""), ("seconds", 0), ("capabilities", ["flying"]),
        ):  # fmt: skip
            answer = cast.operator.post(reverse(self.ADD), self.wanted(cast, **{field: value}))
            assert list(answer.context["adminform"].form.errors) == [field], value

    def test_a_group_has_one_active_provider(self, cast: SimpleNamespace) -> None:
        cast.operator.post(reverse(self.ADD), self.wanted(cast))
        answer = cast.operator.post(reverse(self.ADD), self.wanted(cast, name="second"))
        assert list(answer.context["adminform"].form.errors) == ["active"]

    def test_a_connection_that_fails_is_told(self, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)
        provider = rows.provider(cast.acme)
        answer = cast.operator.post(deed(provider, "test_connection"), GO, follow=True)
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_the_page_of_a_job_tells_what_became_of_its_inputs(cast: SimpleNamespace) -> None:
    job = rows.job(cast.acme)
    type(job).objects.filter(pk=job.pk).update(
        import_total=10, import_done=4, import_failed=1, import_skipped=2, credits_reserved=10, credits_spent=4
    )
    answer = cast.auditor.get(rows.page_of("prospecting_prospectingjob", job))
    for shown in ("New <b>4</b>", "Failed <b>1</b>", "Still to come <b>3</b>"):
        assert shown in answer.context["bar"]
    content = answer.content.decode()
    assert content.index("Enrichment") < content.index("Credits reserved")
