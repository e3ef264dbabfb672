"""A job that was just asked for: wait for it as the client prefers, then answer 200 with its end, or 202."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from rest_framework.response import Response

from accounts import idempotency
from accounts.api import PartnerRequest
from jobs import waiting
from jobs.models import Job
from web.conditional import Prefer

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
) -> tuple[uuid.UUID, dict[str, str]]:
    """(the id of the job that `start` gives, {}); of the one it gave before, and a replay's headers, for a key used
    again. All in one transaction, so that a refused start does not use the key up.
    """
    with transaction.atomic():
        claim = idempotency.claim(
            group=request.group, operation=operation, key=idempotency.key_of(request),
            fingerprint=idempotency.fingerprint(body),
        )  # fmt: skip
        if claim.replays:
            return uuid.UUID(claim.resource_id), dict(claim.headers)
        job = start()
        claim.remember(job.pk)
    return job.pk, {}


def wait(job_id: object, find: Callable[[], J], seconds: float, done: Callable[[J], bool]) -> tuple[J, bool]:
    """(the job as `find` read it last, whether we waited for it)."""
    return waiting.wait(str(job_id), seconds, find, done) if seconds else (find(), False)
