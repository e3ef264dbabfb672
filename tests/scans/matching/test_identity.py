"""An event keeps its identity from scan to scan."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from scans.matching.identity import Found, Seen, identities, signal_key
from scans.matching.traces import packed, same_event, trace, unpacked
from tests.scans.matching.invented import Written, days_ago
from tests.scans.matching.test_fold import story


def found(*documents: Written) -> Found:
    return Found(tuple(signal_key(each, "acme") for each in documents), trace(documents[0]))


def seen(*documents: Written) -> Seen:
    event = found(*documents)
    return Seen(event.keys[0], frozenset(event.keys), event.trace)


def test_a_key_names_company_type_and_document():
    one = story(key="a")
    keys = {signal_key(one, "acme"), signal_key(one, "other"), signal_key(story(key="b"), "acme")}
    keys.add(signal_key(replace(one, type="post"), "acme"))
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert signal_key(one, "acme") == signal_key(replace(one, text="edited", posted_at=None), "acme")


def test_the_same_document_keeps_its_identity_when_edited():
    (identity,) = identities([found(Written(key="a", text="new words"))], [seen(story(key="a"))])
    assert identity == seen(story(key="a")).identity


def test_an_event_keeps_its_identity_when_another_site_comes_to_stand_for_it():
    first, second = story(key="a", url="https://a.example"), story(2, key="b", url="https://b.example")
    assert identities([found(second, first)], [seen(first)]) == [seen(first).identity]


def test_a_late_copy_alone_is_the_event_seen_before():
    earlier = story(key="a", posted_at=days_ago(6))
    assert identities([found(story(2, key="b"))], [seen(earlier)]) == [seen(earlier).identity]
    assert identities([found(story(20, key="b"))], [seen(earlier)]) != [seen(earlier).identity]


def test_an_earlier_signal_goes_to_one_event_only_and_to_its_own_document_first():
    known = seen(story(key="a"))
    near, own = found(story(1, key="b", posted_at=days_ago(3))), found(story(key="a"))
    given_ = identities([near, own], [known])
    assert given_[1] == known.identity
    assert given_[0] == near.keys[0]


def test_two_documents_of_one_guid_have_two_identities():
    one, other = (
        found(story(key="1", url="https://a.example")),
        found(Written(key="1", text="else", url="https://b.example")),
    )
    given_ = identities([one, other], [])
    assert len(set(given_)) == 2
    assert identities([one, other], [replace(seen(story(key="1")), identity=given_[0])])[0] == given_[0]


events = st.builds(
    lambda changed, key, day: found(story(changed, key=key, posted_at=days_ago(day))),
    st.integers(0, 12), st.text("abc", min_size=1, max_size=2), st.integers(0, 12),
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.lists(events, max_size=5), st.lists(events, max_size=5, unique_by=lambda event: event.keys[0]))
def test_identities_are_unique_and_stay(now, before):
    earlier = [Seen(event.keys[0], frozenset(event.keys), event.trace) for event in before]
    given_ = identities(now, earlier)
    assert len(set(given_)) == len(now)
    after = [Seen(identity, frozenset(event.keys), event.trace) for identity, event in zip(given_, now, strict=True)]
    if len({event.keys[0] for event in now}) == len(now):
        assert identities(now, after) == given_


def test_a_trace_can_be_kept():
    document = Written(
        title="Senior engineer", text="What we do", type="job_opening", key="ü\n1", url="https://x", posted_at=None
    )
    for each in (document, story(posted_at=days_ago(2)), Written()):
        again = unpacked(packed(trace(each)))
        assert same_event(again, trace(each))
        assert packed(again) == packed(trace(each))
    assert unpacked(packed(trace(document))).name == ("senior", "engineer")
