"""The rows of an import that failed, over REST: as a list, or as a file to correct and send again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from prospecting.api import job_answers as answers
from prospecting.api.jobs import find_job
from prospecting.errors import JobNotFound
from prospecting.failed_rows import csv_chunks
from prospecting.models import ProspectingJob, RowError
from web.envelope import EnvelopeRenderer
from web.pagination import Page, limit_of, position_of, sealed
from web.serializers import page_of


class Csv(BaseRenderer):
    """Chosen by `Accept: text/csv`; what it stands for is streamed."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *args: Any) -> bytes:
        raise NotImplementedError


class JobErrors(PartnerView):
    """GET /v1/accounts/{accountGroupId}/prospecting/{jobId}/errors"""

    missing: ClassVar = JobNotFound
    permissions: ClassVar = {"GET": "prospecting:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}
    renderer_classes = (EnvelopeRenderer, Csv)

    @extend_schema(
        responses={
            (200, "application/json"): page_of(answers.RowFault),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY),
        }
    )
    def get(self, request: PartnerRequest, **path: Any) -> HttpResponseBase:
        """In the order of the lines. With `Accept: text/csv` all of them as a file of the columns that were sent, with
        line and reason: corrected and sent again, it imports just these rows, and nobody twice."""
        job = find_job(request, path["jobId"])
        if isinstance(request.accepted_renderer, Csv):
            return _file(job)
        page = _page(request, job)
        return Response(page.v1(map(_item, page.items)))


def _page(request: PartnerRequest, job: ProspectingJob) -> Page[RowError]:
    limit = limit_of(request)
    errors = RowError.objects.for_group(request.group).filter(job=job).order_by("line", "field")
    if position := position_of(request):
        line, field = position
        errors = errors.filter(line__gte=line).exclude(line=line, field__lte=field)
    rows = list(errors[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], sealed(request, [last.line, last.field]))


def _item(error: RowError) -> dict[str, Any]:
    return {
        "line": error.line,
        "field": error.field,
        "reason": error.reason,
        "imported": not error.lost,
        "row": error.raw,
    }


def _file(job: ProspectingJob) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(csv_chunks(job), content_type="text/csv; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"failed-rows-{job.pk}.csv")
    answer["Content-Disposition"] = name or ""
    return answer
