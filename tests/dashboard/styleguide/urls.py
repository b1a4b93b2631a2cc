"""URL configuration of the style guide, beside the product's own routes."""

from django.urls import path

from dashboard.urls import handler400, handler403, handler404, handler500
from dashboard.urls import urlpatterns as product
from tests.dashboard.styleguide import pages

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *product,
    path("styleguide/error/", pages.error),
    path("styleguide/broken/", pages.broken),
    path("styleguide/save/", pages.save),
    path("styleguide/<slug:name>/", pages.sample),
]
