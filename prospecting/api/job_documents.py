"""The JSON of prospecting jobs: one plain function a document."""

from __future__ import annotations

from typing import Any

from prospecting.models import ProspectingJob
from prospecting.stages import Stage

TYPE = "prospecting"


def started(job: ProspectingJob) -> dict[str, Any]:
    return {"jobId": job.pk, "status": job.status, "createdAt": job.created_at}


def item(job: ProspectingJob) -> dict[str, Any]:
    """An item of GET /prospecting."""
    return {
        "jobId": job.pk,
        "type": TYPE,
        "status": job.status,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
    }


def document(job: ProspectingJob) -> dict[str, Any]:
    """GET /prospecting/{jobId}: the documented fields, then ours."""
    stages = job.stages
    return {
        **item(job),
        "stages": {"import": _stage(stages.import_), "enrichment": _stage(stages.enrichment)},
        "error": job.error,
        "audienceId": job.audience_id,
        "creditsSpent": job.credits_spent,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    counts = stage.counts
    return {
        "status": stage.status,
        "progress": stage.progress,
        "counts": {
            "total": counts.total, "done": counts.done, "failed": counts.failed, "skipped": counts.skipped,
        },
    }  # fmt: skip
