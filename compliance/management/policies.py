"""Which policy a command runs."""

from __future__ import annotations

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions.policies import create_policy
from compliance.models import Policy
from compliance.packs.loader import Pack, available_packs
from terminal.command import Refused
from web.identifiers import read_uuid

NAMED = 10  # policies named in a refusal


def chosen_policy(group: AccountGroup, wanted: str) -> Policy | Pack:
    """The policy of that id or name; for the name of a pack the group's policy made from it, or the pack while there
    is none. Refused when there is none, or several of that name.
    """
    policies = Policy.objects.for_group(group).in_use()
    packs = {pack.name: pack for pack in available_packs()}
    pack = packs.get(wanted)
    named = policies.filter(pk=wanted) if read_uuid(wanted) else policies.filter(name=pack.title if pack else wanted)
    found: list[Policy] = list(named[: NAMED + 1])
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(policy.pk) for policy in found[:NAMED])
        raise Refused(f"Several policies are called {found[0].name}; name one by its id: {ids}.")
    if pack:
        return pack
    own = ", ".join(policy.name for policy in policies.order_by("-created_at")[:NAMED]) or "none yet"
    raise Refused(f"There is no policy {wanted}. Packs: {', '.join(packs)}. Policies of {group}: {own}.")


def made_policy(group: AccountGroup, by: Requester, chosen: Policy | Pack) -> Policy:
    """The policy itself; made from the pack if need be."""
    if isinstance(chosen, Policy):
        return chosen
    rules = [rule.canonical() for rule in chosen.rules]
    return create_policy(group=group, by=by, name=chosen.title, description=chosen.description, rules=rules)[0]
