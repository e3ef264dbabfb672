"""One trace id per request, the client's own when it sends a valid traceparent."""

from __future__ import annotations

import logging
import logging.config
import re

import pytest
from django.conf import settings
from django.test import Client

from web.tracing import current_trace_id, trace_id_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "traceparent",
    [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"01-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-more"],
)
def test_the_trace_id_of_a_valid_traceparent_is_taken_whole(traceparent: str) -> None:
    assert trace_id_for(traceparent) == TRACE


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        "00-" + "g" * 32 + f"-{SPAN}-01",
    ],
)
def test_without_a_valid_traceparent_an_id_is_made(traceparent: str | None) -> None:
    made = trace_id_for(traceparent)
    assert re.fullmatch(r"[0-9a-f]{24}", made)
    assert trace_id_for(traceparent) != made


@pytest.mark.urls("tests.web.routes")
class TestOverHTTP:
    def test_every_answer_names_its_trace(self, client: Client) -> None:
        ids = {client.get(path)["X-Trace-Id"] for path in ("/api/echo", "/v1/nothing", "/elsewhere/nothing")}
        assert len(ids) == 3

    def test_the_trace_of_the_client_is_echoed(self, client: Client) -> None:
        response = client.get("/v1/nothing", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
        assert response["X-Trace-Id"] == TRACE
        assert response.json()["traceId"] == TRACE

    def test_it_is_forgotten_after_the_request(self, client: Client) -> None:
        client.get("/v1/nothing")
        assert current_trace_id() is None

    def test_log_lines_of_a_request_carry_it(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        response = client.get("/v1/nothing")
        (line,) = [r.msg for r in caplog.records if isinstance(r.msg, dict) and r.msg["event"] == "request_finished"]
        assert line["trace_id"] == response["X-Trace-Id"]
        assert line["client"] == "127.0.0.1"


def test_a_logged_traceback_holds_no_local_variables() -> None:
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    formatter = configurator.configure_formatter(dict(settings.LOGGING["formatters"]["structured"]))  # it takes from it
    try:
        authorization = "sk_live_planted"
        raise RuntimeError("it broke")
    except RuntimeError as fault:
        exc_info = (RuntimeError, fault, fault.__traceback__)
    line = formatter.format(logging.LogRecord("x", logging.ERROR, "x.py", 1, "fault", (), exc_info))
    assert "it broke" in line
    assert authorization not in line
