"""What beat runs for all kinds of jobs."""

from celery import shared_task

from jobs import lifecycle


@shared_task
def sweep() -> None:
    lifecycle.sweep()


@shared_task
def reap() -> None:
    lifecycle.reap()
