"""URL routes of bulk actions and their runs under /bulk/."""

from django.urls import path

from dashboard.bulk import views

app_name = "bulk"
urlpatterns = [
    path("", views.runs_page, name="runs"),
    path("confirm/", views.confirm, name="confirm"),
    path("<uuid:run_id>/", views.run_page, name="run"),
    path("<uuid:run_id>/retry/", views.retry, name="retry"),
    path("<uuid:run_id>/call-back/", views.call_back, name="call_back"),
]
