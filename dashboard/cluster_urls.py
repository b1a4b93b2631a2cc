"""URL routes of lists, objects and cluster pages under /c/."""

from django.urls import path

from dashboard.actions.history import history_page
from dashboard.actions.typed_names import change_typed_names
from dashboard.actions.views import action_page
from dashboard.create.copy import copy_page
from dashboard.create.views import create_page, save_new_draft, short_form_page
from dashboard.drains.planning import plan_page
from dashboard.drains.views import drain_page, drains_page, node_drains_page, resume_page, stop_page
from dashboard.edit.draft_views import draft_page, drafts_page, save_draft, save_patch_draft
from dashboard.edit.patch_views import patch_page
from dashboard.edit.views import edit_page
from dashboard.explore.api_groups import api_page, api_version_page
from dashboard.explore.cluster_home import cluster, landing
from dashboard.explore.explain import explain_kind_page, explain_page
from dashboard.explore.raw_get import raw_page
from dashboard.explore.schema import schema
from dashboard.explore.views import kinds_page
from dashboard.files.views import download, files_page
from dashboard.frame.reachability import check_reachability
from dashboard.lists.views import list_page
from dashboard.logs.views import object_logs, selected_logs
from dashboard.objects.secret_value import secret_value
from dashboard.objects.views import object_page, object_yaml
from dashboard.rollouts.views import rollout_page
from dashboard.terminal.views import start_page

app_name = "resources"
urlpatterns = [
    path("", landing, name="landing"),
    path("_drafts", drafts_page, name="drafts"),
    path("_drafts/<uuid:draft>", draft_page, name="draft"),
    path("<str:cluster>/", cluster, name="cluster"),
    path("<str:cluster>/_answers", check_reachability, name="answers"),
    path("<str:cluster>/_schema", schema, name="schema"),
    path("<str:cluster>/_typed-names", change_typed_names, name="typed_names"),
    path("<str:cluster>/_api", api_page, name="api"),
    path("<str:cluster>/_api/<str:group>/<str:version>", api_version_page, name="api_version"),
    path("<str:cluster>/_explain", explain_page, name="explain"),
    path("<str:cluster>/_explain/<str:resource>", explain_kind_page, name="explain_kind"),
    path("<str:cluster>/_raw", raw_page, name="raw"),
    path("<str:cluster>/_drains", drains_page, name="drains"),
    path("<str:cluster>/_drains/<int:number>", drain_page, name="drain"),
    path("<str:cluster>/_drains/<int:number>/stop", stop_page, name="drain_stop"),
    path("<str:cluster>/_drains/<int:number>/resume", resume_page, name="drain_resume"),
    path("<str:clusters>/<str:namespaces>/_kinds", kinds_page, name="kinds"),
    path("<str:clusters>/<str:namespaces>/_logs", selected_logs, name="selected_logs"),
    path("<str:clusters>/<str:namespaces>/_create", create_page, name="create"),
    path("<str:clusters>/<str:namespaces>/_create/draft", save_new_draft, name="save_new_draft"),
    path("<str:clusters>/<str:namespaces>/_create/<str:form>", short_form_page, name="short_form"),
    path("<str:clusters>/<str:namespaces>/<str:resource>", list_page, name="list"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>", object_page, name="object"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/yaml", object_yaml, name="object_yaml"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/logs", object_logs, name="object_logs"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/files", files_page, name="files"),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/files/download",
        download,
        name="files_download",
    ),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/terminal", start_page, name="terminal"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/edit", edit_page, name="edit"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/patch", patch_page, name="patch"),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/edit/draft", save_draft, name="save_draft"
    ),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/patch/draft",
        save_patch_draft,
        name="save_patch_draft",
    ),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/secret-value",
        secret_value,
        name="secret_value",
    ),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/copy", copy_page, name="copy"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/history", history_page, name="history"),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/drain", plan_page, name="drain_plan"),
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/drains",
        node_drains_page,
        name="node_drains",
    ),
    path("<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/rollout", rollout_page, name="rollout"),
    # the last: an action has the segment of its Kind.actions, and those above are no actions
    path(
        "<str:clusters>/<str:namespaces>/<str:resource>/<str:name>/<str:action>", action_page, name="action"
    ),
]
