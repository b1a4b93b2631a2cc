"""URL configuration of the shell."""

from django.urls import path

from dashboard.shell import views

app_name = "shell"
urlpatterns = [
    path("signed-in/", views.finish_sign_in, name="signed_in"),
    path("theme/", views.theme, name="theme"),
]
