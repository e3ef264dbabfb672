"""What an account group chooses for the people it brings in."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.models import ProspectingSettings


@transaction.atomic
def choose_consent(
    group: AccountGroup, *, by: Requester, countries: Sequence[str], without_country: bool
) -> ProspectingSettings:
    """Of whom rows must say that they agreed, from the next batch of every import on."""
    ProspectingSettings.objects.get_or_create(group=group)
    row: ProspectingSettings = ProspectingSettings.objects.select_for_update().get(group=group)
    before = {"countries": row.consent_countries, "without_country": row.consent_without_country}
    row.consent_countries, row.consent_without_country = sorted(set(countries)), without_country
    row.save()
    after = {"countries": row.consent_countries, "without_country": without_country}
    by.audit("prospecting_settings.changed", row, before=before, after=after)
    return row
