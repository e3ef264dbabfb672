"""The difference of two versions: complete, and as deep as it can be named."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compliance.engine.difference import changes, difference

json_values = st.recursive(
    st.booleans() | st.integers() | st.text("xyz", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text("abc", min_size=1, max_size=2), json_values, max_size=3)


def at(value: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        try:
            value = value[key] if key else value[int(index)]
        except (KeyError, IndexError):
            return None
    return value


@given(objects, objects)
def test_each_change_tells_what_stands_at_its_path_on_either_side(before: Any, after: Any) -> None:
    found = list(changes(before, after))
    for change in found:
        assert (at(before, change.path), at(after, change.path)) == (change.before, change.after)
    assert bool(found) == (repr_of(before) != repr_of(after))


def repr_of(value: Any) -> Any:
    """Equal exactly for equal JSON: 1 is not true, and an absent key is no key."""
    if isinstance(value, dict):
        return {key: repr_of(part) for key, part in value.items()}
    return [repr_of(part) for part in value] if isinstance(value, list) else (type(value).__name__, value)


def test_rules_are_matched_by_their_ids() -> None:
    rules = [{"rule_id": name, "name": name, "where": {"AND": [{"value": 1}, {"value": 2}]}} for name in "ABC"]
    changed = copy.deepcopy(rules)
    changed[1]["where"]["AND"][1]["value"] = 3
    del changed[1]["where"]["AND"][0]["value"]
    found = difference(rules[:2], [changed[2], changed[1]])
    assert [rule["rule_id"] for rule in found.added] == ["C"]
    assert [rule["rule_id"] for rule in found.removed] == ["A"]
    ((_, now, moved),) = found.changed
    assert now["rule_id"] == "B"
    assert [(change.path, change.before, change.after) for change in moved] == [
        ("where.AND[0].value", 1, None), ("where.AND[1].value", 2, 3),
    ]  # fmt: skip
    assert (difference(rules, rules[::-1]).reordered, difference(rules, rules[1:]).reordered) == (True, False)
