"""The ways an address cannot be read."""

from __future__ import annotations


class Failed(Exception):
    """One address could not be read. `code` as in scans.sources.documents.Failure; `later`: seconds from now on before
    which it should not be asked again, where the server said so.
    """

    def __init__(self, code: str, message: str, *, later: float | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.later = code, message, later
