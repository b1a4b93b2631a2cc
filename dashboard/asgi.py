"""ASGI application: Django for requests, consumers for sockets, behind proxy and origin checks."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from django.core.asgi import get_asgi_application

django = get_asgi_application()  # first: models may only be imported after it

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import re_path  # noqa: E402

from dashboard.address.paths import clusters_in_path  # noqa: E402
from dashboard.assets.serving import StaticFiles  # noqa: E402
from dashboard.headers import StrictHeaders  # noqa: E402
from dashboard.live.consumer import LiveConsumer  # noqa: E402
from dashboard.live.session_checks import sockets  # noqa: E402
from dashboard.monitoring.tracking import RequestTracking  # noqa: E402
from dashboard.origins import OwnPagesOnly, refuse  # noqa: E402
from dashboard.passthrough.application import Passthrough  # noqa: E402
from dashboard.proxies import TrustedProxies  # noqa: E402
from dashboard.request_slots import RequestSlots  # noqa: E402
from dashboard.terminal.consumer import TerminalConsumer  # noqa: E402
from people.storage import keep_open  # noqa: E402

keep_open()
sockets.start()
if connection.vendor == "postgresql":
    connection.serve_requests()  # type: ignore[attr-defined] # dashboard/postgresql/base.py
websocket_routes = [
    re_path(r"^live/$", LiveConsumer.as_asgi()),
    re_path(r"^terminal/live$", TerminalConsumer.as_asgi()),
]
refuse_route = re_path("", refuse)  # type: ignore[arg-type]

application = TrustedProxies(
    RequestTracking(
        ProtocolTypeRouter(
            {
                "http": Passthrough(StrictHeaders(StaticFiles(RequestSlots(django, clusters_in_path)))),
                "websocket": OwnPagesOnly(URLRouter([*websocket_routes, refuse_route])),
            },
        )
    ),
    trusted=settings.TRUSTED_PROXIES,
    sub_path=settings.SUB_PATH,
)
