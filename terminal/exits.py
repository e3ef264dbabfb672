"""How a command ends. The same codes everywhere; docs/cli.md tells them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    FINE = 0
    WRONG = 1  # it was done, and the answer is bad: below the bar, altered, something does not work
    REFUSED = 2  # what was given cannot be used: an argument, a file, a setting
    FAILED = 3  # it could not be done: the job failed or was cancelled, a server is away
