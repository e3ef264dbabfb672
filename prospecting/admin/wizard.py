"""The import wizard: receive a file of leads, show what its columns are taken for and what would come of it, import it.

Nothing here imports by itself: it calls what POST /files and POST /prospecting call.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts import credits, idempotency
from accounts.charts import Part, parts
from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import faults_of, list_url, visible
from jobs.errors import JobFault
from prospecting.actions.jobs import start_job
from prospecting.actions.lead_files import receive_file
from prospecting.admin.import_forms import FileForm, ImportForm, audiences_of, name_at
from prospecting.admin.roles import LookedAt, StaffPages, acts_somewhere
from prospecting.enums import JobSource
from prospecting.importing.leads import Lead
from prospecting.importing.trying import Trial, first_leads, try_out
from prospecting.models import Audience, LeadFile, ProspectingJob
from prospecting.receiving import LeadFileHandler
from web.errors import PayloadTooLarge, Refused
from web.identifiers import is_object_id
from web.receiving import watch_end

OPERATION = "prospecting.wizard"
_SHOWN = 50  # faults of a trial
_SAMPLES = 3  # values of each column


def may_import(request: HttpRequest) -> bool:
    wanted = ("prospecting.add_leadfile", "prospecting.add_prospectingjob")
    return request.user.has_perms(wanted) and acts_somewhere(request)


def import_tools(request: HttpRequest, **about: str) -> list[tuple[str, str]]:
    """The button of the wizard, for those who may use it. `about`: the `audience` to fill, or the `job` whose failed
    rows come back."""
    url = reverse("admin:prospecting_leadfile_add", query=about or None)
    label = "Send the corrected rows" if "job" in about else "Import leads"
    return [(label, url)] if may_import(request) else []


def import_again(request: HttpRequest, job: ProspectingJob) -> list[tuple[str, str]]:
    """The button that takes the file of a job to the wizard's second step, while there is something to read."""
    if not (job.is_final and job.source == JobSource.FILE_UPLOAD and may_import(request)):
        return []
    file = visible(LeadFile, request).filter(pk=job.params.get("file_id")).exclude(content="").first()
    if file is None:
        return []
    url = reverse("admin:prospecting_leadfile_import", args=[file.pk], query={"job": job.pk})
    return [("Import the file again", url)]


class ImportsLeads(LookedAt):
    """The pages of the wizard, at those of lead files: adding a file is its first step."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.import_view)
        return [path("<path:object_id>/import/", page, name="prospecting_leadfile_import"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return StaffPages.has_add_permission(self, request) and may_import(request)

    def tools(self, request: HttpRequest, row: LeadFile) -> list[tuple[str, str]]:
        possible = row.content and may_import(request) and self.acts_on(request, row)
        return [*([("Import it", self.url_of(row, "import"))] if possible else []), *super().tools(request, row)]

    @method_decorator(csrf_exempt)  # the handler has to be set before the body is read; _add checks the token
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Receive a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        request.upload_handlers = [LeadFileHandler(request)]
        whole = watch_end(request)
        try:
            return self._add(request, whole=whole)
        except PayloadTooLarge as refusal:  # in the middle of the file: there is no form to show it at
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @method_decorator(csrf_protect)
    def _add(self, request: HttpRequest, *, whole: Callable[[], bool]) -> HttpResponse:
        groups = self.groups_to_act_in(request)
        known = {"group": self._group_meant(request)}
        form = FileForm(request.POST or None, request.FILES or None, groups=groups, initial=known)
        if request.method == "POST" and not whole():
            form.add_error("file", "The file was cut short on its way. Send it again.")
        elif request.method == "POST" and form.is_valid():
            sent, group = form.cleaned_data["file"], form.cleaned_data["group"]
            received = Path(sent.temporary_file_path())
            try:
                file, _ = receive_file(
                    group=group, by=Requester.staff(request, group), path=received, name=sent.name
                )  # fmt: skip
            except Refused as refusal:
                form.add_error("file", refusal.message)
            else:
                query = f"?{request.GET.urlencode()}" if request.GET else ""
                return HttpResponseRedirect(self.url_of(file, "import") + query)
        page: Any = self.form_page(request, "Import leads", form, back=list_url(LeadFile))
        page.context_data["submit"] = "Send the file"
        return page  # type: ignore[no-any-return]

    def _group_meant(self, request: HttpRequest) -> object:
        """Of the audience or job one comes from; else the only one there is."""
        for name, model in (("audience", Audience), ("job", ProspectingJob)):
            if meant := _meant(request, name):
                return visible(model, request).filter(pk=meant).values_list("group", flat=True).first()
        return self.only_group(request)

    def import_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the columns are taken for, what would come of the rows, and where the people go; then the job."""
        if not may_import(request):
            raise PermissionDenied
        file: LeadFile | None = self.get_object(request, unquote(object_id))
        if file is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.acts_on(request, file):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else _proposed(request, file)
        form = ImportForm(data, file=file)
        if form.is_valid() and "start" in data:
            try:
                job = _started(form, by=Requester.staff(request, file.group))
            except Refused as refusal:
                form.add_error(None, ValidationError(faults_of(refusal)))
            else:
                self.message_user(request, f"The import is queued; it fills {job.audience}.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:prospecting_prospectingjob_change", args=[job.pk]))
        return self._import_page(request, file, form)

    def _import_page(self, request: HttpRequest, file: LeadFile, form: ImportForm) -> HttpResponse:
        shown: dict[str, Any] = {
            "title": f"Import {file}", "opts": self.opts, "file": file, "form": form, "back": self.url_of(file),
            "another": reverse("admin:prospecting_leadfile_add", query=request.GET or None),
            "size": _rows(file.row_count), "price": _price(file), "media": self.media + form.media,
        }  # fmt: skip
        try:
            leads = first_leads(file, form.mapping)
            if form.mapping:
                trial = try_out(file, leads)
                whole = trial.rows == file.row_count
                tried = f"All {_rows(trial.rows)}" if whole else f"The first {trial.rows:,} of {_rows(file.row_count)}"
                shown |= {"trial": trial, "tried": f"{tried} were tried", "chart": _chart(trial),
                          "tables": [_faults(trial)]}  # fmt: skip
        except (JobFault, Refused) as fault:
            self.message_user(request, fault.message, messages.ERROR)
            return HttpResponseRedirect(self.url_of(file))
        shown["columns"] = [(header, _samples(leads, header), form[name]) for name, header in form.columns.items()]
        request.current_app = self.admin_site.name
        page = "admin/prospecting/leadfile/import.html"
        return TemplateResponse(request, page, {**self.admin_site.each_context(request), **shown})


