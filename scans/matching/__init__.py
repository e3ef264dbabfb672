"""What matches a specification, with which score, and what is the same event told twice: pure functions, no Django.

specification.parse_items -> judging.judge -> fold.fold -> identity.identities, in the order a scan needs them.
"""
