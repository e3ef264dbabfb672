"""A zip archive that may be hostile: looked over before anything is inflated, and counted while it is."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tabular.errors import BadWorkbook, TooLarge

ZIP = b"PK\x03\x04"
"""How an archive begins."""
MOST_ENTRIES = 1_000
MOST_BYTES = 100 * 2**20
"""Of all entries together, inflated."""
RATIO, RATIO_FROM = 100, 10 * 2**20
"""Inflated to packed; looked at beyond so many bytes only."""
_DIRECTORY = 2**20
"""Bytes of the directory: zipfile reads it whole."""
_CHUNK = 2**16
_AS_CSV = "Save it as CSV and upload that."


class Archive:
    """The entries of an archive as streams. Raises TooLarge for bombs and BadWorkbook for what is damaged."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            _check_directory(self._file)
            self._zip = zipfile.ZipFile(self._file)
            self._sizes = self._looked_over(path.stat().st_size)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as fault:
            self._file.close()
            raise BadWorkbook(f"The archive is damaged ({str(fault)[:100]}). Save the workbook again.") from None
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: object) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        """Bytes of an entry, as the directory claims; `chunks` holds it to that."""
        return self._sizes[name]

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of an entry."""
        read = 0
        try:
            with self._zip.open(name) as entry:
                while chunk := entry.read(_CHUNK):
                    read += len(chunk)
                    if read > min(self._sizes[name], MOST_BYTES):
                        raise TooLarge(f"An entry of the archive inflates beyond the size it claims. {_AS_CSV}")
                    yield chunk
        except KeyError:
            raise BadWorkbook(f'The workbook lacks its part "{name[:100]}". Save it again.') from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as fault:
            raise BadWorkbook(f'The part "{name[:100]}" is damaged ({str(fault)[:100]}). Save it again.') from None

    def whole(self, name: str, most: int) -> bytes:
        """A small entry; TooLarge beyond `most` bytes."""
        if self._sizes.get(name, 0) > most:
            raise TooLarge(f'The part "{name[:100]}" is larger than {most:,} bytes. {_AS_CSV}')
        return b"".join(self.chunks(name))

    def _looked_over(self, received: int) -> dict[str, int]:
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise TooLarge(f"The archive has {len(entries):,} entries, the limit is {MOST_ENTRIES:,}. {_AS_CSV}")
        total = sum(entry.file_size for entry in entries)
        if total > MOST_BYTES:
            raise TooLarge(f"The workbook inflates to {total:,} bytes, the limit is {MOST_BYTES:,}. {_AS_CSV}")
        if total > RATIO_FROM and total > RATIO * received:
            raise TooLarge(f"The workbook inflates to more than {RATIO} times its size ({total:,} bytes). {_AS_CSV}")
        if any(entry.flag_bits & 1 for entry in entries):
            raise BadWorkbook("The archive is protected by a password. Save the workbook without one.")
        return {entry.filename: entry.file_size for entry in entries}


def _check_directory(file: BinaryIO) -> None:
    """Refuses an archive whose directory is larger than any of ours may be, before zipfile reads it."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise BadWorkbook("The archive ends early. Upload the whole file again.")
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
        directory = max(directory, struct.unpack_from("<Q", file.read(56), 40)[0])
    if directory > _DIRECTORY:
        raise TooLarge(f"The archive has more than {MOST_ENTRIES:,} entries. {_AS_CSV}")
    file.seek(0)
