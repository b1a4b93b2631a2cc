"""URL routes of lists, objects and cluster pages under /c/."""

from django.urls import path

from dashboard.resources.answers import check_reachability
from dashboard.resources.kinds_page import kinds_page
from dashboard.resources.landing import cluster, landing
from dashboard.resources.list_page import list_page
from dashboard.resources.object_page import object_page, object_yaml
from dashboard.resources.secret_value import secret_value

app_name = "resources"
urlpatterns = [
    path("", landing, name="landing"),
    path("<str:cluster>/", cluster, name="cluster"),
    path("<str:cluster>/_answers", check_reachability, name="answers"),
    path("<str:clusters>/<str:namespaces>/_kinds", kinds_page, name="kinds"),
    path("<str:clusters>/<str:namespaces>/<str:resource>", list_page, name="list"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>", object_page, name="object"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/yaml", object_yaml, name="object_yaml"),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/secret-value",
        secret_value,
        name="secret_value",
    ),
]
