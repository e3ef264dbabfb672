"""manage.py reseal_secrets: seal every secret with the first of ENCRYPTION_KEYS, so that others can go."""

from __future__ import annotations

from typing import Any

from compliance.models import Source
from terminal.command import OperatorCommand, Wrong
from web.sealed import CannotOpen


class Command(OperatorCommand):
    help = "Seal every secret of data sources with the first of ENCRYPTION_KEYS."
    examples = ("",)
    codes = "exit codes: 0 all are sealed with it; 1 no key opens some of them."

    def handle(self, **options: Any) -> None:
        sealed, lost = 0, []
        for source in Source.objects.exclude(secret="").iterator():
            try:
                fresh = source.secret.resealed()
            except CannotOpen:
                lost.append(source)
                continue
            # Unless it was deleted or sealed anew meanwhile.
            sealed += Source.objects.filter(pk=source.pk, secret=source.secret).update(secret=fresh)
        document = {"sealed": sealed, "lost": [{"id": str(source.pk), "name": source.name} for source in lost]}
        self.console.show(document, f"Sealed with the newest key: {sealed}.")
        if lost:
            raise Wrong("No key opens the secret of: " + ", ".join(f"{source.pk} ({source.name})" for source in lost))
