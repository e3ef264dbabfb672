"""Why a file is refused. Each message says what was wrong, where, and what to do about it."""

from __future__ import annotations

from typing import ClassVar


class UploadError(Exception):
    """A file that cannot be taken in. `code` is stable, `status` the HTTP status it calls for."""

    code: ClassVar[str] = "UPLOAD_REFUSED"
    status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class EmptyFile(UploadError):
    """No bytes, or nothing but blank lines."""

    code = "EMPTY_FILE"


class NoHeader(UploadError):
    """The first line holds values, or no names at all."""

    code = "NO_HEADER"


class NoRecords(UploadError):
    """A header and nothing below it."""

    code = "NO_RECORDS"


class NotText(UploadError):
    """Binary data."""

    code = "NOT_TEXT"


class UnsupportedFormat(UploadError):
    """A data file of a kind that is not read, known by its first bytes."""

    code = "UNSUPPORTED_FORMAT"


class BadGzip(UploadError):
    """A gzip stream that is cut short or damaged."""

    code = "BAD_GZIP"


class BadWorkbook(UploadError):
    """A zip archive that is no XLSX workbook, or a damaged one."""

    code = "BAD_WORKBOOK"


class BadParquet(UploadError):
    """A Parquet file that is damaged, or holds what has no meaning as records."""

    code = "BAD_PARQUET"


class BadEncoding(UploadError):
    """Bytes that are text in none of the encodings read here, or in two of them at once."""

    code = "BAD_ENCODING"


class TooManyColumns(UploadError):
    """A header wider than the limit."""

    code = "TOO_MANY_COLUMNS"


class TooLarge(UploadError):
    """More text than the limit, or a compressed file that grows beyond all reason."""

    code = "TOO_LARGE"
    status = 413


class LineTooLong(UploadError):
    """One physical line beyond the limit: a cell of megabytes, or no line ends at all."""

    code = "LINE_TOO_LONG"
    status = 413


class TooManyRejects(UploadError):
    """All records, or most of very many, had to be set aside."""

    code = "TOO_MANY_REJECTS"
