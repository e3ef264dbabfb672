"""Following a job over HTTP: wait for one just asked for as the client prefers; show one that changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from rest_framework.response import Response

from accounts import idempotency
from accounts.api import PartnerRequest
from jobs import waiting
from jobs.models import Job
from web.compiled import Compiled
from web.conditional import Prefer, etag, not_modified

J = TypeVar("J", bound=Job)
RETRY_AFTER = "1"  # second, on 202


def follow(
    request: PartnerRequest, job_id: object, find: Callable[[], J], document: Callable[[J], dict[str, Any]],
    *, location: str, headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """Without a `Prefer` header the request waits up to SCAN_RUN_WAIT seconds for the job that `find` reads.

    `document` shapes the body, of a job that is over (200) and of one that goes on (202, with `location`).
    """
    prefer = Prefer.of(request)
    # Both together mean: wait so long, then answer 202 (RFC 7240, section 4.3).
    wished = 0 if prefer.respond_async and prefer.wait is None else prefer.wait
    seconds = settings.SCAN_RUN_WAIT if wished is None else wished
    job, waited = wait(job_id, find, seconds, lambda now: now.is_final)
    shown = dict(headers or {})
    if waited and prefer.wait:
        shown |= prefer.applied()
    elif prefer.respond_async:
        shown |= {"Preference-Applied": "respond-async"}
    if job.is_final:
        return Response(document(job), headers=shown)
    return Response(document(job), status=202, headers={**shown, "Location": location, "Retry-After": RETRY_AFTER})


def start_once(
    request: PartnerRequest, operation: str, body: dict[str, Any], start: Callable[[], Job]
) -> tuple[Any, dict[str, str]]:
    """(the id of the job that `start` gives, {}); of the one it gave before, and a replay's headers, for a key used
    again. All in one transaction, so that a refused start does not use the key up.
    """
    with transaction.atomic():
        claim = idempotency.claim(
            group=request.group, operation=operation, key=idempotency.key_of(request),
            fingerprint=idempotency.fingerprint(body),
        )  # fmt: skip
        if claim.replays:
            return claim.resource_id, dict(claim.headers)
        job = start()
        claim.remember(job.pk)
    return job.pk, {}


def look(
    request: PartnerRequest, job_id: object, find: Callable[[], J], document: Callable[[J], dict[str, Any]],
    *, versions: Compiled[int],
) -> Response:  # fmt: skip
    """The job that `find` reads as `document` shapes it; 304 where the client has this version already.

    `versions` asks for the version of the job `pk` of a `group`, which is all that most of those who come again need.
    `Prefer: wait=N` holds the request until the status moves; with If-None-Match until the version does.
    """
    prefer, named = Prefer.of(request), request.headers.get("If-None-Match")
    if named and not prefer.wait:
        version = versions.first(group=request.group.pk, pk=job_id)
        if version is not None and not_modified(request, tag := etag(request, job_id, version)):
            return Response(status=304, headers={"ETag": tag})
    headers: dict[str, str] = {}
    job = find()
    if prefer.wait and not job.is_final:
        seen = job

        def moved(now: J) -> bool:
            return not not_modified(request, _tag(request, now)) if named else now.status != seen.status

        job, waited = wait(job_id, find, prefer.wait, moved)
        headers = prefer.applied() if waited else {}
    headers["ETag"] = _tag(request, job)
    if not_modified(request, headers["ETag"]):
        return Response(status=304, headers=headers)
    return Response(document(job), headers=headers)


def _tag(request: PartnerRequest, job: Job) -> str:
    return etag(request, job.pk, job.version)


def wait(job_id: object, find: Callable[[], J], seconds: float, done: Callable[[J], bool]) -> tuple[J, bool]:
    """(the job as `find` read it last, whether we waited for it)."""
    return waiting.wait(str(job_id), seconds, find, done) if seconds else (find(), False)
