"""People data from elsewhere. Which provider serves an account group, if any."""

from prospecting.providers.configured import for_group

__all__ = ["for_group"]
