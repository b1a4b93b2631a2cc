"""URL configuration of the audit trail: the page and its exports."""

from django.urls import path

from dashboard.audit import export, views

app_name = "audit"
urlpatterns = [
    path("", views.audit_trail, name="trail"),
    path("export/", export.files, name="export"),
    path("export/trail.csv", export.csv_file, name="csv"),
    path("export/trail.jsonl", export.json_lines_file, name="json_lines"),
]
