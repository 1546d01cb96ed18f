"""Importing a folder of rules registers them."""
from . import bans, documents, layers, sizes
from .tree import CODE_ROOTS, RULES, Finding, Tree

__all__ = ["CODE_ROOTS", "RULES", "Finding", "Tree", "bans", "documents", "findings", "layers", "sizes"]


def findings(tree: Tree) -> list[Finding]:
    return sorted(f for check in RULES for f in check(tree))
