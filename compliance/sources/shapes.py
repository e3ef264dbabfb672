"""What the config of each kind of source holds, checked when it is stored."""

from __future__ import annotations

import posixpath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from web.destinations import Refused, canonical_host
from web.outbound import check_url

_Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ConfigRefused(ValueError):
    """`problems` are (path, message) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in problems))
        self.problems = problems


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class HttpsFile(_Shape):
    """A file behind an address. The secret, if there is one, is the value of `header`."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = "Authorization"

    @field_validator("url")
    @classmethod
    def _allowed(cls, url: str) -> str:
        try:
            check_url(url)
        except Refused as refused:
            raise ValueError(str(refused)) from refused
        return url

    @field_validator("header")
    @classmethod
    def _ours(cls, header: str) -> str:
        if header.lower() in {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}:
            raise ValueError("this header is set by us")
        return header


class Files(_Shape):
    """The newest file that fits: a folder, `/`, and a file name in which `*` and `?` stand for anything."""

    path: Annotated[str, StringConstraints(min_length=2, max_length=1000, pattern=r"^(/|s3://)[^\x00-\x1f\x7f]+$")]

    @field_validator("path")
    @classmethod
    def _plain(cls, path: str) -> str:
        folder, _, name = path.removeprefix("s3:/").rpartition("/")
        if not folder or folder.startswith("//") or posixpath.normpath(folder) != folder or name in ("", ".", ".."):
            raise ValueError("write a folder and a file name, such as /srv/drops/*.csv, without '.' and '..'")
        if any(mark in folder for mark in "*?["):
            raise ValueError("only the file name may hold * and ?")
        return path


class PostgresqlQuery(_Shape):
    """One SELECT. The secret is the password."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    database: _Word
    user: _Word
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    query: Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"^[^\x00]+$")]

    @field_validator("host")
    @classmethod
    def _named(cls, host: str) -> str:
        try:
            return canonical_host(host)
        except Refused as refused:
            raise ValueError(str(refused)) from refused


Shape = HttpsFile | Files | PostgresqlQuery
_SHAPES: dict[str, type[Shape]] = {
    "https_file": HttpsFile, "files": Files, "postgresql_query": PostgresqlQuery,
}  # fmt: skip


def read_config(kind: str, config: Any) -> Shape:
    """The config of a source as its type. ConfigRefused names every fault, its path beginning with `config`."""
    try:
        return _SHAPES[kind].model_validate(config)
    except ValidationError as fault:
        raise ConfigRefused([_problem(error) for error in fault.errors(include_url=False)]) from fault


def _problem(error: Any) -> tuple[str, str]:
    path = ".".join(["config", *(str(part)[:100] for part in error["loc"])])
    match error["type"]:
        case "extra_forbidden":
            return path, "is not a setting of this kind of source"
        case "model_type":
            return path, "must be a JSON object"
    return path, str(error["msg"]).removeprefix("Value error, ")
