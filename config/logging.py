"""Structured logs: one JSON object a line (LOG_FORMAT=console: text, coloured on a terminal), secrets redacted."""

from __future__ import annotations

import logging
import sys
from functools import cached_property
from typing import Any

import structlog
from django.conf import settings
from structlog.typing import EventDict, WrappedLogger

from config import env
from web.scrubbing import scrubbed

SECRET_NAMES = ("authorization", "password", "secret", "token", "cookie", "api_key")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says it is a secret."""
    for name in event:
        if any(word in name.lower() for word in SECRET_NAMES):
            event[name] = "[redacted]"
    return event


def name_requests(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Django hands its own records the request itself, whose text would have the query string."""
    request: Any = event.get("request")
    if hasattr(request, "get_full_path"):
        event["request"] = f"{request.method} {request.path}"
    return event


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What stands in texts, messages of exceptions among them."""
    return {name: scrubbed(value) for name, value in event.items()}


class WithoutRoutine(logging.Filter):
    """Leaves out that a task of the beat schedule, due every few minutes or seconds, was enqueued or has succeeded."""

    OFTEN = 3600  # seconds

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        told = record.msg if isinstance(record.msg, dict) else getattr(record, "data", None)
        name = (told.get("child_task_name") or told.get("name")) if isinstance(told, dict) else None
        return name not in self.tasks

    @cached_property
    def tasks(self) -> frozenset[str]:
        every: list[Any] = list(settings.CELERY_BEAT_SCHEDULE.values())
        return frozenset(entry["task"] for entry in every if entry["schedule"] < self.OFTEN)


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    redact,
    name_requests,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        *SHARED,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
# Without the values of local variables: among them are keys and personal data.
_tracebacks = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_last: list[Any] = (
    [_tracebacks, scrub, structlog.processors.JSONRenderer()]
    if env.LOG_FORMAT == "json"
    else [
        structlog.processors.format_exc_info,
        scrub,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last],
        }
    },
    "filters": {"routine": {"()": WithoutRoutine}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["routine"]}},
    "root": {"handlers": ["console"], "level": env.LOG_LEVEL},
    "loggers": {
        # Django's own request log repeats what the request middleware logs, without the trace id.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        # That something is due, and that it has arrived at a worker: the next line says what became of it.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
