"""Consistency of the kind table: a sentence for each fault of an entry, or of a file of entries."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import Resolver404, resolve

from clusters.gateway.secret_reads import SECRETS
from dashboard.actions.table import find_page
from dashboard.address.paths import address
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import MENU_GROUPS
from tests.kinds.served import list_served

# Letters after g that stand on every page of a cluster: overview, clusters, API resources.
TAKEN_LETTERS = frozenset("hck")


def find_faults(kind: Kind) -> Iterator[str]:
    """What is wrong with one entry."""
    served = list_served().get((kind.group, kind.plural))
    if served is None or served.kind != kind.kind:
        yield f"{kind.slug}: no API server serves it as {kind.kind}"
    elif kind.default_sort and kind.default_sort.lstrip("-") not in served.columns:
        yield f"{kind.slug}: no column {kind.default_sort!r} to sort by"
    elif kind.menu and not {"list", "watch"} <= set(served.verbs):
        yield f"{kind.slug}: is in the menu and cannot be listed"
    if kind.menu and not kind.label:
        yield f"{kind.slug}: is in the menu without a label"
    if kind.menu and kind.menu.group not in MENU_GROUPS:
        yield f"{kind.slug}: is in a menu group that no menu has"
    if kind.value_fields and (kind.group, kind.plural) != (SECRETS.group, SECRETS.plural):
        yield f"{kind.slug}: has values that the gateway neither reveals nor records"
    if any(word != word.lower() for word in kind.tones.words):
        yield f"{kind.slug}: the words of status columns are written in lower case"
    yield from _find_unrouted_pages(kind)


def _find_unrouted_pages(kind: Kind) -> Iterator[str]:
    pages = ["yaml", "secret-value", *(one.page for one in (*kind.tabs, *kind.actions))]
    for page in pages[2:]:
        try:
            found = resolve(address("prod", kind.slug, namespace="shop", name="web").path(page)).view_name
        except Resolver404:
            found = ""
        # the last route takes every segment, and knows by its table which are actions
        if not found or (found == "resources:action" and find_page(kind, page) is None):
            yield f"{kind.slug}: no route for its page {page!r}"
    yield from (f"{kind.slug}: two pages {page!r}" for page, number in Counter(pages).items() if number > 1)


def find_clashes(kinds: Iterable[Kind]) -> list[str]:
    """What two entries claim, or an entry and the pages around it."""
    kinds = list(kinds)
    slots = [kind.menu for kind in kinds if kind.menu]
    claims: Counter[object] = Counter(
        [
            *(f"kind {kind.group}/{kind.kind}" for kind in kinds),
            *(f"resource {kind.group}/{kind.plural}" for kind in kinds),
            *(f"slot {slot.position} of {slot.group.title}" for slot in slots),
            *(f"letter {letter}" for letter in [*TAKEN_LETTERS, *(one.goto for one in slots if one.goto)]),
        ]
    )
    return sorted(f"two claim {claim}" for claim, number in claims.items() if number > 1)


@dataclass(frozen=True)
class Target:
    """A `Reference` or `Pick` in the source; group and kind are None where they are read from an object."""

    where: str
    group: str | None
    kind: str | None


def list_targets(folder: Path) -> list[Target]:
    """Every target that the files of a folder name, in any call of `Reference` or `Pick`."""
    found: list[Target] = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        constants = {
            name.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for name in node.targets
            if isinstance(name, ast.Name) and isinstance(node.value.value, str)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Reference", "Pick"):
                group, kind = (_read_text(argument, constants) for argument in node.args[1:3])
                found.append(Target(f"{path.name}:{node.lineno}", group, kind))
    return found


def _read_text(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None
