"""Addresses as strangers write them."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.sources import plain
from scans.sources.plain import web_address

SCHEMES = st.sampled_from(["https://", "http://", "HTTP://", "ftp://", "//", ""])
HOSTS = st.from_regex(r"[a-z0-9.:@\[\]-]{0,20}", fullmatch=True) | st.sampled_from(["acme.example", "acme.example:80"])
PATHS = st.text("aZ0/._~+-?#%;&=: \t\u00e9\\", max_size=20)


@given(st.builds("{}{}{}".format, SCHEMES, HOSTS, PATHS))
def test_a_whole_address_is_read_as_any_other(text: str) -> None:
    fast = web_address(text, "https://base.example/news/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_WHOLE", plain.re.compile(r"(?!)"))
        assert fast == web_address(text, "https://base.example/news/")


@pytest.mark.parametrize(
    "path", ["story", "/a/b", "?p=1", "../x", "https://other.example/a/../b", "https://other.example"]
)
def test_an_address_is_relative_to_its_page(path: str) -> None:
    base = "https://acme.example/news/feed.rss"
    assert web_address(path, base) == urljoin(base, path)
    assert urlsplit(web_address(path, base)).hostname
