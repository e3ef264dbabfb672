"""Secrets at rest: sealed, shown by nothing, opened by old keys, moved to new ones."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from compliance.models import Source
from tests.compliance import factories
from web.sealed import CannotOpen, NoEncryptionKeys, Secret

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_is_printed_by_nothing(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    secret = Secret.of("planted")
    assert "planted" not in f"{secret} {secret!r} {[secret]} {vars(Source(secret=secret))} {secret.token}"
    assert (bool(secret), secret.reveal(), copy.copy(secret).reveal()) == (True, "planted", "planted")
    assert (bool(Secret.of("")), Secret.of("").reveal()) == (False, "")


def test_nothing_is_sealed_without_a_key(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(NoEncryptionKeys):
        Secret.of("planted")
    assert Secret.of("").token == ""


def test_a_key_that_was_taken_away_opens_nothing(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    secret = Secret.of("planted")
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CannotOpen):
        secret.reveal()


@pytest.mark.django_db
def test_a_column_of_secrets_takes_nothing_that_is_not_sealed(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    group = factories.group()
    source = factories.source(group, secret=Secret.of("planted"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM compliance_source WHERE id = %s", [source.pk])
        assert "planted" not in cursor.fetchone()[0]
    assert Source.objects.get(pk=source.pk).secret.reveal() == "planted"
    with pytest.raises(TypeError):
        factories.source(group, secret="planted")


@pytest.mark.django_db
def test_keys_are_changed_without_losing_a_secret(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    sealed, empty = (
        factories.source(factories.group(), secret=Secret.of("planted")),
        factories.source(factories.group()),
    )
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("reseal_secrets", verbosity=0)
    settings.ENCRYPTION_KEYS = [NEW]
    assert [Source.objects.get(pk=row.pk).secret.reveal() for row in (sealed, empty)] == ["planted", ""]
    settings.ENCRYPTION_KEYS = [OLD]
    out = io.StringIO()
    with pytest.raises(CommandError, match=str(sealed.pk)) as lost:
        call_command("reseal_secrets", json=True, stdout=out)
    assert lost.value.returncode == 1
    assert json.loads(out.getvalue()) == {"sealed": 0, "lost": [{"id": str(sealed.pk), "name": sealed.name}]}
