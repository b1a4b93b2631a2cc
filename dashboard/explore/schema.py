"""Schema of a kind as JSON: what an editor completes, explains and validates by."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clusters.api.errors import ApiError
from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import NoCredential, NotShared, connect
from clusters.openapi.kind_schemas import fetch_schema
from people.decorators import person, require_sign_in

MAX_NAME = 320  # characters of an apiVersion or a kind


@require_safe
@require_sign_in
def schema(request: HttpRequest, cluster: str) -> HttpResponse:
    """`?apiVersion=apps/v1&kind=Deployment`: a `clusters.openapi.kind_schemas.KindSchema`.

    Else a status, and `{"error": text}`.
    """
    api_version, kind = (request.GET.get(name, "")[:MAX_NAME] for name in ("apiVersion", "kind"))
    try:
        cluster_session = connect(person(request), cluster)
        if not (api_version and kind):
            return _refuse(_("The query needs apiVersion and kind."), 422)
        resource = cluster_session.catalog().kind(api_version, kind)
        if resource is None or resource.api_version != api_version:
            return _refuse(_("The cluster does not serve this kind."), 404)
        return HttpResponse(
            fetch_schema(cluster_session.client, resource).content, content_type="application/json"
        )
    except NotShared:
        return _refuse(_("This cluster does not exist or is not shared with you."), 404)
    except (NoCredential, SealBroken):
        return _refuse(_("You have no credential for this cluster that can be used."), 409)
    except ApiError as error:
        return _refuse(_(error.title), error.status if error.status in (403, 404, 429) else 502)


def _refuse(message: str, status: int) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)
