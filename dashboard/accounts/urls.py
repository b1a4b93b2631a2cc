"""URL configuration of accounts: sign-in, own account, users and teams."""

from django.urls import include, path

from dashboard.accounts import account, invitations, people, sign_in, teams

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("here/", sign_in.check_session, name="here"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    # oneself
    path("me/", account.me, name="me"),
    path("me/password/", account.change_password, name="change_password"),
    path("sessions/", account.sessions, name="sessions"),
    path("sessions/end-others/", account.end_other_sessions, name="end_other_sessions"),
    path("sessions/sign-out-everywhere/", account.sign_out_everywhere, name="sign_out_everywhere"),
    path("sessions/<str:session_id>/end/", account.end_session, name="end_session"),
    # what was done
    path("audit/", include("dashboard.audit.urls")),
    # administrators
    path("", people.people, name="people"),
    path("invite/", people.invite, name="invite"),
    path("invite/<int:pk>/withdraw/", people.withdraw_invitation, name="withdraw_invitation"),
    path("<int:pk>/", people.one_person, name="person"),
    path("<int:pk>/standing/", people.change_global_role, name="change_global_role"),
    path("<int:pk>/deactivate/", people.deactivate, name="deactivate"),
    path("<int:pk>/activate/", people.activate, name="activate"),
    path("<int:pk>/new-password-link/", people.new_password_link, name="new_password_link"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("teams/<slug:slug>/delete/", teams.delete_team, name="delete_team"),
    path("teams/<slug:slug>/members/", teams.add_member, name="add_member"),
    path("teams/<slug:slug>/members/<int:user_id>/role/", teams.change_role, name="change_role"),
    path("teams/<slug:slug>/members/<int:user_id>/remove/", teams.remove_member, name="remove_member"),
]
