"""Staff pages of prospecting. Deeds call the actions that the API calls."""

from prospecting.admin import (
    audiences,
    companies,
    files,
    home,
    jobs,
    merging,
    prospects,
    providers,
    settings,
    suppression,
)

__all__ = [
    "audiences",
    "companies",
    "files",
    "home",
    "jobs",
    "merging",
    "prospects",
    "providers",
    "settings",
    "suppression",
]
