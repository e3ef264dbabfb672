"""Staff pages of prospecting jobs: how far each stage is, what became of the inputs, what it cost."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from accounts.charts import Part, parts
from accounts.models import CreditEntry
from accounts.shown import Table
from accounts.staff import VisibleFilter, list_url
from jobs.admin import JobPages, cancelling, progress_bar, running_again, status_badge
from jobs.enums import WITHOUT_RESULTS
from prospecting.actions.jobs import cancel_job, repeat_job
from prospecting.admin.roles import LookedAt
from prospecting.admin.shown import audience_link, with_audience
from prospecting.admin.wizard import import_again, import_tools
from prospecting.failed_rows import csv_chunks
from prospecting.models import LeadFile, ProspectingJob, RowError
from prospecting.stages import Stage

_SHOWN = 50  # failed rows on the page of a job


@admin.register(ProspectingJob)
class ProspectingJobAdmin(JobPages, LookedAt):
    nothing_here = "No prospecting job here. Import leads to start one; partners POST /v1/accounts/.../prospecting."
    change_form_template = "admin/prospecting/prospectingjob/page.html"
    list_display = ("job", "state", "done", "brought", "audience_shown", "asked", "group")
    list_filter = ("status", "source", ("audience", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("trace_id__exact",)
    search_help_text = "Id, or the trace id of the request that asked for it"
    ordering = ("-created_at", "-pk")
    actions = ("cancel_selected",)
    deeds = ("cancel", "run_again")
    fieldsets = (
        (None, {"fields": ("state", "done", "error_code", "error_message", "source", "audience_shown", "wanted",
                           "search_emails", "group", "requested_by")}),
        ("Credits", {"fields": ("credits_reserved", "credits_spent", "ledger")}),
        ("Run", {"classes": ("collapse",), "fields": ("created_at", "started_at", "completed_at", "attempts", "worker",
                                                      "test", "trace_id", "id")}),
    )  # fmt: skip
    readonly_fields = ("state", "done", "audience_shown", "wanted", "ledger", "requested_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_audience(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_failed_rows"
        page = self.admin_site.admin_view(self.failed_rows)
        return [path("<path:object_id>/failed-rows.csv", page, name=name), *super().get_urls()]

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "requested_by_key", "requested_by_user").defer(
            "params", "checkpoint", "traceback", "error_message"
        )

    def list_tools(self, request: HttpRequest) -> list[tuple[str, str]]:
        return import_tools(request)

    def heading(self, row: Any) -> str:
        file = LeadFile.objects.filter(pk=row.params.get("file_id") or "").values_list("name", flat=True).first()
        return f"{file or row.get_source_display()}, into {row.audience_name or 'a deleted audience'}"

    def sections(self, request: HttpRequest, row: ProspectingJob) -> dict[str, Any]:
        return {
            **super().sections(request, row), "tables": [self._failed(request, row)], "stages": [_stages(row)],
            "bar": _chart(row),
        }  # fmt: skip

    def tools(self, request: HttpRequest, row: ProspectingJob) -> list[tuple[str, str]]:
        again = import_again(request, row) if self.acts_on(request, row) else []
        return [*again, *super().tools(request, row)]

    def failed_rows(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """The rows that failed, as partners download them: corrected and sent again, they import just these."""
        if not request.user.has_perm("prospecting.view_rowerror"):
            raise PermissionDenied
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        answer = StreamingHttpResponse(csv_chunks(job), content_type="text/csv; charset=utf-8")
        name = content_disposition_header(as_attachment=True, filename=f"failed-rows-{job.pk}.csv")
        answer["Content-Disposition"] = name or ""
        return answer

    cancel, cancel_selected = cancelling(
        lambda job, by: cancel_job(job=job, by=by), permission="prospecting.change_prospectingjob",
        warning="The job stops at once. Whom it imported so far stays, and is paid for; the other credits come back.",
        of_several=", and whom they imported stays",
    )  # fmt: skip
    run_again = running_again(
        lambda job, by: repeat_job(job=job, by=by), permission="prospecting.add_prospectingjob", one="job",
        warning="A new job from the same source into the same audience. Whom this one imported is known, and costs"
                " nothing; credits for the rest are reserved.",
        possible=lambda job: job.status in WITHOUT_RESULTS,
    )  # fmt: skip

    @admin.display(description="job", ordering="source")
    def job(self, job: ProspectingJob) -> str:
        return f"{job.get_source_display()} {job.pk[-6:]}"

    @admin.display(description="people")
    def brought(self, job: ProspectingJob) -> SafeString:
        about = f"{job.import_failed:,} failed, {job.import_skipped:,} skipped"
        return format_html('{} new<br><span class="quiet">{}</span>', f"{job.import_done:,}", about)

    @admin.display(description="asked for", ordering="created_at")
    def asked(self, job: ProspectingJob) -> SafeString:
        return format_html('{} ago<br><span class="quiet">{}</span>', self.age(job), self.requested_by(job))

    @admin.display(description="audience")
    def audience_shown(self, job: ProspectingJob) -> object:
        return audience_link(job)

    @admin.display(description="asked for")
    def wanted(self, job: ProspectingJob) -> str:
        """The searches and files by name; of lists, how long they are."""
        shown = {name: f"{len(each):,}" if isinstance(each, list | dict) else each for name, each in job.params.items()}
        most = {"at most": f"{job.max_results:,}"} if job.max_results else {}
        return ", ".join(f"{name.replace('_', ' ')}: {each}" for name, each in {**shown, **most}.items()) or "-"

    @admin.display(description="in the ledger")
    def ledger(self, job: ProspectingJob) -> SafeString:
        url = list_url(CreditEntry, q=job.pk)
        return format_html('<a href="{}">entries of this job</a>', url)

    def _failed(self, request: HttpRequest, row: ProspectingJob) -> Table:
        errors = RowError.objects.filter(job=row).order_by("line", "field")[:_SHOWN]
        note: object = ""
        if errors:
            tools = import_tools(request, job=row.pk) if self.acts_on(request, row) else []
            again = format_html_join("", '. <a href="{1}">{0}</a>', tools)
            note = format_html(
                'The first {}. <a href="{}">All as CSV</a>: corrected and sent again, it imports just these rows{}',
                _SHOWN, self.url_of(row, "failed_rows"), again,
            )  # fmt: skip
        return Table(
            "Failed rows", ("Line", "Field", "Reason", "Row"),
            [(each.line, each.field or "whole row", each.reason, "not imported" if each.lost else "imported without it")
             for each in errors],
            "No row and no value failed.", frozenset({0}), note,
        )  # fmt: skip


def _stages(row: ProspectingJob) -> Table:
    """What became of every input: done, failed and skipped are all of the total once the stage is over."""
    stages = row.stages
    return Table(
        "Stages", ("Stage", "State", "Progress", "Total", "Done", "Failed", "Skipped"),
        [_stage("Import", stages.import_), _stage("Enrichment", stages.enrichment)], "", frozenset({3, 4, 5, 6}),
        f"Done: new people, or enriched ones; skipped: known already, suppressed or without consent. E-mail addresses"
        f" found: {row.emails_found:,}.",
    )  # fmt: skip


def _chart(row: ProspectingJob) -> object:
    """What became of the inputs so far, and how many are still to come."""
    counts = row.stages.import_.counts
    waiting = max((counts.total or 0) - counts.consumed, 0)
    every = [Part("New", counts.done, "good"), Part("Skipped", counts.skipped, "quiet"),
             Part("Failed", counts.failed, "bad"), Part("Still to come", waiting, "busy")]  # fmt: skip
    return parts(every, title=", ".join(f"{part.name}: {part.count:,}" for part in every))


def _stage(name: str, stage: Stage) -> tuple[object, ...]:
    counts = stage.counts
    total = "not known yet" if counts.total is None else f"{counts.total:,}"
    numbers = (total, f"{counts.done:,}", f"{counts.failed:,}", f"{counts.skipped:,}")
    return (name, status_badge(stage.status), progress_bar(stage), *numbers)
