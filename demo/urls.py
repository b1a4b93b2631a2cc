"""Which page is where in the demo? The product's site map, and before it the page on which one picks who to be."""

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
    path("people/sign-in/", pages.sign_in, name="demo_sign_in"),
    path("demo/", include(demo)),
    *product.urlpatterns,
]
