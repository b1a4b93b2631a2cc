"""Access rules: who may use each view of the URL configuration; a view without a rule fails.

A rule says what a view answers to each person. It is the tests' own knowledge, and not read from the product.
"""

from __future__ import annotations

from enum import Enum

from tests.attacks.installation import ADMINISTRATOR, OWNER
from tests.attacks.routes import Route


class Rule(Enum):
    """What must be so before a view does anything."""

    TOKEN = "the metrics token, which is not set here: for everybody it is not there, whoever is signed in"
    OPEN = "nothing: it is for who is not signed in, or holds nothing of anybody"
    SIGNED_IN = "a session; it shows and changes what is one's own"
    OWN = "a session, and the object is the person's own: for others it is not there"
    AUDITOR = "the global role of an auditor or an administrator"
    ADMINISTRATOR = "the global role of an administrator"
    CLUSTER = "the cluster is shared with a team of the person's: for others it is not there"
    EDITOR = "beyond that, the role of an editor on the cluster; an auditor has none"
    STARTER = "beyond that, the person started it; others see it, and cannot go on with it"
    EDITOR_WRITES = "who sees the cluster sees what a change would do; only an editor makes it"


RULES: dict[str, Rule] = {
    "home": Rule.SIGNED_IN,
    "accounts:sign_in": Rule.OPEN,
    "accounts:sign_out": Rule.OPEN,
    "accounts:invitation": Rule.OPEN,
    "accounts:here": Rule.SIGNED_IN,
    "accounts:me": Rule.SIGNED_IN,
    "accounts:change_password": Rule.SIGNED_IN,
    "accounts:sessions": Rule.SIGNED_IN,
    "accounts:end_other_sessions": Rule.SIGNED_IN,
    "accounts:sign_out_everywhere": Rule.SIGNED_IN,
    "accounts:end_session": Rule.OWN,
    "accounts:people": Rule.ADMINISTRATOR,
    "accounts:invite": Rule.ADMINISTRATOR,
    "accounts:withdraw_invitation": Rule.ADMINISTRATOR,
    "accounts:person": Rule.ADMINISTRATOR,
    "accounts:change_global_role": Rule.ADMINISTRATOR,
    "accounts:deactivate": Rule.ADMINISTRATOR,
    "accounts:activate": Rule.ADMINISTRATOR,
    "accounts:new_password_link": Rule.ADMINISTRATOR,
    "accounts:teams": Rule.ADMINISTRATOR,
    "accounts:team": Rule.ADMINISTRATOR,
    "accounts:delete_team": Rule.ADMINISTRATOR,
    "accounts:add_member": Rule.ADMINISTRATOR,
    "accounts:change_role": Rule.ADMINISTRATOR,
    "accounts:remove_member": Rule.ADMINISTRATOR,
    "accounts:audit:trail": Rule.SIGNED_IN,
    "accounts:audit:export": Rule.SIGNED_IN,
    "accounts:audit:csv": Rule.SIGNED_IN,
    "accounts:audit:json_lines": Rule.SIGNED_IN,
    "clusters:clusters": Rule.SIGNED_IN,
    "clusters:add": Rule.ADMINISTRATOR,
    "clusters:import": Rule.SIGNED_IN,
    "clusters:requests": Rule.SIGNED_IN,
    "clusters:approve": Rule.ADMINISTRATOR,
    "clusters:decline": Rule.ADMINISTRATOR,
    "clusters:withdraw": Rule.OWN,
    "clusters:credentials": Rule.SIGNED_IN,
    "clusters:remove_credential": Rule.OWN,
    "clusters:credential": Rule.CLUSTER,
    "clusters:confirm_credential": Rule.CLUSTER,
    "clusters:edit": Rule.ADMINISTRATOR,
    "clusters:delete": Rule.ADMINISTRATOR,
    "clusters:teams": Rule.ADMINISTRATOR,
    "clusters:team_credential": Rule.ADMINISTRATOR,
    "clusters:confirm_team_credential": Rule.ADMINISTRATOR,
    "clusters:remove_team_credential": Rule.ADMINISTRATOR,
    "personal_tokens:tokens": Rule.SIGNED_IN,
    "personal_tokens:kubeconfig": Rule.SIGNED_IN,
    "personal_tokens:revoke": Rule.OWN,
    "personal_tokens:all_tokens": Rule.ADMINISTRATOR,
    "personal_tokens:revoke_any": Rule.ADMINISTRATOR,
    "resources:landing": Rule.SIGNED_IN,
    "resources:cluster": Rule.CLUSTER,
    "resources:answers": Rule.CLUSTER,
    "resources:kinds": Rule.CLUSTER,
    "resources:schema": Rule.CLUSTER,
    "resources:api": Rule.CLUSTER,
    "resources:api_version": Rule.CLUSTER,
    "resources:explain": Rule.CLUSTER,
    "resources:explain_kind": Rule.CLUSTER,
    "resources:raw": Rule.CLUSTER,
    "resources:create": Rule.EDITOR_WRITES,
    "resources:short_form": Rule.EDITOR_WRITES,
    "resources:copy": Rule.CLUSTER,
    "resources:list": Rule.CLUSTER,
    "resources:object": Rule.CLUSTER,
    "resources:object_yaml": Rule.CLUSTER,
    "resources:object_logs": Rule.CLUSTER,
    "resources:selected_logs": Rule.CLUSTER,
    "resources:files": Rule.EDITOR,
    "resources:files_download": Rule.EDITOR,
    "resources:edit": Rule.EDITOR_WRITES,
    "resources:patch": Rule.EDITOR_WRITES,
    "resources:save_draft": Rule.EDITOR,
    "resources:save_patch_draft": Rule.EDITOR,
    "resources:save_new_draft": Rule.EDITOR,
    "resources:drafts": Rule.SIGNED_IN,
    "resources:draft": Rule.OWN,
    "resources:secret_value": Rule.EDITOR,
    "resources:action": Rule.EDITOR_WRITES,
    "resources:history": Rule.CLUSTER,
    "resources:typed_names": Rule.EDITOR,
    "resources:drains": Rule.CLUSTER,
    "resources:node_drains": Rule.CLUSTER,
    "resources:drain": Rule.CLUSTER,
    "resources:drain_plan": Rule.EDITOR_WRITES,
    "resources:drain_stop": Rule.EDITOR,
    "resources:drain_resume": Rule.STARTER,
    "bulk:runs": Rule.SIGNED_IN,
    "bulk:confirm": Rule.SIGNED_IN,
    "bulk:run": Rule.OWN,
    "bulk:retry": Rule.OWN,
    "bulk:call_back": Rule.OWN,
    "resources:rollout": Rule.CLUSTER,
    "resources:terminal": Rule.EDITOR_WRITES,
    "terminal:list": Rule.SIGNED_IN,
    "terminal:terminal": Rule.OWN,
    "terminal:end": Rule.OWN,
    "shell:signed_in": Rule.SIGNED_IN,
    "shell:theme": Rule.OPEN,
    "healthz": Rule.OPEN,
    "readyz": Rule.OPEN,
    "metrics": Rule.TOKEN,
}

