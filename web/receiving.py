"""Files sent to us: always to disk, never whole in memory, no larger than they may be, and never half of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from rest_framework.parsers import DataAndFiles, MultiPartParser
from rest_framework.request import Request

from config import env
from web.errors import PayloadTooLarge, ValidationFailed


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Refuses a file in the middle of its stream as soon as it is larger than it may be."""

    @property
    def most(self) -> int:
        """Bytes."""
        return env.UPLOAD_MAX

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > self.most:
            self.upload_interrupted()  # removes the temporary file
            raise PayloadTooLarge(f"The file is larger than {self.most:,} bytes, the limit of this installation.")
        super().receive_data_chunk(raw_data, start)


FORM = {
    "type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"],
    "additionalProperties": False,
}  # fmt: skip
"""A form with one file, for the OpenAPI document."""


def received_file(
    request: Request, handler: type[LimitedUploadHandler] = LimitedUploadHandler
) -> TemporaryUploadedFile:
    """The one file of a form, on disk; ValidationFailed for any other form. For views with WholeMultiPartParser."""
    request.upload_handlers = [handler(request._request)]
    files, fields = request.FILES, request.data
    unknown = [name for name in fields if name != "file"]
    if unknown:
        raise ValidationFailed.at(unknown[0][:100], "is not a field of this form; send one file, named file")
    if len(files.getlist("file")) != 1 or not isinstance(files["file"], TemporaryUploadedFile):
        raise ValidationFailed.at("file", "send exactly one file as multipart/form-data, in a field named file")
    return files["file"]


class WholeMultiPartParser(MultiPartParser):
    """Refuses a form without its closing boundary: Django takes what arrived before a cut for all there was."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        end = _End(stream)
        boundary = str(parse_header_parameters(media_type or "")[1].get("boundary", ""))
        try:
            parsed: DataAndFiles[Any, Any] = super().parse(end, media_type, parser_context)  # type: ignore[arg-type]
            if f"--{boundary}--".encode() not in end.seen:
                raise ValidationFailed("The body ended before all of it had arrived. Send it again.")
        except Exception:
            for handler in (parser_context or {})["request"].upload_handlers:
                handler.upload_interrupted()  # else the temporary file stays until it is garbage-collected
            raise
        return parsed


def watch_end(request: HttpRequest) -> Callable[[], bool]:
    """Says, once a form has been parsed, whether its closing boundary arrived. Call it before anything reads the body.

    For Django's own parsing of request.POST; the views of the API have WholeMultiPartParser.
    """
    end = _End(request._stream)
    request._stream = end  # type: ignore[assignment]
    boundary = str(request.content_params.get("boundary", "") if request.content_params else "")
    return lambda: f"--{boundary}--".encode() in end.seen


class _End:
    """A stream that remembers the last bytes read from it: more than a boundary, which has at most 200."""

    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream
        self.seen = b""

    def read(self, size: int = -1) -> bytes:
        return self._remembered(self.stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._remembered(self.stream.readline(size))

    def _remembered(self, data: bytes) -> bytes:
        self.seen = (self.seen + data[-1024:])[-1024:]
        return data
