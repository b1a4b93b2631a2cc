"""Which page of the frame is where?"""

from django.urls import path

from dashboard.shell import views

app_name = "shell"
urlpatterns = [
    path("signed-in/", views.signed_in_again, name="signed_in"),
    path("theme/", views.theme, name="theme"),
]