def _meant(request: HttpRequest, name: str) -> str:
    """The id in the address one came by; empty when there is none."""
    text = request.GET.get(name, "")
    return text if is_object_id(text) else ""


def _proposed(request: HttpRequest, file: LeadFile) -> dict[str, Any]:
    """What is filled in at first: what the headers suggest, or what the job said whose rows come back."""
    jobs = visible(ProspectingJob, request).filter(pk=_meant(request, "job"), group=file.group)
    job: ProspectingJob | None = jobs.first()
    mapping = job.params.get("mapping", {}) if job else {}
    if mapping.keys().isdisjoint(file.headers):
        mapping = file.suggested_mapping
    audience = audiences_of(file).filter(pk=job.audience_id if job else _meant(request, "audience")).first()
    return {
        "audience": audience.pk if audience else "", "audience_name": Path(file.name).stem[:200],
        "search_emails": job.search_emails if job else False, "token": uuid.uuid4(),
        **{name_at(place): mapping.get(header, "") for place, header in enumerate(file.headers)},
    }  # fmt: skip


def _started(form: ImportForm, by: Requester) -> ProspectingJob:
    """The job, the same when the same page is sent again."""
    file, chosen = form.file, form.cleaned_data
    audience: Audience | None = chosen["audience"]
    wanted: dict[str, Any] = {
        "params": {"file_id": file.pk, "mapping": form.mapping}, "search_emails": chosen["search_emails"],
        "audience_id": audience.pk if audience else "", "audience_name": "" if audience else chosen["audience_name"],
    }  # fmt: skip
    fingerprint = idempotency.fingerprint(wanted)
    with transaction.atomic():
        claim = idempotency.claim(
            group=file.group, operation=OPERATION, key=f"{chosen['token']} {fingerprint}", fingerprint=fingerprint
        )
        if claim.replays:
            return ProspectingJob.objects.get(group=file.group, pk=claim.resource_id)
        job = start_job(group=file.group, by=by, source=JobSource.FILE_UPLOAD, **wanted)
        claim.remember(job.pk)
    return job


def _samples(leads: Sequence[Lead], header: str) -> list[str]:
    """The first values of a column, without empty ones."""
    return [value[:60] for lead in leads if (value := lead.raw.get(header, "").strip())][:_SAMPLES]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _price(file: LeadFile) -> str:
    available = credits.balance(file.group).available
    return (
        f"Reserves {file.row_count:,} credits, one a row, and twice as many where addresses are searched; {available:,}"
        " are available. Only new people and found addresses are paid for: the rest comes back."
    )


def _chart(trial: Trial) -> object:
    found = trial.outcome
    return parts(
        [Part("New", found.imported, "good"), Part("Known already", found.duplicates, "quiet"),
         Part("Not to be stored: suppressed, or without consent", found.suppressed, "warn"),
         Part("Cannot be taken", found.failed, "bad")],
        title=f"New: {found.imported:,}, known already: {found.duplicates:,}, not to be stored: {found.suppressed:,},"
        f" cannot be taken: {found.failed:,}",
    )  # fmt: skip


def _faults(trial: Trial) -> Table:
    count = len(trial.faults)
    return Table(
        "Rows and values that cannot be taken", ("Line", "Field", "Reason", "Row"),
        [(each.line, each.fault.field or "whole row", each.fault.reason,
          "would not be imported" if each.lost else "would be imported without it") for each in trial.faults[:_SHOWN]],
        "Every row and every value can be taken.", frozenset({0}),
        f"The first {_SHOWN} of {count:,}. After the import all of them are a file to correct and send again."
        if count > _SHOWN else "",
    )  # fmt: skip
