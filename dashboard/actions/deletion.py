"""Delete: the form, the notices and the dependents of the page that deletes an object of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clusters.actions import deletion
from clusters.actions.change import Change
from clusters.actions.deletion import DeletionOptions, is_still_there, list_finalizers
from clusters.actions.dependents import DependentGroup, Dependents, find_dependents
from clusters.discovery import Resource
from dashboard.actions.action_page import ActionPage, Values
from dashboard.actions.forms import ActionForm
from dashboard.actions.subject import Subject
from dashboard.address import kubectl
from dashboard.frame.menu import label_of, name_in_plural
from dashboard.kinds.actions import DELETE
from dashboard.kinds.fields import mappings, number, text
from dashboard.objects.deletion_notice import describe_finalizers
from dashboard.pieces.notice import Detail, Notice

MAX_DEPENDENTS = 10  # with more of them the name is typed
LONGEST_GRACE = 7 * 86_400  # seconds
CASCADES = {"Background": "background", "Foreground": "foreground", "Orphan": "orphan"}
ALWAYS_TYPED = {("", "namespaces"), ("apiextensions.k8s.io", "customresourcedefinitions")}
PODS = ("", "pods")


class DeleteForm(ActionForm):
    """Propagation as a choice; the grace period of a pod, where an empty field means the pod's own."""

    propagation = forms.ChoiceField(
        label=gettext_lazy("Dependents"),
        choices=(
            ("Background", gettext_lazy("Delete them afterwards, in the background")),
            ("Foreground", gettext_lazy("Delete them first; the object stays until they are gone")),
            ("Orphan", gettext_lazy("Keep them: they lose their owner, and nothing manages them")),
        ),
        initial="Background",
        widget=forms.RadioSelect,
    )
    grace_period = forms.IntegerField(
        label=gettext_lazy("Grace period in seconds"),
        required=False,
        min_value=0,
        max_value=LONGEST_GRACE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: object = None, *, subject: Subject) -> None:
        super().__init__(data, subject=subject)
        if subject.key in ALWAYS_TYPED:  # what is in them goes, whatever is chosen
            del self.fields["propagation"]
        if subject.key != PODS:
            del self.fields["grace_period"]
            return
        own = number(subject.found, "spec", "terminationGracePeriodSeconds")
        self.fields["grace_period"].help_text = _(
            "Empty: the pod's own, %(seconds)s seconds. 0 deletes it at once, without waiting until its node has "
            "stopped the containers: they may still run."
        ) % {"seconds": own if own is not None else _("unknown")}


@dataclass(frozen=True)
class DependentRow:
    """A group as the page shows it: its list's URL, its count in words, and links to a few of its objects."""

    label: str
    url: str
    count: str
    effect: str
    examples: Sequence[tuple[str, str]]


def build_rows(subject: Subject, dependents: Dependents) -> Sequence[DependentRow]:
    """One row for each group of dependents."""
    return [_build_row(subject, group) for group in dependents.groups]


def describe_gaps(dependents: Dependents) -> Notice | None:
    """What is not known about dependents; None where every list was read whole."""
    if not dependents.is_partial:
        return None
    details = []
    if dependents.denied:
        details.append(Detail(_("You cannot list: %(kinds)s") % {"kinds": _name_kinds(dependents.denied)}))
    if dependents.unsearched:
        details.append(
            Detail(
                _("Not searched, or not completely: %(kinds)s")
                % {"kinds": _name_kinds(dependents.unsearched)}
            )
        )
    return Notice(
        _("There may be more dependents than these."),
        _("Only what you can list was searched, within limits of time and number."),
        "warning",
        details=tuple(details),
    )


def _describe(subject: Subject) -> Sequence[Notice]:
    found = subject.found
    notices = []
    deleting = text(found, "metadata", "deletionTimestamp")
    finalizers = list_finalizers(found)
    if deleting:
        notices.append(
            Notice(
                _("This object is already being deleted."),
                severity="info",
                details=describe_finalizers(finalizers),
            )
        )
    elif finalizers:
        notices.append(
            Notice(
                _("It stays until its finalizers are removed."),
                severity="info",
                details=describe_finalizers(finalizers),
            )
        )
    if controller := next(
        (one for one in mappings(found, "metadata", "ownerReferences") if one.get("controller") is True), None
    ):
        notices.append(
            Notice(
                _("%(kind)s %(name)s controls this object and may create it again.")
                % {"kind": text(controller, "kind"), "name": text(controller, "name")},
                severity="info",
            )
        )
    return notices


def _build(subject: Subject, values: Values) -> Change:
    options = DeletionOptions(
        uid=values["uid"],
        propagation=values.get("propagation") or "Background",
        grace_seconds=values.get("grace_period"),
    )
    return deletion.delete(subject.resource, subject.namespace, subject.name, options)


def _find_next_url(subject: Subject, answer: object) -> str:
    """The object's page while it is there, else the list that it was in."""
    return subject.address.path() if is_still_there(answer) else subject.address.listing().path()


def _command(subject: Subject, values: Values) -> str:
    options = [f"--cascade={CASCADES[values.get('propagation') or 'Background']}"]
    grace = values.get("grace_period")
    if grace is not None:
        options.append(f"--grace-period={grace}")
    if grace == 0:
        options.append("--force")
    return kubectl.object_command(subject.address, "delete", *options)


def _search(subject: Subject) -> Dependents:
    return find_dependents(
        subject.cluster_session, subject.resource, subject.namespace, subject.name, subject.uid
    )


def _build_row(subject: Subject, group: DependentGroup) -> DependentRow:
    links, kind, group_name = subject.opened.links, group.resource.kind, group.resource.api_version
    namespace = subject.name if subject.key == ("", "namespaces") else subject.namespace
    label = label_of(group.resource)
    count = _("at least %(n)d") % {"n": group.count} if group.is_at_least else str(group.count)
    return DependentRow(
        label=label,
        url=links.list(group_name, kind, namespace),
        count=count,
        effect=_describe_effect(subject, group),
        examples=[
            (one.name, links.object(group_name, kind, one.name, one.namespace)) for one in group.examples
        ],
    )


def _describe_effect(subject: Subject, group: DependentGroup) -> str:
    if group.relation == "content":
        return _("Deleted with it")
    if group.relation == "owned":
        return _("As you choose")
    if group.relation == "shared":
        return _("Kept: it has another owner")
    return _("Uses it, and keeps it until it is gone")


def _name_kinds(resources: Sequence[Resource], at_most: int = 12) -> str:
    names = ", ".join(name_in_plural(one) for one in resources[:at_most])
    more = len(resources) - at_most
    if more <= 0:
        return names
    return names + " " + ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}


PAGE = ActionPage(
    action=DELETE,
    heading=gettext_lazy("Delete %(name)s"),
    sentence=gettext_lazy("This cannot be undone."),
    button=gettext_lazy("Delete"),
    done=gettext_lazy("%(name)s is deleted."),
    form=DeleteForm,
    build=_build,
    command=_command,
    describe=_describe,
    needs_name=lambda subject: subject.key in ALWAYS_TYPED,
    search=_search,
    next_url=_find_next_url,
    delay=lambda subject, values: {
        "propagation": values.get("propagation") or "Background",
        "grace_seconds": values.get("grace_period"),
    },
)
