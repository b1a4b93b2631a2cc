"""URL patterns of personal tokens."""

from django.urls import path

from dashboard.personal_tokens import views

app_name = "personal_tokens"
urlpatterns = [
    path("", views.tokens, name="tokens"),
    path("kubeconfig/", views.kubeconfig, name="kubeconfig"),
    path("all/", views.all_tokens, name="all_tokens"),
    path("all/<int:pk>/revoke/", views.revoke_any_token, name="revoke_any"),
    path("<int:pk>/revoke/", views.revoke_token, name="revoke"),
]
