"""How long a source is left alone."""

from __future__ import annotations

from dataclasses import dataclass

GROWTH = 1.5
BACKOFF = 300  # seconds after the first failure, doubling


@dataclass(frozen=True)
class Bounds:
    """Seconds."""

    least: int
    most: int

    def next(self, interval: int, *, changed: bool) -> int:
        """Halved when the source said something new, half as long again when not; the first one is the least."""
        if not interval:
            return self.least
        wanted = interval / 2 if changed else interval * GROWTH
        return round(min(self.most, max(self.least, wanted)))

    def after_failure(self, failures: int, later: float | None) -> int:
        """Seconds until a source that failed `failures` times in a row is asked again; `later`: what its server wants.

        Never longer than the most, so that a server cannot send us away for ever.
        """
        wanted: float = max(min(BACKOFF, self.least) << min(max(failures, 1) - 1, 20), later or 0)
        return round(min(self.most, wanted))
