"""The Celery application: workers for jobs, beat for the sweeper, the reaper and schedules of staff."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_shutting_down
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("scanward")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _use_our_logging(**_: Any) -> None:
    from logging.config import dictConfig

    dictConfig(settings.LOGGING)


@task_prerun.connect
def _forget_the_task_before(**_: Any) -> None:
    """What a task binds to its log lines, the trace id of its job above all, is no other's."""
    structlog.contextvars.clear_contextvars()


@worker_shutting_down.connect
def _hand_jobs_back(**_: Any) -> None:
    """Another worker goes on at once; ours notice at their next heartbeat that their lease is gone."""
    from jobs import lifecycle
    from jobs.working import worker_name

    lifecycle.hand_back(worker_name())
