"""Copy page view: into which cluster and namespace an object is copied, and under which name."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.api.paths import is_dns_label
from clusters.sharing import visible_clusters
from dashboard.address.paths import ALL, MAX_NAME, is_object_name, parse
from dashboard.create.starting import name_source
from dashboard.frame.entrance import handle_cluster_errors
from dashboard.objects.opening import OpenObject, open_object
from dashboard.objects.views import build_object_frame
from people.decorators import person, require_sign_in
from people.models import User

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class CopyForm(forms.Form):
    """Where the copy goes."""

    cluster = forms.ChoiceField(label=gettext_lazy("Cluster"))
    namespace = forms.CharField(
        label=gettext_lazy("Namespace"), max_length=63, widget=forms.TextInput(attrs=PLAIN)
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs=PLAIN)
    )

    def __init__(self, data: object, *, opened: OpenObject, user: User) -> None:
        address = opened.address
        initial = {"cluster": address.cluster, "namespace": address.namespace, "name": f"{address.name}-copy"}
        super().__init__(data, initial=initial, auto_id="id_%s")  # type: ignore[arg-type]  # a QueryDict or None
        clusters = visible_clusters(user).order_by("name")
        self.fields["cluster"].choices = [(one.slug, one.name) for one in clusters]  # type: ignore[attr-defined]
        if not opened.resource.namespaced:
            del self.fields["namespace"]

    def clean_namespace(self) -> str:
        namespace = str(self.cleaned_data["namespace"])
        if not is_dns_label(namespace):
            raise ValidationError(_("“%(name)s” is no name of a namespace.") % {"name": namespace})
        return namespace

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_object_name(name):
            raise ValidationError(_("“%(name)s” is not a valid object name.") % {"name": name})
        return name


@require_safe
@never_cache
@require_sign_in
@handle_cluster_errors
def copy_page(request: HttpRequest, /, **path: str) -> HttpResponse:
    """The form; with its fields in the query the way to the create page, which holds the copy. Nothing is written."""
    address = parse(path, request.GET)
    user = person(request)
    opened = open_object(user, address, with_related=False)
    try:
        form = CopyForm(request.GET if "name" in request.GET else None, opened=opened, user=user)
        if form.is_valid():
            values = form.cleaned_data
            target = reverse("resources:create", args=[values["cluster"], values.get("namespace") or ALL])
            query = {"copy": name_source(address), "name": values["name"]}
            return redirect(f"{target}?{urlencode(query)}")
        status = 422 if form.is_bound else 200
        context = {**build_object_frame(opened), "form": form, "copy_url": address.path("copy")}
        return render(request, "create/copy.html", context, status=status)
    finally:
        opened.close()
