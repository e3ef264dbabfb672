"""A form of the staff site is sent once, however often it is pressed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from tests.browser.conftest import Visit
from tests.compliance import factories

pytestmark = pytest.mark.system


def test_a_double_click_sends_a_form_once(visit: Visit, system_db: None) -> None:
    policy = factories.policy(factories.group("Acme"))
    user = factories.staff(f"hasty-{User.objects.count()}", superuser=True)
    page = visit(user).open(reverse("admin:compliance_policy_deed", args=[policy.pk, "archive"]))
    told = page.evaluate("""() => {
        const stopped = [];
        document.addEventListener("submit", (event) => {
            stopped.push(event.defaultPrevented);
            event.preventDefault();  // stay here and see
        });
        const form = document.querySelector("#content-main form");
        form.requestSubmit();
        form.requestSubmit();
        return stopped;
    }""")
    assert told == [False, True]
