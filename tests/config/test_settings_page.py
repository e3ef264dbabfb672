"""The settings in docs/operations.md are those of config/env.py, with their defaults."""

from __future__ import annotations

import re

import pytest

from config.settings_page import PAGE, SOURCE, renewed, tables


def test_the_page_is_current() -> None:
    page = PAGE.read_text()
    assert page == renewed(page, tables(SOURCE.read_text())), "run `make docs`"


def test_every_setting_stands_there_once() -> None:
    named = re.findall(r'_env\.\w+\(\s*"(\w+)"', SOURCE.read_text())
    assert sorted(re.findall(r"[|,] `(\w+)[=`]", tables(SOURCE.read_text()))) == sorted(named)


def test_a_comment_speaks_of_the_settings_right_below_it() -> None:
    source = (
        "# == Limits ==\n# Of both,\n# in a minute\n"
        'A: int = _env.int("A", 2 * 1024**2)\nB: list[str] = _env.list("B", ["x", "y"])\n'
        'C: str = _env.str("C", "")  # of one\n'
    )
    assert tables(source) == (
        "### Limits\n\n| setting and default | what it is |\n|---|---|\n"
        "| `A=2097152` (2 MiB), `B=x,y` | Of both, in a minute. |\n| `C` (none) | Of one. |\n"
    )


def test_a_part_may_be_spread_over_the_file() -> None:
    source = "# == X ==\n# a\nA = 1\n".replace("A = 1", 'A: str = _env.str("A")')
    source += '\n# == Y ==\n# b\nB: str = _env.str("B")\n\n# == X ==\n# c\nC: str = _env.str("C")\n'
    assert re.findall(r"### (\w)|`(\w)`", tables(source)) == [("X", ""), ("", "A"), ("", "C"), ("Y", ""), ("", "B")]


def test_a_setting_that_nothing_is_said_of_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing of B"):
        tables('# == X ==\n# a\nA: int = _env.int("A", 1)\n\nB: int = _env.int("B", 1)\n')
