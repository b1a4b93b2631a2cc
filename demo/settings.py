"""Django settings of the demo: the product's, plus the user picker and cookie names of its own.

Nothing of the product knows these settings: a server that is started in any other way has none of the demo's pages.
"""

from __future__ import annotations

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings import *  # noqa: F403 - all of the product, as it is
from dashboard.settings import BASE_DIR, DATABASES, INSTALLED_APPS, PRODUCTION, TEMPLATES
from demo.safety import find_unsafe_setting

_product: dict[str, Any] = TEMPLATES[0]

if why := find_unsafe_setting(os.environ):
    raise ImproperlyConfigured(why)
if PRODUCTION or not str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    raise ImproperlyConfigured(
        "DATABASE_URL is set, but the demo fills its database with made-up users and only uses its own."
    )

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "demo.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
TEMPLATES = [
    {
        **_product,
        "DIRS": [BASE_DIR / "demo" / "templates", *_product["DIRS"]],
        "OPTIONS": {
            **_product["OPTIONS"],
            "context_processors": [*_product["OPTIONS"]["context_processors"], "demo.context.demo"],
        },
    }
]

# Cookies are shared by all ports of an address: the demo signs nobody out of a real dashboard beside it.
SESSION_COOKIE_NAME = "quarterdeck-demo-session"
CSRF_COOKIE_NAME = "quarterdeck-demo-csrf"
