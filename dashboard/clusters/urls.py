"""URL patterns of the cluster pages."""

from django.urls import path

from dashboard.clusters import confirm, credential, import_views, manage, my_clusters, requests, sharing

app_name = "clusters"
urlpatterns = [
    path("", my_clusters.clusters, name="clusters"),
    path("add/", manage.add, name="add"),
    path("import/", import_views.import_kubeconfig, name="import"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:pk>/approve/", requests.approve, name="approve"),
    path("requests/<int:pk>/decline/", requests.decline, name="decline"),
    path("requests/<int:pk>/withdraw/", requests.withdraw, name="withdraw"),
    path("credentials/", my_clusters.credentials, name="credentials"),
    path("credentials/<int:pk>/remove/", credential.remove_credential, name="remove_credential"),
    path("<slug:slug>/credential/", credential.credential, name="credential"),
    path("<slug:slug>/credential/confirm/", confirm.confirm_credential, name="confirm_credential"),
    path("<slug:slug>/edit/", manage.edit, name="edit"),
    path("<slug:slug>/delete/", manage.delete, name="delete"),
    path("<slug:slug>/teams/", sharing.teams, name="teams"),
    path("<slug:slug>/teams/<slug:team>/credential/", sharing.team_credential, name="team_credential"),
    path(
        "<slug:slug>/teams/<slug:team>/credential/confirm/",
        confirm.confirm_team_credential,
        name="confirm_team_credential",
    ),
    path(
        "<slug:slug>/teams/<slug:team>/credential/remove/",
        sharing.remove_team_credential,
        name="remove_team_credential",
    ),
]
