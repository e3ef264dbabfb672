"""Companies: the key that tells those of a group apart."""

from __future__ import annotations

from functools import lru_cache

from prospecting.normalising.texts import fold

_FORMS = """
    gmbh ag kg kgaa ohg gbr ug ev eg mbh se inc incorporated corp corporation co company ltd limited llc llp lp plc
    sa sas sarl sasu srl spa snc sl slu bv nv vof cv ab as asa aps oy oyj kft zrt nyrt sro doo dd ood ead jsc ojsc pjsc
    ooo oao zao pty pte pvt private bhd sdn kk group holding holdings
"""
_LEGAL_FORMS = frozenset(_FORMS.split())
_MOST = 300


@lru_cache(maxsize=8192)
def company_name_key(name: str) -> str:
    """Folded for comparison, without legal forms at its end: "Müller & Co. KG" and "mueller" alike."""
    words = fold(name).split()
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _LEGAL_FORMS:
        kept.pop()
    return " ".join(kept)[:_MOST]


def company_key(domain: str, name: str) -> str:
    """Of a domain in its normal form and a name: the domain, else the name. Empty for neither."""
    if domain:
        return domain
    key = company_name_key(name)
    return f"name:{key}"[:_MOST] if key else ""
