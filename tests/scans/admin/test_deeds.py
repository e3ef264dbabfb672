"""What staff do with signal scans: each deed, what it leaves, and that it is audited."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from jobs.enums import Status
from scans.enums import Verdict
from scans.models import Finding, Monitor, SignalScan, SignalSpecification
from tests.scans import factories

GO = {"confirmed": "1"}
START, MONITOR = ("admin:scans_signalscan_add", "admin:scans_monitor_add")


def deed(row: Any, name: str) -> str:
    return reverse(f"admin:scans_{row._meta.model_name}_deed", args=[row.pk, name])


def page_of(row: Any) -> str:
    return reverse(f"admin:scans_{row._meta.model_name}_change", args=[row.pk])


def test_a_scan_of_an_audience_is_started(cast: SimpleNamespace, sent: list[str]) -> None:
    audience = factories.audience(cast.acme, factories.prospect(cast.acme))
    wanted = {"audience": audience.pk, "specification": factories.specification(cast.acme).pk}
    assert cast.operator.get(reverse(START), {"audience": audience.pk}).status_code == 200
    answer = cast.operator.post(reverse(START), wanted)
    scan = SignalScan.objects.get()
    assert answer.url == page_of(scan)
    assert (scan.status, scan.requested_by_user.username) == (Status.QUEUED, "operator")
    assert AuditEntry.objects.get(action="signal_scan.started").actor == "user:operator"
    assert cast.auditor.post(reverse(START), wanted).status_code == 403


def test_nothing_of_another_group_is_offered_to_scan(cast: SimpleNamespace) -> None:
    foreign = factories.audience(cast.neighbour, name="Foreign")
    assert "Foreign" not in cast.operator.get(reverse(START)).content.decode()
    wanted = {"audience": foreign.pk, "specification": factories.specification(cast.neighbour).pk}
    assert set(cast.operator.post(reverse(START), wanted).context["form"].errors) == {"audience", "specification"}
    mixed = {**wanted, "specification": factories.specification(cast.acme).pk}
    assert set(cast.superuser.post(reverse(START), mixed).context["form"].errors) == {"specification"}
    assert not SignalScan.objects.exists()


def test_an_audience_that_is_being_filled_is_not_scanned(cast: SimpleNamespace) -> None:
    audience = factories.audience(cast.acme)
    factories.filling(audience)
    wanted = {"audience": audience.pk, "specification": factories.specification(cast.acme).pk}
    assert "still filling" in cast.operator.post(reverse(START), wanted).content.decode()


def test_a_scan_is_cancelled_and_stays_when_its_audience_is_deleted(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    cast.operator.post(deed(scan, "cancel"), GO)
    scan.refresh_from_db()
    assert scan.status == Status.CANCELLED
    assert AuditEntry.objects.get(action="signal_scan.cancelled").actor == "user:operator"
    scan.audience.delete()
    scan.specification.delete()
    for address in (reverse("admin:scans_signalscan_changelist"), page_of(scan)):
        assert f"deleted ({scan.audience_id})" in cast.operator.get(address).content.decode()


def test_a_scan_without_results_is_run_again(cast: SimpleNamespace) -> None:
    people = [factories.prospect(cast.acme) for _ in range(3)]
    audience = factories.audience(cast.acme, *people)
    scan = factories.scan(cast.acme, audience=audience, prospect_ids=[people[0].pk, people[1].pk])
    assert "Run again" not in dict(cast.operator.get(page_of(scan)).context["tools"])
    cast.operator.post(deed(scan, "cancel"), GO)
    assert dict(cast.operator.get(page_of(scan)).context["tools"])["Run again"] == deed(scan, "run_again")
    audience.memberships.filter(prospect=people[0]).delete()
    SignalSpecification.objects.update(items=[{**factories.NEWS, "keywords": ["hiring"]}])
    assert cast.auditor.post(deed(scan, "run_again"), GO).status_code == 403
    answer = cast.operator.post(deed(scan, "run_again"), GO)
    new = SignalScan.objects.exclude(pk=scan.pk).get()
    assert answer.url == page_of(new)
    assert (new.status, new.audience_id, new.prospect_ids) == ("queued", audience.pk, [people[1].pk])
    assert new.items[0]["keywords"] == ["hiring"]
    assert new.requested_by_user.username == "operator"


def test_a_scan_that_cannot_be_run_again_says_why(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme, prospects=[person := factories.prospect(cast.acme)], prospect_ids=[person.pk])
    cast.operator.post(deed(scan, "cancel"), GO)
    scan.audience.memberships.all().delete()
    assert "in its audience any more" in cast.operator.post(deed(scan, "run_again"), GO, follow=True).content.decode()
    whole = factories.scan(cast.acme)
    cast.operator.post(deed(whole, "cancel"), GO)
    whole.specification.delete()
    said = cast.operator.post(deed(whole, "run_again"), GO, follow=True).content.decode()
    assert "names no signal specification" in said
    assert SignalScan.objects.count() == 2


def test_scans_are_cancelled_in_bulk(cast: SimpleNamespace) -> None:
    scans = [factories.scan(cast.acme), factories.scan(cast.neighbour)]
    ids = ",".join(scan.pk for scan in scans)
    form = {"action": "cancel_selected", "ids": ids, "select_across": "1", "_selected_action": ids[:24], **GO}
    cast.operator.post(reverse("admin:scans_signalscan_changelist"), form)
    assert [SignalScan.objects.get(pk=scan.pk).status for scan in scans] == ["cancelled", "queued"]


def test_a_page_says_what_became_of_everything_that_matched(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    SignalScan.objects.filter(pk=scan.pk).update(kept=3, duplicate=1, below_score=4, stale=1, excluded=5)
    found = cast.operator.get(page_of(scan)).context["tables"][0]
    counts = [int(line[1]) for line in found.rows]
    assert (sum(counts[:-1]), counts[-1]) == (14, 14)


@pytest.mark.parametrize(
    ("verdict", "why"),
    [(Verdict.BELOW_SCORE, "It scores 20; item 1 wants at least 50."), (Verdict.STALE, "item 1 wants at most 30 days."),
     (Verdict.EXCLUDED, "Item 1 excludes: obituary."), (Verdict.DUPLICATE, "tells of the same event"),
     (Verdict.KEPT, "no filter is against it")],
)  # fmt: skip
def test_a_finding_tells_which_filter_decided(cast: SimpleNamespace, verdict: Verdict, why: str) -> None:
    item = {**factories.NEWS, "excludeKeywords": ["obituary"], "minScore": 50, "maxAgeDays": 30}
    scan = factories.scan(cast.acme, specification=factories.specification(cast.acme, item))
    sources = ["https://a.example/news", "javascript:alert(1)"]
    made = factories.finding(scan, factories.company(cast.acme), verdict=verdict, score=20, sources=sources)
    content = cast.operator.get(page_of(made)).content.decode()
    assert why in content
    assert 'href="https://a.example/news"' in content
    assert 'href="javascript' not in content


@pytest.mark.parametrize("filters", ["company__id__exact", "prospect__id__exact", "scan__id__exact"])
def test_findings_narrowed_by_what_other_pages_link_show_no_foreign_ones(cast: SimpleNamespace, filters: str) -> None:
    company = factories.company(cast.neighbour)
    made = factories.finding(factories.scan(cast.neighbour), company)
    value = {"company__id__exact": company.pk, "scan__id__exact": made.scan_id}.get(filters, "0" * 24)
    answer = cast.operator.get(reverse("admin:scans_finding_changelist"), {filters: value})
    assert answer.context["cl"].result_count == 0


class TestSpecifications:
    ADD = "admin:scans_signalspecification_add"

    def wanted(self, cast: SimpleNamespace, *items: Any, **fields: Any) -> dict[str, Any]:
        return {"group": cast.acme.pk, "name": "Growth", "items": json.dumps(items or [factories.NEWS]), **fields}

    def test_one_is_made_changed_and_deleted(self, cast: SimpleNamespace) -> None:
        assert cast.operator.post(reverse(self.ADD), self.wanted(cast)).status_code == 302
        made = SignalSpecification.objects.get()
        assert made.items == [factories.NEWS]
        item = {"source": "post", "keywords": [{"term": "hiring", "weight": 2}]}
        assert cast.operator.post(page_of(made), self.wanted(cast, item)).status_code == 302
        assert cast.auditor.post(page_of(made), self.wanted(cast)).status_code == 403
        made.refresh_from_db()
        assert made.items == [{**item, "excludeKeywords": []}]
        assert AuditEntry.objects.get(action="signal_specification.changed").actor == "user:operator"
        cast.operator.post(deed(made, "delete"), GO)
        assert not SignalSpecification.objects.exists()

    def test_faults_of_keywords_are_told_at_the_field(self, cast: SimpleNamespace) -> None:
        items = ({**factories.NEWS, "keywords": ["(funding"]}, {"source": "rumour", "keywords": []})
        errors = cast.operator.post(reverse(self.ADD), self.wanted(cast, *items)).context["adminform"].form.errors
        assert [fault.split(":")[0] for fault in errors["items"]] == ["items[0].keywords[0]", "items[1].source"]

    def test_what_is_no_list_of_items_is_refused(self, cast: SimpleNamespace) -> None:
        odd = '[{"source": "post", "keywords": ["a\\ud800b"]}]'
        for text in ("", "[", "{}", "[]", "null", "[null]", '"x"', odd, odd.replace("ud800", "u0000")):
            answer = cast.operator.post(reverse(self.ADD), {**self.wanted(cast), "items": text})
            assert list(answer.context["adminform"].form.errors) == ["items"], text

    def test_one_that_a_monitor_uses_stays(self, cast: SimpleNamespace) -> None:
        monitor = factories.monitor(cast.acme)
        answer = cast.operator.post(deed(monitor.specification, "delete"), GO, follow=True)
        assert "a monitor, uses this specification" in answer.content.decode()


def test_a_monitor_is_made_paused_moved_and_deleted(cast: SimpleNamespace) -> None:
    audience, specification = factories.audience(cast.acme), factories.specification(cast.acme)
    wanted = {"audience": audience.pk, "specification": specification.pk, "time_zone": "Europe/Vienna"}
    for cron in ("", "61 * * * *", "x"):
        assert cast.operator.post(reverse(MONITOR), {**wanted, "cron": cron}).context["form"].errors["cron"]
    assert cast.operator.post(reverse(MONITOR), {**wanted, "cron": "30 7 * * 1-5"}).status_code == 302
    monitor = Monitor.objects.get()
    assert "Every weekday at 07:30, Europe/Vienna" in cast.auditor.get(page_of(monitor)).content.decode()
    cast.operator.post(deed(monitor, "pause"), GO)
    times = {**GO, "cron": "0 6 * * *", "time_zone": "Nowhere/Never"}
    assert cast.operator.post(deed(monitor, "change_times"), times).context["form"].errors["time_zone"]
    cast.operator.post(deed(monitor, "change_times"), {**times, "time_zone": "UTC"})
    monitor.refresh_from_db()
    assert (monitor.is_active, monitor.cron, monitor.next_run_at) == (False, "0 6 * * *", None)
    cast.operator.post(deed(monitor, "resume"), GO)
    monitor.refresh_from_db()
    assert monitor.next_run_at is not None
    assert AuditEntry.objects.filter(action="monitor.changed", actor="user:operator").count() == 3
    cast.operator.post(deed(monitor, "delete"), GO)
    assert not Monitor.objects.exists()


def test_a_list_of_findings_leaves_long_texts_alone(cast: SimpleNamespace) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factories.finding(factories.scan(cast.acme), factories.company(cast.acme))
    with CaptureQueriesContext(connection) as captured:
        cast.operator.get(reverse("admin:scans_finding_changelist"))
    asked = " ".join(query["sql"] for query in captured.captured_queries)
    for column in ("reasoning", "summary", "provenance", "items"):
        assert f'."{column}"' not in asked
    assert Finding.objects.count() == 1
