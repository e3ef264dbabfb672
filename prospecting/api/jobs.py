"""Prospecting jobs over REST: start, follow, list, cancel."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import idempotency
from accounts.api import PartnerRequest, PartnerView
from accounts.errors import InsufficientCredits
from accounts.requester import Requester
from jobs.enums import Status
from jobs.errors import NotCancellable
from jobs.following import RETRY_AFTER, look, start_once
from prospecting.actions import jobs as actions
from prospecting.actions.job_sources import ask_provider
from prospecting.api import job_answers as answers
from prospecting.api.job_documents import document, item, started
from prospecting.api.job_requests import ProspectingStartRequest
from prospecting.errors import JobNotFound
from prospecting.models import ProspectingJob
from web.compiled import Compiled
from web.errors import Conflict, Unprocessable, UpstreamError, ValidationFailed
from web.pagination import paginate
from web.query import word_of
from web.serializers import page_of

OPERATION = "prospecting.start"


class Jobs(PartnerView):
    """GET and POST /v1/accounts/{accountGroupId}/prospecting"""

    permissions: ClassVar = {"GET": "prospecting:read", "POST": "prospecting:write"}
    query: ClassVar = {"GET": ("cursor", "limit", "status")}
    words: ClassVar = {"status": Status.values}
    refuses: ClassVar = {"POST": (InsufficientCredits, Conflict, UpstreamError)}
    starts: ClassVar = ("POST",)

    @extend_schema(responses=page_of(answers.ProspectingJobItem))
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        jobs = ProspectingJob.objects.for_group(request.group)
        if (status := word_of(request, "status", Status.values)) is not None:
            jobs = jobs.filter(status=status)
        page = paginate(request, jobs)
        return Response(page.v1(map(item, page.items)))

    @extend_schema(
        request=ProspectingStartRequest,
        responses={200: answers.ProspectingJobStarted, 202: answers.ProspectingJobStarted},
    )
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        """Bring people into an audience. Credits for all of them are reserved, and what was not used is given back."""
        body = ProspectingStartRequest.read(request.data)
        by = Requester.partner(request)
        if not idempotency.is_used(group=request.group, operation=OPERATION, key=idempotency.key_of(request)):
            # Over the network, so before the transaction; a replay asks nobody.
            ask_provider(group=request.group, by=by, source=body["source"], params=body["params"])
        job_id, headers = start_once(
            request, OPERATION, body, lambda: actions.start_job(group=request.group, by=by, **body)
        )
        job = find_job(request, job_id)
        headers["Location"] = f"/v1/accounts/{request.group.pk}/prospecting/{job.pk}"
        if job.is_final:
            return Response(started(job), headers=headers)
        return Response(started(job), status=202, headers={**headers, "Retry-After": RETRY_AFTER})


class JobDetail(PartnerView):
    """GET /v1/accounts/{accountGroupId}/prospecting/{jobId}"""

    missing: ClassVar = JobNotFound
    permissions: ClassVar = {"GET": "prospecting:read"}

    @extend_schema(responses={200: answers.ProspectingJobStatus, 304: None})
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        """How far it is. `Prefer: wait=N` holds the request until the status moves."""
        job_id = path["jobId"]
        return look(request, job_id, lambda: find_job(request, job_id), document, versions=_VERSIONS)


class Cancel(PartnerView):
    """POST /v1/accounts/{accountGroupId}/prospecting/{jobId}/cancel"""

    missing: ClassVar = JobNotFound
    permissions: ClassVar = {"POST": "prospecting:write"}
    refuses: ClassVar = {"POST": (Unprocessable, UpstreamError)}

    @extend_schema(request=None, responses=answers.ProspectingJobCancel)
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        """What was imported stays, and is paid for; the rest of the reservation is given back."""
        job = find_job(request, path["jobId"])
        try:
            actions.cancel_job(job=job, by=Requester.partner(request))
        except NotCancellable as fault:
            raise NotCancellable(fault.message, code=ValidationFailed.code) from fault
        return Response({"jobId": job.pk, "status": Status.CANCELLED})


def find_job(request: PartnerRequest, job_id: str) -> ProspectingJob:
    if (job := _JOBS.first(group=request.group.pk, pk=job_id)) is None:
        raise JobNotFound
    return job


def _of_group(group: Any, pk: Any) -> Any:
    return ProspectingJob.objects.for_group(group).filter(pk=pk).order_by()


_JOBS = Compiled[ProspectingJob](_of_group)
_VERSIONS = Compiled[int](lambda **of: _of_group(**of).values_list("version", flat=True))
