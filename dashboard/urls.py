"""Which page is where? The site map."""

from django.urls import include, path

urlpatterns = [
    path("people/", include("people.urls")),
    path("clusters/", include("clusters.urls")),
    path("shell/", include("dashboard.shell.urls")),
]
