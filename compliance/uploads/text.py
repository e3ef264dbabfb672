"""The first pass over text: CSV or JSON lines, in whichever encoding, plain or gzip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from compliance.uploads.header import read_header
from compliance.uploads.json_lines import HINT, JsonRecords, is_json, refuse_array
from compliance.uploads.kinds import FileKind
from compliance.uploads.raw import Raw, RawFiles, Watch
from compliance.uploads.records import CsvRecords
from compliance.uploads.rejects import Rejects
from tabular.decode import Block, NotUtf8, detect_encoding, utf8_blocks
from tabular.errors import EmptyFile, NoRecords
from tabular.limits import Limits
from tabular.source import text_bytes


def read_text(source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    """Raw files and rejects.jsonl in `scratch`. Raises UploadError."""
    chunks = text_bytes(source, limits, watch.advance)
    first = next(chunks)
    encoding, skip = detect_encoding(first)
    try:
        return _read_as(encoding, skip, itertools.chain([first], chunks), scratch, limits)
    except NotUtf8:
        for half in scratch.glob("raw-*.parquet"):
            half.unlink()
        return _read_as("cp1252", 0, text_bytes(source, limits, watch.advance), scratch, limits)


def _read_as(encoding: str, skip: int, chunks: Iterator[bytes], scratch: Path, limits: Limits) -> Raw:
    blocks = utf8_blocks(chunks, encoding, skip, limits)
    first = next(blocks, None)
    if first is None:
        raise EmptyFile("The file is empty. Send a line of column names and the records below.")
    text = first.data.decode()
    refuse_array(text)
    if is_json(text):
        return _json_lines(itertools.chain([first], blocks), encoding, scratch, limits)
    return _csv(text, blocks, encoding, scratch, limits)


def _csv(text: str, blocks: Iterator[Block], encoding: str, scratch: Path, limits: Limits) -> Raw:
    header = read_header(text, limits)
    rest = Block(text[header.chars :].encode(), 1 + header.lines)
    with (scratch / "rejects.jsonl").open("w", encoding="utf-8") as file, RawFiles(scratch) as raw:
        rejects = Rejects(file, limits)
        reader = CsvRecords(itertools.chain([rest], blocks), header.delimiter, len(header.names), rejects, limits)
        for table in reader:
            raw.write(table)
    if not reader.accepted:
        rejects.refuse_if_all()
        raise NoRecords("The file holds a header and no record below it. Was the export cut short?")
    return Raw(
        FileKind.CSV, header.names, reader.accepted, rejects.count, tuple(raw.paths), header.warnings,
        padded=reader.blanks.padded, encoding=encoding, delimiter=header.delimiter,
    )  # fmt: skip


def _json_lines(blocks: Iterator[Block], encoding: str, scratch: Path, limits: Limits) -> Raw:
    with (scratch / "rejects.jsonl").open("w", encoding="utf-8") as file, RawFiles(scratch) as raw:
        rejects = Rejects(file, limits, HINT)
        reader = JsonRecords(blocks, rejects, limits)
        for table in reader:
            raw.write(table)
    if not reader.accepted:
        rejects.refuse_if_all()
        raise NoRecords("The file holds no record.")
    names, warnings = reader.names()
    return Raw(
        FileKind.JSON_LINES, names, reader.accepted, rejects.count, tuple(raw.paths), warnings,
        padded=reader.blanks.padded, exact=reader.exact(), encoding=encoding,
    )  # fmt: skip
