"""Rule packs: policies ready to copy, as data files beside their loader."""

from compliance.packs.loader import Pack, UnknownPack, available_packs, load_pack

__all__ = ["Pack", "UnknownPack", "available_packs", "load_pack"]
