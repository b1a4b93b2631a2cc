"""View decorator: maps NotShared, NoCredential, suspended credentials and API errors to error pages and redirects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, BadRequest
from clusters.credentials.sealing import SealBroken
from clusters.credentials.suspension import CredentialSuspended
from clusters.gateway.connect import NoCredential, NotShared
from clusters.sharing import visible_clusters
from dashboard.address.paths import BadAddress
from dashboard.frame.notices import build_suspended_url, credential_href
from dashboard.shell.cluster_errors import render_cluster_error
from people.decorators import person

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def handle_cluster_errors(view: View[P]) -> View[P]:
    """Answer NotShared with 404, a missing credential with the page that adds one, an API error with its own page."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BadAddress as wrong:
            return render_cluster_error(request, BadRequest(f"{wrong.field}: {wrong.message}", status=400))
        except NotShared:
            raise Http404(_("This cluster does not exist or is not shared with you.")) from None
        except NoCredential as missing:
            return redirect(credential_href(missing.cluster.slug, _way_back(request)))
        except CredentialSuspended as waiting:
            return redirect(build_suspended_url(waiting.credential, waiting.suspension, _way_back(request)))
        except SealBroken:
            return redirect(credential_href(_slug(kwargs), _way_back(request)))
        except ApiError as error:
            # the frame stays that of the cluster: its strip, and the way back to it
            cluster = visible_clusters(person(request)).filter(slug=_slug(kwargs)).first()
            return render_cluster_error(request, error, cluster=cluster)

    return wrapper


def _way_back(request: HttpRequest) -> str:
    """The requested page; nothing for a form, which cannot be sent again by a link."""
    return request.get_full_path() if request.method == "GET" else ""


def _slug(kwargs: Mapping[str, object]) -> str:
    """The first cluster in the address of the page."""
    return str(kwargs.get("clusters") or kwargs.get("cluster") or "").partition(",")[0]
