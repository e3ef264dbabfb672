"""The bytes of a received file: plain or gzip, bounded while they inflate, known by their first bytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from tabular.errors import BadGzip, EmptyFile, NotText, TooLarge, UnsupportedFormat
from tabular.limits import Limits

CHUNK = 2**20
GZIP = b"\x1f\x8b"
_PACKED = {b"PK\x03\x04": "An XLSX workbook (or another zip archive)", b"PAR1": "A Parquet file"}
_OLE = b"\xd0\xcf\x11\xe0"
_BINARY = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"PK\x05\x06": "an empty zip archive",
    GZIP: "gzip inside gzip",
}


def text_bytes(path: Path, limits: Limits, advance: Callable[[float], None] = lambda _: None) -> Iterator[bytes]:
    """The file's bytes in chunks of at most 1 MiB, inflated if it is gzip; `advance` is told the share read.

    The first chunk is long enough to judge the file by (64 KiB, or all of it), and has been judged.
    Raises EmptyFile, UnsupportedFormat, NotText, BadGzip, TooLarge.
    """
    with path.open("rb") as file:
        head = file.read(2)
        file.seek(0)
        pieces = _pieces(file, max(1, path.stat().st_size), advance)
        chunks = _inflated(pieces, limits) if head == GZIP else _counted(pieces, limits)
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= 2**16:
                break
        refuse_other_formats(first)
        yield first
        yield from chunks


def refuse_other_formats(first: bytes) -> None:
    """Raises for empty content and for the formats known by their first bytes."""
    if not first:
        raise EmptyFile("The file is empty. Send a file with column names and records.")
    for magic, name in _PACKED.items():
        if first.startswith(magic):
            raise UnsupportedFormat(f"{name} inside gzip is not read; upload it as it is, it is packed already.")
    if first.startswith(_OLE):
        raise UnsupportedFormat(
            "This is an XLS workbook, or an XLSX protected by a password; save it as XLSX without one, or as CSV."
        )
    for magic, name in _BINARY.items():
        if first.startswith(magic):
            raise NotText(f"This is {name}, not records. Upload CSV, JSON lines, gzip of these, XLSX or Parquet.")


def _pieces(file: BinaryIO, size: int, advance: Callable[[float], None]) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        advance(min(1.0, file.tell() / size))
        yield piece


def _counted(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        check_size(total, total, limits)
        yield piece


def _inflated(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """Inflates one or more gzip members; output is checked chunk by chunk, before the next is made."""
    received = decoded = 0
    inflater = zlib.decompressobj(31)
    started = True
    for piece in pieces:
        received += len(piece)
        data = piece
        more = True
        while data or more:
            if not started:
                data = data.lstrip(b"\0")  # tape and block devices pad members with zeros
                if not data:
                    break
                inflater, started = zlib.decompressobj(31), True
            try:
                out = inflater.decompress(data, CHUNK)
            except zlib.error as error:
                raise BadGzip(
                    f"The gzip data is damaged near byte {received - len(data):,} ({error}). Compress it again."
                ) from None
            decoded += len(out)
            check_size(decoded, received, limits)
            if out:
                yield out
            more = len(out) == CHUNK
            data = inflater.unconsumed_tail
            if inflater.eof:
                data, started, more = inflater.unused_data, False, False
    if started:
        raise BadGzip(f"The gzip data ends early, after {received:,} bytes. Upload the whole file again.")


def check_size(decoded: int, received: int, limits: Limits) -> None:
    """Raises TooLarge for more text than the limit, or than the bytes received can honestly hold."""
    if decoded > limits.decoded_bytes:
        raise TooLarge(f"The file holds more than {limits.decoded_bytes:,} bytes of text. Split it.")
    if decoded > limits.ratio_from and decoded > limits.ratio * received:
        raise TooLarge(
            f"The file inflates to more than {limits.ratio} times its size ({decoded:,} bytes so far). "
            "Upload it without compression."
        )
