"""Staff pages of compliance. Deeds call the actions that the API calls."""

from compliance.admin import (
    audits,
    cases,
    dryruns,
    exports,
    home,
    lists,
    policies,
    scans,
    schedules,
    settings,
    sources,
    uploads,
    violations,
    waivers,
)

__all__ = [
    "audits",
    "cases",
    "dryruns",
    "exports",
    "home",
    "lists",
    "policies",
    "scans",
    "schedules",
    "settings",
    "sources",
    "uploads",
    "violations",
    "waivers",
]
