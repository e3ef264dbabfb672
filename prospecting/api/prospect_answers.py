"""What the routes of prospects answer, as the OpenAPI document says it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from prospecting.enums import EmailStatus
from web.serializers import ObjectId, V1Answer


def _known(**options: Any) -> serializers.CharField:
    return serializers.CharField(allow_null=True, **options)


class Origin(V1Answer):
    origin = serializers.CharField(help_text="`import`, or the step of enrichment that found it.")
    at = serializers.DateTimeField(allow_null=True)
    confidence = serializers.FloatField(min_value=0, max_value=1, allow_null=True)


class ProspectCompany(V1Answer):
    name = _known()
    domain = _known()
    website = _known()
    industry = _known()
    linkedin_url = _known()
    linkedin_identifier = _known()


class Prospect(V1Answer):
    """What is not known is null."""

    id = ObjectId()
    first_name = _known()
    last_name = _known()
    name = _known()
    headline = _known()
    about = _known()
    photo_url = _known()
    linkedin_url = _known()
    public_identifier = _known()
    title = _known()
    seniority = _known()
    department = _known()
    location = _known()
    country = _known(help_text="ISO 3166-1 alpha-2.")
    email = _known()
    email_status = serializers.ChoiceField(EmailStatus.choices)
    phone = _known(help_text="E.164.")
    company = ProspectCompany(allow_null=True)
    provenance = serializers.DictField(
        child=Origin(), help_text="By field, those of the company as `company.domain`: where it comes from, since when."
    )


class ProspectMatch(V1Answer):
    prospect_id = ObjectId()
    person_id = _known()
    public_identifier = _known()
    linkedin_url = _known()
    name = _known()
    company_name = _known()
    title = _known()


class ProspectResolution(V1Answer):
    provider_id = serializers.CharField()
    resolution = serializers.ChoiceField(["none", "single", "multiple"])
    matches = ProspectMatch(many=True)
