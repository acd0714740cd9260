"""One agreement: at three depths, and through its published versions."""

from itertools import pairwise

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from agreements.layers import DETAILS, FULL_TEXT, SUMMARY, layer_address, layers_of
from agreements.models import Agreement, Publication, Version
from agreements.reading import PageOfVersion
from agreements.structured_data import article
from dialogue_platform import languages
from dialogue_platform.views import public_page, refusal

# What each layer shows of a version.
FIELDS = {
    SUMMARY: ("summary", "means_for_citizens", "form_note"),
    DETAILS: ("details",),
    FULL_TEXT: (),
}


@public_page
def agreement_page(request, slug, layer, number=None):
    """One agreement at one depth: what is public now, or one published version for ever."""
    agreement = get_object_or_404(Agreement.objects.for_list(), slug=slug)
    version = _version(agreement, number)
    beside = languages.BY_CODE.get(request.GET.get("with", languages.current().code))
    if beside is None:
        return _explain_languages(request)
    provisions = version.provision_texts.all()
    page = PageOfVersion(
        version,
        fields=FIELDS[layer],
        provisions=provisions if layer == FULL_TEXT else (),
        beside=beside if beside != languages.current() else None,
    )
    layers = layers_of(version, len(provisions), number)
    context = {
        "agreement": agreement,
        "version": version,
        "page": page,
        "layer": layer,
        "layers": layers,
        "deeper": next((after for each, after in pairwise(layers) if each.name == layer), None),
        "other_languages": _other_languages(),
        "publication": Publication.objects.filter(version=version).newest_first().first(),
        "canonical_address": layer_address(layer, slug),
        "is_at_version_address": number is not None,
        "is_old": version.pk != agreement.published_id,
        "structured_data": article(request, version, page),
    }
    return render(request, f"agreements/agreement_{layer.replace('-', '_')}.html", context)


def _version(agreement, number):
    """Return the public version of an agreement, or the published one of a number, or 404."""
    versions = Version.objects.with_texts().filter(agreement=agreement)
    if number is None:
        return versions.get(pk=agreement.published_id)
    try:
        return versions.published().get(number=number)
    except (Version.DoesNotExist, OverflowError) as error:  # SQLite's integers end at 2^63
        raise Http404 from error


def _explain_languages(request):
    reason = _("There is no such language to show beside this one.")
    choices = [(other.name, f"?with={other.code}") for other in _other_languages()]
    return refusal(request, 400, reason, choices)


def _other_languages():
    """Return the public languages other than the page's own."""
    return [language for language in languages.PUBLIC if language != languages.current()]


@public_page
def agreement_history(request, slug):
    """Every publication of an agreement, newest first."""
    agreement = get_object_or_404(Agreement.objects.for_list(), slug=slug)
    publications = list(agreement.publications.select_related("version__agreement").newest_first())
    is_public = (each for each in publications if each.version_id == agreement.published_id)
    context = {
        "agreement": agreement,
        "version": agreement.published,
        "publications": publications,
        "current": next(is_public, None),
    }
    return render(request, "agreements/agreement_history.html", context)
