"""The JSON of prospects: one plain function a document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from prospecting.models import Company, Prospect, ProviderIdentity
from web.serializers import camel


def prospect(of: Prospect) -> dict[str, Any]:
    """What is not known is null. Reads `company`: select it."""
    known = {
        "firstName": of.first_name, "lastName": of.last_name, "name": of.name, "headline": of.headline,
        "about": of.about, "photoUrl": of.photo_url, "linkedinUrl": of.linkedin_url,
        "publicIdentifier": of.public_identifier, "title": of.title, "seniority": of.seniority,
        "department": of.department, "location": of.location, "country": of.country, "email": of.email,
        "emailStatus": of.email_status, "phone": of.phone,
    }  # fmt: skip
    return {
        "id": of.pk,
        **_or_null(known),
        "company": company(of.company) if of.company else None,
        "provenance": provenance(of),
    }


def company(of: Company) -> dict[str, Any]:
    return _or_null(
        {
            "name": of.name, "domain": of.domain, "website": of.website, "industry": of.industry,
            "linkedinUrl": of.linkedin_url, "linkedinIdentifier": of.linkedin_identifier,
        }
    )  # fmt: skip


def provenance(of: Prospect) -> dict[str, Any]:
    """Where each known field comes from and since when; those of the company as `company.domain`."""
    shown = {camel(name): _origin(about) for name, about in of.provenance.items()}
    if of.company:
        shown |= {f"company.{camel(name)}": _origin(about) for name, about in of.company.provenance.items()}
    return dict(sorted(shown.items()))


def matches(identities: Iterable[ProviderIdentity]) -> list[dict[str, Any]]:
    """One a prospect, whatever the number of providers that call it so."""
    people = {identity.prospect_id: identity for identity in identities}
    return [_match(identity) for _, identity in sorted(people.items())]


def _match(identity: ProviderIdentity) -> dict[str, Any]:
    of = identity.prospect
    known = {
        "personId": identity.person_id, "publicIdentifier": of.public_identifier, "linkedinUrl": of.linkedin_url,
        "name": of.name, "companyName": of.company.name if of.company else "", "title": of.title,
    }  # fmt: skip
    return {"prospectId": of.pk, **_or_null(known)}


def _origin(about: dict[str, Any]) -> dict[str, Any]:
    at = about.get("at")
    return {
        "origin": about["origin"],
        "at": datetime.fromisoformat(at) if at else None,
        "confidence": about.get("confidence"),
    }


def _or_null(known: dict[str, str]) -> dict[str, str | None]:
    return {name: value or None for name, value in known.items()}
