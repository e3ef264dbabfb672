"""What is logged of a request, of a fault and of a lost server holds no secret."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from celery.signals import task_prerun
from django.conf import settings
from django.core import signing
from django.db import OperationalError
from django.test import Client

from config import logging as ours
from tests.compliance import factories
from web.scrubbing import scrubbed

KEY = "sk_live_" + "a1" * 18
SECRETS = {
    f"tried {KEY} twice": KEY,
    f"Authorization: Bearer {KEY}": KEY,
    "headers {'authorization': 'Basic aHVudGVyMjpodW50ZXIy'}": "aHVudGVyMjpodW50ZXIy",
    'invalid dsn: missing "=" in "postgresql://app:hunter2@db.example/app"': "hunter2",
    "postgresql://app:p@ss/word@db.example": "p@ss",
    "redis://:hunter2@10.0.0.1:6379/0 is away": "hunter2",
    "host=db.example user=app password=hunter2 dbname=app": "hunter2",
    "GET https://a.example/api/exports/1/file?token=eyJ.a-b_c:1&x=1 failed": "eyJ.a-b_c:1",
}


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything that is logged from now on, as it would stand in the log."""
    formatter = logging.config.DictConfigurator(settings.LOGGING).configure_formatter(
        dict(settings.LOGGING["formatters"]["structured"])
    )
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(("said", "secret"), SECRETS.items())
def test_secrets_in_texts_are_taken_out(said: str, secret: str, logged: Callable[[], str]) -> None:
    assert secret not in scrubbed(said)
    assert secret not in str(scrubbed({"a": [{"b": (said,)}]}))
    logging.getLogger("any").error("broke: %s", said)
    structlog.get_logger("any").error("broke", reason=said, more={"deep": [said]})
    try:
        raise RuntimeError(said)
    except RuntimeError:
        structlog.get_logger("any").exception("broke")
        logging.getLogger("any").exception("broke")
    assert logged().count("broke") >= 4
    assert secret not in logged()


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no text of mine")


def test_whatever_is_logged_is_scrubbed_and_no_log_line_is_lost(logged: Callable[[], str]) -> None:
    itself: dict[str, Any] = {"password_hint": "x"}
    itself["itself"] = [itself]
    deep: Any = KEY
    for _ in range(200):
        deep = [deep]
    odd = {
        "fault": OperationalError(f"tried {KEY}"), "bytes": f"Bearer {KEY}".encode(), "set": {KEY}, "itself": itself,
        "named": {KEY: 1, (KEY,): 2, None: 3}, "deep": deep, "half": "\ud800",
        "written": str({"password": "hunter2", "token": b"hunter2"}), "json": json.dumps({"api_secret": 'hun"ter2'}),
    }  # fmt: skip
    for name, value in odd.items():
        structlog.get_logger("any").error("broke", **{name: value})
    lines = logged().splitlines()
    assert [line for line in lines if "broke" in line] == lines
    assert len(lines) == len(odd)
    for secret in (KEY, "hunter2", "ter2"):
        assert secret not in logged()
    assert scrubbed([Unshowable()]) == ["<Unshowable that cannot be shown: ValueError>"]


def test_what_is_no_secret_stays() -> None:
    said = "GET /api/violations: 3 tokens, the password was wrong, at https://a.example:8000/x and a@b.example"
    assert scrubbed(said) == said
    assert scrubbed({"n": 3, "none": None}) == {"n": 3, "none": None}


@pytest.mark.django_db
def test_the_log_of_requests_has_paths_without_queries_and_headers(logged: Callable[[], str]) -> None:
    key, token = factories.key_text(factories.group()), signing.TimestampSigner().sign_object("any")
    client = Client(headers={"Authorization": f"Bearer {key}"})
    client.get("/api/violations", {"account": "AT61-7700"})
    Client().get("/api/exports/1/file", {"token": token})
    Client().post("/admin/login/?next=/admin/%3Ftoken%3Dhunter2", {"username": "ann", "password": "hunter2"})
    lines = [json.loads(line) for line in logged().splitlines()]
    requests = {line["request"] for line in lines if line["event"] == "request_started"}
    assert requests == {"GET /api/exports/1/file", "GET /api/violations", "POST /admin/login/"}
    for secret in (key, token, "AT61-7700", "hunter2", "?"):
        assert secret not in logged(), secret


@pytest.mark.urls("tests.web.routes")
@pytest.mark.parametrize("kind", ["bug", "database"])
def test_a_request_that_breaks_is_logged_without_its_query(kind: str, logged: Callable[[], str]) -> None:
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {KEY}"})
    for path in (f"/api/raise/{kind}", f"/elsewhere/plain/{kind}"):
        assert client.get(path, {"token": "planted-token", "q": "planted-query"}).status_code >= 500
    assert "Traceback" in logged() or "exception" in logged()
    for secret in ("planted-token", "planted-query", KEY):
        assert secret not in logged(), secret


def test_a_database_that_refuses_tells_no_password(logged: Callable[[], str]) -> None:
    for address in ("postgresql://app:hunter2@127.0.0.1:1/app", "postgresql://app:hunter2@127.0.0.1:nonsense/app"):
        try:
            psycopg.connect(address)
        except psycopg.Error as fault:
            structlog.get_logger("any").exception("not_ready", error=str(OperationalError(fault)), address=address)
    assert logged().count("not_ready") == 2
    assert "hunter2" not in logged()


def test_every_line_is_scrubbed_whatever_its_format() -> None:
    """LOG_FORMAT=console has another end of the chain."""
    assert ours.scrub in ours.LOGGING["formatters"]["structured"]["processors"]  # type: ignore[index]
    event: dict[str, Any] = {"event": f"tried {KEY}", "password": "hunter2"}
    assert ours.scrub(None, "", ours.redact(None, "", event)) == {
        "event": "tried sk_live_[redacted]",
        "password": "[redacted]",
    }


def said(name: str, task: str, level: int = logging.INFO) -> logging.LogRecord:
    """As Celery says that a task has succeeded."""
    record = logging.LogRecord(name, level, __file__, 1, "Task %(name)s succeeded", None, None)
    record.data = {"name": task}
    return record


def enqueued(task: str) -> logging.LogRecord:
    return logging.LogRecord(
        "x", logging.INFO, __file__, 1, {"event": "task_enqueued", "child_task_name": task}, None, None
    )


def test_what_happens_every_few_seconds_is_not_logged_unless_it_fails() -> None:
    keeps = ours.WithoutRoutine().filter
    for often in ("jobs.tasks.sweep", "scans.tasks.tend_monitors"):
        assert not keeps(said("celery.app.trace", often))
        assert not keeps(enqueued(often))
        assert keeps(said("celery.app.trace", often, logging.ERROR))
    for told in ("scans.tasks.run_scan", "compliance.tasks.apply_retention"):
        assert keeps(said("celery.app.trace", told))
        assert keeps(enqueued(told))
    assert keeps(logging.LogRecord("any", logging.INFO, __file__, 1, "words", None, None))


def test_a_task_begins_with_nothing_bound_by_the_one_before() -> None:
    structlog.contextvars.bind_contextvars(trace_id="a" * 24)
    task_prerun.send(sender=None, task_id="1", task=None)
    assert structlog.contextvars.get_contextvars() == {}
