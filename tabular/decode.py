"""From bytes in any supported encoding to blocks of UTF-8 that end where a line ends."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tabular.errors import BadEncoding, LineTooLong, NotText
from tabular.limits import Limits

BLOCK = 4 * 2**20
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL = bytes(set(range(28)) - {9, 10, 11, 12, 13, 26, 27})
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", re.DOTALL)
_SAVE = "Save the whole file as UTF-8 and upload it again."


class NotUtf8(Exception):
    """Plain ASCII so far, then a byte that UTF-8 cannot hold: the file may be Windows-1252."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, as UTF-8. `first_line` is the 1-based number of the first of them."""

    data: bytes
    first_line: int


def detect_encoding(first: bytes) -> tuple[str, int]:
    """(encoding, length of the byte order mark) from the beginning of a file. Raises NotText."""
    for bom, encoding in _BOMS:
        if first.startswith(bom):
            return encoding, len(bom)
    sample = first[: 2**16]
    pairs = max(1, len(sample) // 2)
    zeros_even, zeros_odd = sample[::2].count(0), sample[1::2].count(0)
    if zeros_odd > 0.7 * pairs and zeros_even < 0.1 * pairs:
        return "utf-16-le", 0
    if zeros_even > 0.7 * pairs and zeros_odd < 0.1 * pairs:
        return "utf-16-be", 0
    _refuse_binary(sample)
    return "utf-8", 0


def utf8_blocks(chunks: Iterator[bytes], encoding: str, skip: int, limits: Limits) -> Iterator[Block]:
    """Blocks of about 4 MiB; `skip` is the length of the byte order mark.

    Raises BadEncoding with the byte's position in the (inflated) file, LineTooLong, and NotUtf8 when
    reading it as Windows-1252 is worth a try.
    """
    if encoding == "utf-8":
        yield from _checked(_blocks(_without(chunks, skip), limits), skip)
    else:
        yield from _blocks(_transcoded(_without(chunks, skip), encoding, skip), limits)


def _refuse_binary(sample: bytes) -> None:
    """A NUL here and there is a broken row; control characters in the header, or many, are no text."""
    header = re.split(rb"[\r\n]", sample.lstrip(b"\r\n"), maxsplit=1)[0]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    if len(header) != len(header.translate(None, _CONTROL)) or controls > max(8, len(sample) // 32):
        raise NotText("This is binary data, not text. Upload CSV, JSON lines, gzip of these, XLSX or Parquet.")


def _without(chunks: Iterator[bytes], skip: int) -> Iterator[bytes]:
    yield next(chunks)[skip:]
    yield from chunks


def _transcoded(chunks: Iterator[bytes], encoding: str, position: int) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks:
        if encoding == "cp1252":
            _refuse_mixed(chunk, position)
        held = len(decoder.getstate()[0])
        yield _decode(decoder, chunk, position - held, encoding).encode()
        position += len(chunk)
    held = len(decoder.getstate()[0])
    yield _decode(decoder, b"", position - held, encoding, final=True).encode()


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, position: int, encoding: str, *, final: bool = False
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        name = "Windows-1252" if encoding == "cp1252" else encoding.upper()
        raise BadEncoding(
            f"Byte {position + error.start:,} is neither UTF-8 nor {name}. {_SAVE}"
            if encoding == "cp1252"
            else f"The file is {name}, but byte {position + error.start:,} is not. {_SAVE}"
        ) from None


def _refuse_mixed(chunk: bytes, position: int) -> None:
    if not chunk.isascii() and (found := _UTF8_SEQUENCE.search(chunk)):
        raise BadEncoding(
            f"The file mixes encodings: Windows-1252 in one place, UTF-8 at byte {position + found.start():,}. {_SAVE}"
        )


def _checked(blocks: Iterator[Block], position: int) -> Iterator[Block]:
    ascii_only = True
    for block in blocks:
        if not block.data.isascii():
            try:
                block.data.decode()
            except UnicodeDecodeError as error:
                if ascii_only and block.data[: error.start].isascii():
                    raise NotUtf8 from None
                raise BadEncoding(
                    f"The file is UTF-8 up to byte {position + error.start:,}, which is not. {_SAVE}"
                ) from None
            ascii_only = False
        position += len(block.data)
        yield block


def _blocks(chunks: Iterator[bytes], limits: Limits) -> Iterator[Block]:
    line = 1
    pending: list[bytes] = []
    size = 0
    for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size < BLOCK:
            continue
        data = b"".join(pending)
        # A CR at the very end may be half of a CRLF: its line ends with the next chunk.
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        whole = data[:cut]
        if len(data) - cut > limits.line_bytes:
            where = line + _line_ends(whole)
            raise LineTooLong(
                f"Line {where:,} is longer than {limits.line_bytes:,} bytes. "
                "Is a quote left open, or are line ends missing?"
            )
        if cut:
            yield Block(whole, line)
            line += _line_ends(whole)
        pending, size = [data[cut:]], len(data) - cut
    if size:
        yield Block(b"".join(pending), line)


def _line_ends(data: bytes) -> int:
    alone = data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0
    return data.count(b"\n") + alone
