"""Whatever stands behind the ? of a list's address is no fault of the server's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.compliance import factories
from tests.lists.test_query_counts import MAKERS, NAMES

ODD = (
    "o=", "o=99.-99.x", "o=1.-1", "p=-1", "p=0", "p=99999999999", "p=x", "q=%00", "q=" + "a" * 5000, "q=%27%22%3B--",
    "q=%F0%9F%A6%84%E2%80%AE", "all=", "e=1", "nothing=1", "id__exact=x", "pk__in=1,x", "group__id__exact=x",
    "group__id__exact=%00", "status__exact=%00", "created_at__gte=yesterday", "created_at__year=" + "9" * 40,
    "_changelist_filters=%26%3D%00",
    "_popup=1&_to_field=password",
)  # fmt: skip


@pytest.mark.django_db
def test_a_nul_in_a_form_is_the_senders_fault(client: Client) -> None:
    client.force_login(factories.staff("root", superuser=True))
    answer = client.post(reverse("admin:compliance_upload_add"), {"group": "\0"})
    assert answer.status_code in (200, 400)  # told at the field, or on a page of its own


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_an_odd_address_is_answered(name: str, client: Client) -> None:
    client.force_login(factories.staff("root", superuser=True))
    MAKERS[name](factories.group("Acme"))
    address = reverse(f"admin:{name}_changelist")
    answers = {odd: client.get(f"{address}?{odd}").status_code for odd in ODD}
    assert {odd: code for odd, code in answers.items() if code not in (200, 302, 400)} == {}
