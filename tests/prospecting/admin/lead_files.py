"""Files of leads for tests of the staff pages, as if they had been received."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import AccountGroup
from prospecting.importing import headers
from prospecting.importing.tables import survey
from prospecting.models import LeadFile

CSV = b"First Name,Work Email,Shoe size\nAnna,anna@acme.example,38\nBen,ben@acme.example,44\n"


def lead_file(of: AccountGroup, content: bytes = CSV, name: str = "leads.csv") -> LeadFile:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        found = survey(Path(file.name))
    return LeadFile.objects.create(
        group=of, name=name, kind=found.kind, encoding=found.encoding, sha256="0" * 64, size=len(content),
        row_count=found.row_count, headers=list(found.headers), suggested_mapping=headers.suggest(found.headers),
        content=default_storage.save("leads/of-a-test", ContentFile(content)),
    )  # fmt: skip
