"""How a file of leads is received, by whichever door it comes."""

from __future__ import annotations

from config import env
from web.receiving import LimitedUploadHandler


class LeadFileHandler(LimitedUploadHandler):
    @property
    def most(self) -> int:
        return env.LEAD_FILE_MAX
