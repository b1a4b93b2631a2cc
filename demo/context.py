"""What does every page's frame know of the demo? Whom one may be, and who of them one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from demo.cast import BY_NAME, PICKED


def demo(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `demo.people`, and `demo.now`, None for a person who is none of them."""
    user = getattr(request, "user", None)
    name = user.username if user is not None and user.is_authenticated else ""
    return {"demo": {"people": PICKED, "now": BY_NAME.get(name)}}
