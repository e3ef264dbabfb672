"""Starting, cancelling and settling prospecting jobs: the same for partners, staff and commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import credits
from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.enums import Status
from prospecting.actions.audiences import create_audience
from prospecting.actions.job_sources import Wanted, ask_provider, wanted_of
from prospecting.checkpoint import Checkpoint
from prospecting.enums import JobSource
from prospecting.errors import AudienceNotReady
from prospecting.models import Audience, ProspectingJob
from web.errors import ValidationFailed

KIND = "prospecting_job"


def start_job(
    *, group: AccountGroup, by: Requester, source: JobSource, params: Mapping[str, Any], audience_name: str = "",
    audience_id: str = "", max_results: int | None = None, search_emails: bool = False,
) -> ProspectingJob:  # fmt: skip
    """Queue a job that fills an audience: a new one of that name, or the one with that id.

    `params` by source: urls | file_id, mapping | records | search_url | saved_search_id or lead_list_id | post_url.
    To be called inside a transaction; published when it commits. Raises ValidationFailed naming the field,
    AudienceNotReady, NoProvider and InsufficientCredits.
    """
    audience = _audience(group, by, audience_name, audience_id)
    wanted = wanted_of(group=group, test=by.in_sandbox, source=source, params=params, max_results=max_results)
    job = ProspectingJob(
        group=group, source=source, params=wanted.params, audience=audience, max_results=wanted.max_results,
        search_emails=search_emails, test=by.in_sandbox, import_total=wanted.total,
        checkpoint=Checkpoint(import_total=wanted.total).kept(), credits_reserved=price(wanted, search_emails),
        trace_id=by.trace_id, requested_by_key=by.key, requested_by_user=by.user,
    )  # fmt: skip
    credits.reserve(group, job.credits_reserved, KIND, job.pk)
    lifecycle.start(job, actor=by.name)
    about = {"source": str(source), "audience": audience.name, "credits_reserved": job.credits_reserved}
    by.audit("prospecting_job.started", job, after=about)
    return job


def repeat_job(*, job: ProspectingJob, by: Requester) -> ProspectingJob:
    """A new job from the same source into the same audience. Whom the first one brought is known, and costs nothing.

    Whoever was erased meanwhile has left an empty place among what was sent. Asks the provider over the network, so
    not to be called inside a transaction. Raises what ask_provider and start_job do.
    """
    params = {
        name: [each for each in sent if each] if isinstance(sent, list) else sent for name, sent in job.params.items()
    }
    source = JobSource(job.source)
    ask_provider(group=job.group, by=by, source=source, params=params)
    with transaction.atomic():
        return start_job(
            group=job.group, by=by, source=source, params=params, audience_id=job.audience_id,
            max_results=job.max_results or job.import_total, search_emails=job.search_emails,
        )  # fmt: skip


def cancel_job(*, job: ProspectingJob, by: Requester) -> None:
    """What was imported stays, and is paid for. NotCancellable unless queued or running."""
    with transaction.atomic():
        lifecycle.cancel(kinds.get(KIND), job.pk, actor=by.name)
        by.audit("prospecting_job.cancelled", job)


def fell(job_id: str, to: Status, message: str) -> None:
    """In the transaction in which a job fails or is cancelled, whoever ends it: settle what it has done."""
    job = ProspectingJob.objects.select_related("group").get(pk=job_id)
    columns = job.columns_at(Checkpoint.read(job.checkpoint))
    ProspectingJob.objects.filter(pk=job_id).update(**columns)
    credits.settle(job.group, KIND, job_id, columns["credits_spent"])


def price(wanted: Wanted, search_emails: bool) -> int:
    """The most credits a job may spend: one a prospect, one more where e-mail addresses are searched."""
    return wanted.most * (2 if search_emails else 1)


def _audience(group: AccountGroup, by: Requester, name: str, audience_id: str) -> Audience:
    """The audience to fill, locked against its deletion until the row of the job stands."""
    if bool(name) == bool(audience_id):
        raise ValidationFailed.at("audienceName", "give exactly one of audienceName and audienceId")
    if name:
        return create_audience(group=group, by=by, name=name)
    found: Audience | None = Audience.objects.for_group(group).select_for_update().filter(pk=audience_id).first()
    if found is None:
        raise ValidationFailed.at("audienceId", "names no audience of this account group")
    if not Audience.objects.ready().filter(pk=found.pk).exists():
        raise AudienceNotReady
    return found
