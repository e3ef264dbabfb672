"""What beat runs for accounts."""

from celery import shared_task

from accounts import idempotency


@shared_task
def forget_expired_idempotency_keys() -> None:
    idempotency.forget_expired()
