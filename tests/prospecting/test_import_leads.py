"""What manage.py import_leads refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.prospecting import jobs

pytestmark = pytest.mark.django_db


def test_an_unknown_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no account group with the id or name nobody"):
        call_command("import_leads", str(tmp_path / "a.csv"), group="nobody")


def test_what_is_no_file_or_no_table_is_refused(tmp_path: Path) -> None:
    group, file = jobs.group(), tmp_path / "leads.csv"
    with pytest.raises(CommandError, match="is no file"):
        call_command("import_leads", str(file), group=group.pk)
    file.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(CommandError, match="CSV or XLSX") as refused:
        call_command("import_leads", str(file), group=group.pk)
    assert refused.value.returncode == 2


def test_an_import_without_enough_credits_is_refused(tmp_path: Path) -> None:
    group, file = jobs.group(1), tmp_path / "leads.csv"
    file.write_text("Email\na@a.com\nb@b.com\n")
    with pytest.raises(CommandError, match="needs 2 credits"):
        call_command("import_leads", str(file), group=group.pk)
