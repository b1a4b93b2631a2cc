"""URL configuration: the site map."""

from django.urls import include, path

from dashboard.monitoring.views import healthz, metrics, readyz
from dashboard.overview.views import overview

urlpatterns = [
    path("", overview, name="home"),
    path("people/", include("dashboard.accounts.urls")),
    path("clusters/", include("dashboard.clusters.urls")),
    path("c/", include("dashboard.cluster_urls")),
    path("tokens/", include("dashboard.personal_tokens.urls")),
    path("terminal/", include("dashboard.terminal.urls")),
    path("bulk/", include("dashboard.bulk.urls")),
    path("shell/", include("dashboard.shell.urls")),
    path("healthz", healthz, name="healthz"),  # these three are answered by dashboard.monitoring.middleware
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "dashboard.shell.errors.bad_request"
handler403 = "dashboard.shell.errors.permission_denied"
handler404 = "dashboard.shell.errors.not_found"
handler500 = "dashboard.shell.errors.server_error"
