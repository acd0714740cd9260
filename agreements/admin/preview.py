"""The real public page of any version, draft or sealed, in every edition, at two widths."""

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.http import Http404
from django.urls import reverse
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_sameorigin

from agreements.layers import Layer, layer_names, layers_of
from agreements.views.agreement import render_version
from dialogue_platform import languages

from .desk import desk, version_of

WIDTHS = {"phone": 360, "desktop": 1280}


def _edition(request):
    """Return the PublicLanguage asked for, the editor's own unless asked."""
    return languages.BY_CODE.get(request.GET.get("language", "")) or languages.current()


@csp_update({"frame-src": [SELF]})
def preview(request, agreement, number, layer):
    """The frame: choices of edition, layer and width around the page itself."""
    version = version_of(agreement, number)
    if version is None or layer not in layer_names():
        raise Http404
    edition = _edition(request)
    width = request.GET.get("width") if request.GET.get("width") in WIDTHS else "phone"
    address = reverse("admin:agreement-preview-page", args=[agreement.pk, number, layer])
    return desk(
        request,
        "preview",
        agreement,
        version,
        layer=layer,
        layers=layer_names(),
        edition=edition,
        editions=languages.PUBLIC,
        width=width,
        widths=WIDTHS,
        pixels=WIDTHS[width],
        frame=f"{address}?language={edition.code}",
    )


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})
def page(request, agreement, number, layer):
    """The public page itself, with its ways deeper leading to other pages of the preview."""
    version = version_of(agreement, number)
    if version is None or layer not in layer_names():
        raise Http404
    edition = _edition(request)
    with translation.override(edition.code):
        request.LANGUAGE_CODE = edition.code  # the Latin page is made on the way out
        layers = [
            Layer(each.name, each.label, each.cost, _address(agreement, number, each.name, edition))
            for each in layers_of(version, len(version.provision_texts.all()))
        ]
        response = render_version(
            request,
            agreement,
            version,
            layer,
            layers,
            extra={
                "is_preview": True,
                "editions": [
                    (other, _address(agreement, number, layer, other)) for other in languages.PUBLIC
                ],
            },
        )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _address(agreement, number, layer, edition):
    address = reverse("admin:agreement-preview-page", args=[agreement.pk, number, layer])
    return f"{address}?language={edition.code}"
