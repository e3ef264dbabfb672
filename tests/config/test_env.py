"""What the variables of the environment may hold."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from config import env
from scans.enums import SignalType


def test_numbers_for_signals_are_read_by_their_type() -> None:
    items = ["company_news=14", " post=0.5"]
    env._for_signals(0.1, 3650)(items)
    assert env.for_signals(items) == {"company_news": 14.0, "post": 0.5}
    assert list(env.SIGNALS) == SignalType.values


@pytest.mark.parametrize(
    "items", ["company_news", "company_news=", "news=3", "=3", "post=0", "post=3650.1", "post=1e3", "post=nan",
              "post=-1", "post=1,post=2", "post=1,"]
)  # fmt: skip
def test_odd_numbers_for_signals_are_refused(items: str) -> None:
    with pytest.raises(ValidationError, match="such as company_news=14"):
        env._for_signals(0.1, 3650)(items.split(","))
