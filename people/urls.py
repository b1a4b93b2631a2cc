"""URL configuration of accounts: sign-in, own account, users and teams."""

from django.urls import include, path

from people import administration, invitations, mine, signing, teams

app_name = "people"
urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("here/", signing.check_session, name="here"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    # oneself
    path("me/", mine.me, name="me"),
    path("me/password/", mine.change_password, name="change_password"),
    path("sessions/", mine.sessions, name="sessions"),
    path("sessions/end-others/", mine.end_other_sessions, name="end_other_sessions"),
    path("sessions/sign-out-everywhere/", mine.sign_out_everywhere, name="sign_out_everywhere"),
    path("sessions/<str:session_id>/end/", mine.end_session, name="end_session"),
    # what was done
    path("audit/", include("people.audit.urls")),
    # administrators
    path("", administration.people, name="people"),
    path("invite/", administration.invite, name="invite"),
    path("invite/<int:pk>/withdraw/", administration.withdraw_invitation, name="withdraw_invitation"),
    path("<int:pk>/", administration.one_person, name="person"),
    path("<int:pk>/standing/", administration.change_global_role, name="change_standing"),
    path("<int:pk>/deactivate/", administration.deactivate, name="deactivate"),
    path("<int:pk>/activate/", administration.activate, name="activate"),
    path("<int:pk>/new-password-link/", administration.new_password_link, name="new_password_link"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("teams/<slug:slug>/delete/", teams.delete_team, name="delete_team"),
    path("teams/<slug:slug>/members/", teams.add_member, name="add_member"),
    path("teams/<slug:slug>/members/<int:user_id>/role/", teams.change_role, name="change_role"),
    path("teams/<slug:slug>/members/<int:user_id>/remove/", teams.remove_member, name="remove_member"),
]
