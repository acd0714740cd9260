"""What stands in the way: all of it by kind, and a page for each."""

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from agreements.days import first_publication
from agreements.implementation import (
    Cited,
    attach_sources,
    explain_obstacle,
    one_sided,
    public_versions,
    texts_of,
)
from agreements.models import Obstacle
from agreements.models.obstacle import ObstacleKind
from agreements.models.record import Change
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.views import public_page

from .choices import Choosing, explains_choices
from .on_a_day import ever_public, not_public_on, on_a_day, withdrawn_page

LABELS = {
    "kind": (_("Kind"), _("every kind")),
    "agreement": (_("Agreement"), _("all agreements")),
}


@public_page
@on_a_day
@explains_choices
def obstacle_list(request, day):
    """Everything that stands, or stood, in the way, by kind, with what it holds up."""
    version_of = public_versions(day)
    if day.is_past and not version_of:
        return not_public_on(request, day, first_publication())
    rows = Obstacle.objects.public_at(day.moment).filter(agreement__in=version_of)
    found = list(rows.prefetch_related("provisions").order_by("pk"))
    choosing = Choosing(request, _facets(found, version_of), LABELS, kept=("on",))
    shown = [
        each
        for each in found
        if choosing.chosen("kind") in (None, each.obstacle_kind)
        and choosing.chosen("agreement") in (None, version_of[each.agreement_id].agreement.slug)
    ]
    texts = texts_of(version_of)
    for each in shown:
        explain_obstacle(each, version_of[each.agreement_id], texts[each.agreement_id], day)
    kinds = list(ObstacleKind)
    standing = sorted(
        (each for each in shown if each.stands),
        key=lambda each: (kinds.index(each.obstacle_kind), each.agreement_id, each.pk),
    )
    context = {
        "day": day,
        "standing": [
            (ObstacleKind(kind).label, list(own))
            for kind, own in groupby(standing, key=lambda each: each.obstacle_kind)
        ],
        "standing_count": len(standing),
        "past": [each for each in shown if not each.stands],
        "filters": choosing.filters,
        "filtered": choosing.is_narrowed,
        "canonical_address": request.path,
    }
    return render(request, "agreements/obstacle_list.html", context)


def _facets(found, version_of):
    kinds, agreements = {}, {}
    for each in found:
        kinds.setdefault(each.obstacle_kind, []).append(each)
        version = version_of[each.agreement_id]
        agreements.setdefault(version.agreement.slug, (version, []))[1].append(each)
    return {
        "kind": {
            kind.value: (kind.label, len(kinds[kind])) for kind in ObstacleKind if kind in kinds
        },
        "agreement": {
            slug: (bare_text(reading(version, "short_title")), len(own))
            for slug, (version, own) in sorted(agreements.items())
        },
    }


@public_page
@on_a_day
def obstacle_page(request, key, day):
    """One obstacle for ever: what it is now, or that it was withdrawn, and how that came."""
    editions = Obstacle.objects.published().filter(key=key).select_related("agreement")
    editions = list(editions.prefetch_related("provisions").order_by("edition"))
    if not editions:
        raise Http404
    public = public_versions(day, agreement=editions[0].agreement_id)
    then = [each for each in editions if day.moment is None or each.published_at <= day.moment]
    if not public and not day.is_past:
        return withdrawn_page(request, ever_public(editions[0].agreement.slug))
    if not then or not public:
        first = editions[0].published_at if day.is_past else None
        return not_public_on(request, day, first)
    (version,) = public.values()
    obstacle = then[-1]
    explain_obstacle(obstacle, version, texts_of(public)[version.agreement_id], day)
    attach_sources([obstacle])
    cited = Cited()
    cited.numbers(obstacle)
    withdrawn = obstacle.change == Change.WITHDRAWAL
    context = {
        "obstacle": obstacle,
        "day": day,
        "changes": then[::-1],
        "withdrawn": withdrawn,
        "cited": cited,
        "one_sided": one_sided(obstacle.sources),
        "canonical_address": request.path,
    }
    return render(
        request, "agreements/obstacle_page.html", context, status=410 if withdrawn else 200
    )