# What an auditor may still write: one's own session, own credential, own preferences, and nothing else.
AUDITORS_OWN = {
    # own session
    "accounts:sign_in",
    "accounts:sign_out",
    "accounts:invitation",
    "accounts:end_session",
    "accounts:end_other_sessions",
    "accounts:sign_out_everywhere",
    # own credential: the password here, and what proves who one is to a cluster
    "accounts:change_password",
    "clusters:credential",
    "clusters:confirm_credential",
    "clusters:import",
    "clusters:remove_credential",
    # own tokens, by which nothing is reached that the auditor could not reach before
    "personal_tokens:tokens",
    "personal_tokens:kubeconfig",
    "personal_tokens:revoke",
    # own texts that are not saved, which the cluster sees nothing of
    "resources:draft",
    # own preferences: one's name, light or dark, and which namespaces one has opened
    "accounts:me",
    "shell:theme",
    "resources:cluster",
}

HARBOUR_USERS = {"ada", "dana", "rene", "aude"}  # after Installation.demote
SIGNED_OUT = {"", "idle"}
SIGN_IN, MISSING, FORBIDDEN, ALLOWED = "sign-in", "404", "403", "in"


def get_rule(route: Route) -> Rule:
    assert route.name in RULES, (
        f"{route.name} ({''.join(route.parts)}) is in no rule: say in RULES of tests/attacks/rules.py who may use it."
    )
    return RULES[route.name]


def expect_access(route: Route, who: str, *, writes: bool) -> str:
    """What this person is answered where the object is dana's: sign-in, 404, 403 or in. `who` is "" for nobody."""
    rule = get_rule(route)
    if rule is Rule.OPEN:
        return ALLOWED
    if rule is Rule.TOKEN:
        return MISSING
    if who in SIGNED_OUT:
        return SIGN_IN
    if writes and who == "aude" and route.name not in AUDITORS_OWN:
        return FORBIDDEN
    if rule is Rule.EDITOR_WRITES:
        rule = Rule.EDITOR if writes else Rule.CLUSTER
    return _expect_signed_in(rule, who)


def _expect_signed_in(rule: Rule, who: str) -> str:
    answers = {
        Rule.SIGNED_IN: ALLOWED,
        Rule.OWN: ALLOWED if who == OWNER else MISSING,
        Rule.AUDITOR: ALLOWED if who in ("aude", ADMINISTRATOR) else FORBIDDEN,
        Rule.ADMINISTRATOR: ALLOWED if who == ADMINISTRATOR else FORBIDDEN,
        Rule.CLUSTER: ALLOWED if who in HARBOUR_USERS else MISSING,
        Rule.STARTER: MISSING if who not in HARBOUR_USERS else ALLOWED if who == OWNER else FORBIDDEN,
        Rule.EDITOR: MISSING if who not in HARBOUR_USERS else ALLOWED if who in ("ada", OWNER) else FORBIDDEN,
    }
    return answers[rule]
