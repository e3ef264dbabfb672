"""What leaves through Redis: task messages and wake-up calls. Redis may be away; nothing here raises for that."""

from __future__ import annotations

import redis
import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from web.once import once

log = structlog.get_logger(__name__)


@once
def client() -> redis.Redis:
    """The one Redis client of this process, with short time-outs and no retries."""
    timeout = float(settings.REDIS_TIMEOUT)
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=timeout, socket_timeout=timeout)


def send(task: str, queue: str, job_id: str) -> bool:
    """Put a task message on its queue; False (and a log line) when the broker is away."""
    try:
        current_app.send_task(task, args=[job_id], queue=queue, retry=False, ignore_result=True)
    except (OperationalError, redis.RedisError, OSError) as fault:
        log.warning("publish_failed", task=task, job_id=job_id, fault=type(fault).__name__)
        return False
    return True


def channel(job_id: str) -> str:
    return f"{settings.REDIS_PREFIX}job:{job_id}"


def announce(job_id: str) -> None:
    """Wake whoever waits for a change of this job (jobs.waiting)."""
    try:
        client().publish(channel(job_id), "")
    except redis.RedisError as fault:
        log.warning("announce_failed", job_id=job_id, fault=type(fault).__name__)
