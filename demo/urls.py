"""URL routes of the demo: the user picker in front of the product's own routes."""

from django.urls import include, path

from dashboard import urls as product
from dashboard.urls import handler400, handler403, handler404, handler500
from demo import pages

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

demo = (
    [path("", pages.people, name="people"), path("pick/", pages.pick, name="pick")],
    "demo",
)
urlpatterns = [
    path("people/sign-in/", pages.demo_sign_in, name="demo_sign_in"),
    path("demo/", include(demo)),
    *product.urlpatterns,
]
