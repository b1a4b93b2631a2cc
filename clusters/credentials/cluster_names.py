"""Cluster names: display names and IDs (slugs) of clusters, validated and generated."""

from __future__ import annotations

from collections.abc import Set

from django.utils.text import slugify
from django.utils.translation import gettext as _

from clusters.credentials.errors import ServerError
from clusters.models import Cluster

# Words in the URLs of the pages about clusters.
RESERVED_SLUGS = frozenset({"add", "import", "requests", "credentials"})


def checked_name(name: str) -> str:
    """The name; `ServerError` where it contains what nobody can see."""
    if not name.isprintable():
        raise ServerError("name", _("The name contains an invisible character."))
    return name


def checked_slug(slug: str) -> str:
    """The ID; `ServerError` where one of our URLs has it already. Its characters are the model's to validate."""
    if slug in RESERVED_SLUGS:
        raise ServerError("slug", _("This ID is reserved. Choose another one."))
    return slug


def list_taken_slugs() -> set[str]:
    """The IDs that no new cluster can have."""
    return {*Cluster.objects.values_list("slug", flat=True), *RESERVED_SLUGS}


def free_slug(name: str, taken: Set[str]) -> str:
    """An ID for URLs that is not among `taken`, made from any name."""
    base = slugify(name)[:50].strip("-_").replace("_", "-") or "cluster"
    return next(
        slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken
    )
