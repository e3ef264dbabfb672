"""What a person sees in a browser when something cannot be shown: what it is, and where to go."""

from __future__ import annotations

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.test import Client, RequestFactory

from web import answers


@pytest.fixture
def request_() -> HttpRequest:
    return RequestFactory().get("/admin/nowhere/")


def test_each_names_the_trouble_and_leads_home(request_: HttpRequest) -> None:
    pages = {
        "There is no such page": answers.not_found(request_),
        "You may not do this": answers.permission_denied(request_, PermissionDenied()),
        "This cannot be understood": answers.bad_request(request_, BadRequest()),
        "Something went wrong here": answers.server_error(request_),
    }
    for heading, page in pages.items():
        text = page.content.decode()  # type: ignore[attr-defined]
        assert f"<h1>{heading}</h1>" in text
        assert '<a href="/admin/">' in text
        assert "style=" not in text
        assert "<script" not in text


def test_a_refusal_is_told_in_its_own_words(request_: HttpRequest) -> None:
    page = answers.permission_denied(request_, PermissionDenied("The audit <is> closed."))
    assert "The audit &lt;is&gt; closed." in page.content.decode()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_form_of_an_earlier_session_says_so() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "anna"})
    assert answer.status_code == 403
    assert "<h1>This form has expired</h1>" in answer.content.decode()


@pytest.mark.django_db
def test_an_address_outside_the_apis_is_answered_as_a_page() -> None:
    answer = Client().get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
