"""Context processor of the demo: the selectable users, and the current one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from demo.users import SELECTABLE_USERS, USERS_BY_NAME


def demo(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `demo.people`, and `demo.now`, None for a person who is none of them."""
    user = getattr(request, "user", None)
    name = user.username if user is not None and user.is_authenticated else ""
    return {"demo": {"people": SELECTABLE_USERS, "now": USERS_BY_NAME.get(name)}}
