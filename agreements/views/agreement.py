"""One agreement: at three depths, and through its published versions."""

from dataclasses import replace
from itertools import pairwise

from django.db.models import F
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from agreements.comparing import changed_facts, changed_lists, changed_texts
from agreements.differences import with_way_to_first_change
from agreements.fingerprints import PARTY_FIELDS, PROVISION_FIELDS
from agreements.implementation import Glance
from agreements.layers import (
    DETAILS,
    FULL_TEXT,
    SUMMARY,
    difference_address,
    layer_address,
    layer_names,
    layers_of,
)
from agreements.models import Publication, Version
from agreements.reading import PageOfVersion
from agreements.structured_data import article
from agreements.translation_state import is_behind
from dialogue_platform import languages
from dialogue_platform.passages import in_script
from dialogue_platform.views import public_page, refusal

from .on_a_day import ever_public, nothing_public, on_a_day, version_on

# What each layer shows of a version.
FIELDS = {
    SUMMARY: ("summary", "means_for_citizens", "form_note"),
    DETAILS: ("details",),
    FULL_TEXT: (),
}

# What a comparison of two versions shows at each depth: every text has its place.
DIFFERENCE_FIELDS = {
    SUMMARY: (
        "title",
        "short_title",
        "place",
        "form_note",
        "summary",
        "means_for_citizens",
        *PARTY_FIELDS,
    ),
    DETAILS: ("details",),
    FULL_TEXT: PROVISION_FIELDS,
}


@public_page
@on_a_day
def agreement_page(request, slug, layer, day, number=None):
    """One agreement at one depth: what is public now or was on a day, or one version for ever."""
    at_a_day = number is None and day.asked
    version = version_on(slug, day) if at_a_day else _version(slug, number)
    if version is None:
        return nothing_public(request, slug, day)
    layers = layers_of(version, len(version.provision_texts.all()), number, day)
    became = Glance(version.agreement, day) if number is None and layer == SUMMARY else None
    return render_version(
        request,
        version.agreement,
        version,
        layer,
        layers,
        day=day if number is None else None,
        extra={"is_at_version_address": number is not None, "became": became},
    )


def render_version(request, agreement, version, layer, layers, day=None, extra=(), remark=None):
    """Render a version at one depth: what is public, an older one, a draft in preview, or what
    experts review (`remark`: see PageOfVersion).

    `day` is the Day a reader asked for; None where a version is read at its own address.
    """
    beside = languages.BY_CODE.get(request.GET.get("with", languages.current().code))
    if beside is None:
        return _explain_languages(request)
    page = PageOfVersion(
        version,
        fields=FIELDS[layer],
        provisions=version.provision_texts.all() if layer == FULL_TEXT else (),
        beside=beside if beside != languages.current() else None,
        remark=remark,
    )
    publications = Publication.objects.filter(version=version).select_related("withdrawal")
    if day is not None and day.moment is not None:  # what was published again since is not of it
        publications = publications.filter(published_at__lte=day.moment)
    publication = publications.newest_first().first()
    context = {
        "agreement": agreement,
        "version": version,
        "page": page,
        "layer": layer,
        "layers": layers,
        "deeper": next((after for each, after in pairwise(layers) if each.name == layer), None),
        "other_languages": _other_languages(),
        "publication": publication,
        "canonical_address": layer_address(layer, agreement.slug),
        "is_old": version.pk != agreement.published_id,
        "is_behind": is_behind(version, languages.current().stored),
        "day": day,
        "structured_data": article(request, version, page),
    }
    return render(
        request, f"agreements/agreement_{layer.replace('-', '_')}.html", context | dict(extra)
    )


def _version(slug, number=None):
    """Return what is public of an agreement (None if it was withdrawn), or one published version.

    One query for the version with its agreement. Raises Http404 where nothing was ever public.
    """
    versions = Version.objects.with_texts().filter(agreement__slug=slug)
    if number is None:
        return versions.filter(pk=F("agreement__published")).first()
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
    """Every publication of an agreement and every withdrawal, newest first."""
    agreement = ever_public(slug)
    publications = list(
        agreement.publications.select_related(
            "version__agreement", "withdrawal__publication"
        ).newest_first()
    )
    is_public = (each for each in publications if each.version_id == agreement.published_id)
    steps = zip(publications, [*publications[1:], None], strict=True)
    context = {
        "agreement": agreement,
        "version": agreement.published or publications[0].version,
        "publications": [
            (publication, before and before.version.number) for publication, before in steps
        ],
        "current": next(is_public, None),
    }
    return render(request, "agreements/agreement_history.html", context)


@public_page
def agreement_difference(request, slug, layer, old, new):
    """What changed between two published versions, at one depth, in the reader's language."""
    agreement = ever_public(slug)
    before, after = _version(slug, old), _version(slug, new)
    language = languages.current()
    texts = {
        name: changed_texts(before, after, language.stored, fields=fields)
        for name, fields in DIFFERENCE_FIELDS.items()
    }
    facts, lists = changed_facts(before, after), changed_lists(before, after)
    counts = {name: len(found) for name, found in texts.items()}
    counts[SUMMARY] += len(facts) + len(lists)
    changed = [
        (each.segment, in_script(each.html, _own(each, language), language))
        for each in texts[layer]
    ]
    if changed:  # a long text may differ in one word near its end
        segment, first = changed[0]
        changed[0] = segment, replace(first, html=with_way_to_first_change(first.html))
    context = {
        "agreement": agreement,
        "version": after,
        "old": before,
        "layer": layer,
        "layers": [
            (name, label, difference_address(name, slug, old, new), counts[name])
            for name, label in layer_names().items()
        ],
        "changed": changed,
        "facts": facts if layer == SUMMARY else [],
        "lists": lists if layer == SUMMARY else [],
        "canonical_address": difference_address(layer, slug, old, new),
    }
    return render(request, "agreements/agreement_difference.html", context)


def _own(changed, language):
    return languages.Reading(changed.new or changed.old, language.stored, foreign=False)
