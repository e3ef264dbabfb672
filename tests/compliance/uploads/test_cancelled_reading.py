"""An upload whose reading was cancelled: nothing is known of it, and every route says so."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.compliance import factories
from tests.compliance.desk import CONFIG, Desk


@pytest.mark.django_db
def test_whether_a_policy_could_run_on_it_is_refused() -> None:
    desk = Desk()
    upload = factories.upload(
        desk.group, status="deleted", deleted_at=timezone.now(), profile={}, row_count=0, original="", records=""
    )
    body = {"policy_id": str(factories.policy(desk.group).pk), "upload_id": str(upload.pk), "mapping_config": CONFIG}
    assert desk.post("/api/data/mapping/readiness", body, 409)["error"] == "CONFLICT"
