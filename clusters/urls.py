"""URL patterns of the cluster pages."""

from django.urls import path

from clusters.pages import credential, import_page, manage, mine, requests, teams

app_name = "clusters"
urlpatterns = [
    path("", mine.clusters, name="clusters"),
    path("add/", manage.add, name="add"),
    path("import/", import_page.import_kubeconfig, name="import"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:pk>/approve/", requests.approve, name="approve"),
    path("requests/<int:pk>/decline/", requests.decline, name="decline"),
    path("requests/<int:pk>/withdraw/", requests.withdraw, name="withdraw"),
    path("credentials/", mine.credentials, name="credentials"),
    path("credentials/<int:pk>/remove/", credential.remove_credential, name="remove_credential"),
    path("<slug:slug>/credential/", credential.credential, name="credential"),
    path("<slug:slug>/edit/", manage.edit, name="edit"),
    path("<slug:slug>/delete/", manage.delete, name="delete"),
    path("<slug:slug>/teams/", teams.teams, name="teams"),
    path("<slug:slug>/teams/<slug:team>/credential/", teams.team_credential, name="team_credential"),
    path(
        "<slug:slug>/teams/<slug:team>/credential/remove/",
        teams.remove_team_credential,
        name="remove_team_credential",
    ),
]
