"""Text that comes from files and partners, made harmless for a terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text with everything that a terminal would obey instead of show written out, as `\\x1b`."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
