"""URL patterns of terminals."""

from django.urls import path

from dashboard.terminal import views

app_name = "terminal"
urlpatterns = [
    path("", views.terminals_page, name="list"),
    path("<str:terminal_id>", views.terminal_page, name="terminal"),
    path("<str:terminal_id>/end", views.end_page, name="end"),
]
