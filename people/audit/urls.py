"""URL configuration of the audit trail: the page and its exports."""

from django.urls import path

from people.audit import export, pages

app_name = "audit"
urlpatterns = [
    path("", pages.audit_trail, name="trail"),
    path("export/", export.files, name="export"),
    path("export/trail.csv", export.csv_file, name="csv"),
    path("export/trail.jsonl", export.json_lines_file, name="json_lines"),
]
