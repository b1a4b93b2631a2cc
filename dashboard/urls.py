"""URL configuration: the site map."""

from django.urls import include, path

from dashboard.overview.views import overview

urlpatterns = [
    path("", overview, name="home"),
    path("people/", include("dashboard.accounts.urls")),
    path("clusters/", include("dashboard.clusters.urls")),
    path("c/", include("dashboard.cluster_urls")),
    path("shell/", include("dashboard.shell.urls")),
]

handler400 = "dashboard.shell.errors.bad_request"
handler403 = "dashboard.shell.errors.permission_denied"
handler404 = "dashboard.shell.errors.not_found"
handler500 = "dashboard.shell.errors.server_error"
