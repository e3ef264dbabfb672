"""The base of the commands that operators and pipelines run: --json, examples in --help, and one set of exit codes."""

from __future__ import annotations

import logging
import os
import signal
import sys
import textwrap
import traceback
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import psycopg
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import InterfaceError, OperationalError, ProgrammingError

from terminal.console import Console
from terminal.exits import Exit
from terminal.text import plain
from web import errors

WIDTH = 100  # characters of a help text
CODES = "exit codes: 0 fine; 1 the answer is bad; 2 what was given cannot be used; 3 it could not be done."


class _Told(CommandError):
    """Printed as `Refused: message`; `code` is for machines."""

    exit: ClassVar[Exit]

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(plain(message), returncode=self.exit)
        self.code = code or type(self).__name__.upper()


class Wrong(_Told):
    """It was done, and the answer is bad."""

    exit = Exit.WRONG


class Refused(_Told):
    """What was given cannot be used."""

    exit = Exit.REFUSED


class Failed(_Told):
    """It could not be done."""

    exit = Exit.FAILED


class OperatorCommand(BaseCommand):
    """`handle` ends by `self.console.show`, or raises Wrong, Refused or Failed; faults of actions it lets pass."""

    examples: ClassVar[Sequence[str]] = ()
    codes: ClassVar[str] = CODES
    console: Console

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        examples = "\n".join(f"  manage.py {subcommand} {example}".rstrip() for example in self.examples)
        epilog = f"examples:\n{examples}\n\n{textwrap.fill(self.codes, WIDTH)}"
        parser = super().create_parser(prog_name, subcommand, formatter_class=_Help, epilog=epilog, **kwargs)
        parser.description = textwrap.fill(self.help, WIDTH)
        parser.add_argument("--json", action="store_true", help="print one JSON document, and all else on stderr")
        parser.error = partial(_unusable, parser.error)  # type: ignore[method-assign]
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        if "LOG_LEVEL" not in os.environ:  # what goes well is told by the command itself
            logging.getLogger().setLevel(max(logging.WARNING, logging.getLogger().level))
        try:
            super().run_from_argv(argv)
        except BrokenPipeError:
            # Whoever read has left, as `| head` does: end as other programs do, and let Python flush into nothing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(128 + signal.SIGPIPE)
        except Exception:
            traceback.print_exc()
            sys.exit(Exit.FAILED)  # Python's own 1 would say that the answer is bad

    def execute(self, *args: Any, **options: Any) -> str | None:
        out, err = options.get("stdout") or sys.stdout, options.get("stderr") or sys.stderr
        self.console = Console(out, err, as_json=options["json"], colours=not options["no_color"])
        try:
            with _in_words():
                return super().execute(*args, **options)
        except _Told as fault:
            if self.console.as_json and not self.console.answered:
                self.console.show({"error": {"code": fault.code, "message": str(fault)}})
            raise


def readable(path: Path) -> Path:
    """Refused unless it is a file that can be read."""
    if not path.is_file():
        raise Refused(f"{path} is no file.")
    if not os.access(path, os.R_OK):
        raise Refused(f"{path} may not be read by this user.")
    return path


def _unusable(usage: Callable[[str], NoReturn], message: str) -> NoReturn:
    """An option that cannot be used, told to machines before argparse tells how it is used."""
    if "--json" in sys.argv:
        document = {"error": {"code": Refused.__name__.upper(), "message": message}}
        Console(sys.stdout, sys.stderr, as_json=True, colours=False).show(document)
    usage(message)


class _Help(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of the examples."""


@contextmanager
def _in_words() -> Iterator[None]:
    """What actions and servers raise, as a command's fault."""
    try:
        yield
    except errors.Refused as fault:
        ended = Failed if fault.status >= 500 else Refused  # on whose side it lies, in the words of HTTP
        raise ended(fault.message, fault.code) from fault
    except ValidationError as fault:
        raise Refused("; ".join(fault.messages), "VALIDATION_ERROR") from fault
    except (OperationalError, InterfaceError) as fault:
        told = str(fault).strip().partition("\n")[0]
        raise Failed(f"The database does not answer: {told}. manage.py doctor looks closer.", "UNAVAILABLE") from fault
    except ProgrammingError as fault:
        if not isinstance(fault.__cause__, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            raise
        raise Failed("The database lacks a table or a column: run manage.py migrate.", "NOT_MIGRATED") from fault
