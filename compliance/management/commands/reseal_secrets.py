"""`manage.py reseal_secrets`: seal every secret with the first of ENCRYPTION_KEYS, so that others can go."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError

from compliance.models import Source
from web.sealed import CannotOpen


class Command(BaseCommand):
    help = "Seal every secret of data sources with the first of ENCRYPTION_KEYS."

    def handle(self, **options: Any) -> None:
        sealed, lost = 0, []
        for source in Source.objects.exclude(secret="").iterator():
            try:
                fresh = source.secret.resealed()
            except CannotOpen:
                lost.append(f"{source.pk} ({source.name})")
                continue
            # Unless it was deleted or sealed anew meanwhile.
            sealed += Source.objects.filter(pk=source.pk, secret=source.secret).update(secret=fresh)
        self.stdout.write(f"Sealed with the newest key: {sealed}.")
        if lost:
            raise CommandError("No key opens the secret of: " + ", ".join(lost))
