"""What is refused by its first bytes, and gzip that is damaged or endless."""

from __future__ import annotations

import gzip
import resource
import zlib
from pathlib import Path

import pytest

from tabular.errors import BadGzip, EmptyFile, NotText, TooLarge, UnsupportedFormat
from tabular.limits import Limits
from tabular.source import text_bytes
from tests.compliance.uploads.files import take

CSV = "account,amount\nA,1\nB,2\n"


def test_gzip_is_known_by_its_content_and_reads_like_the_file_inside(tmp_path: Path) -> None:
    assert take(tmp_path, gzip.compress(CSV.encode())).records == take(tmp_path, CSV).records


def test_gzip_members_one_after_another_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(CSV.encode()) + gzip.compress(b"C,3\n") + b"\0" * 512
    assert take(tmp_path, content).values("account") == ["A", "B", "C"]


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_gzip_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(BadGzip, match="ends early"):
        take(tmp_path, gzip.compress(CSV.encode())[:-cut])


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(CSV.encode() * 100))
    content[-6] ^= 0xFF
    with pytest.raises(BadGzip, match="damaged"):
        take(tmp_path, bytes(content))


def test_junk_after_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGzip, match="damaged"):
        take(tmp_path, gzip.compress(CSV.encode()) + b"junk")


def test_a_bomb_is_refused_while_it_inflates(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(b"a,b\n")
    zeros = b"1,2\n" * 2**18
    packed += b"".join(packer.compress(zeros) for _ in range(400)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="200 times"):
        take(tmp_path, packed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_more_text_than_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        take(tmp_path, CSV, limits=Limits(decoded_bytes=10))


def test_chunks_of_an_inflated_file_stay_small(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(b"abc,\n" * 2**20))
    sizes = [len(chunk) for chunk in text_bytes(path, Limits())]
    assert sum(sizes) == 5 * 2**20
    assert max(sizes) <= 2**20


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(EmptyFile):
        take(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0rest", "XLS workbook, or an XLSX protected by a password"),
        (b'[{"a": 1}]', "JSON array"),
        (b' [\n  {"a": 1}\n]', "JSON array"),
        (gzip.compress(b"PK\x03\x04rest", mtime=0), "XLSX workbook .* inside gzip"),
        (gzip.compress(b"PAR1rest", mtime=0), "Parquet file inside gzip"),
    ],
)
def test_formats_that_are_not_read_are_refused_by_content_with_the_way_out(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(UnsupportedFormat, match=says):
        take(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n....",
        gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0),
        bytes(range(256)) * 40,
        b"\x7fELF\x02\x01\x01\x00\x00",
        b"a,b\n" + bytes(range(32)) * 100,
    ],
)
def test_binary_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotText):
        take(tmp_path, content)
