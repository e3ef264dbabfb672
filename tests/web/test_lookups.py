"""Many values as one parameter."""

from __future__ import annotations

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from web.lookups import text_array

TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
    | st.text(st.sampled_from('{}",\\ \nNULL'))
)


class TextArrays(HypothesisTestCase):
    @given(values=TEXTS)
    def test_postgresql_reads_what_it_reads_of_a_list_of_psycopg(self, values: list[str | None]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text[], %s::text[]", [text_array(values), values])
            assert cursor.fetchone() == (values, values)
