"""Values as cells of a table, without any that a spreadsheet would run. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from compliance.written import plain, time
from tabular.formulas import defused


def csv_cell(value: object) -> str:
    """Any value of a row as text of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int | float):
        return plain(value)
    if isinstance(value, datetime):
        return str(time(value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return defused(str(value))
