"""What stands in the way: all of it by kind, and a page for each."""

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from agreements.days import NoSuchDay, asked_day, first_publication, versions_on
from agreements.implementation import Cited, attach_sources, explain_obstacle, one_sided
from agreements.models import Obstacle, ProvisionText, Version
from agreements.models.obstacle import ObstacleKind
from agreements.models.record import Change
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.views import public_page

from .choices import Choosing, NoSuchChoice
from .on_a_day import ever_public, no_such_day, not_public_on, withdrawn_page

LABELS = {
    "kind": (_("Kind"), _("every kind")),
    "agreement": (_("Agreement"), _("all agreements")),
}


@public_page
def obstacle_list(request):
    """Everything that stands, or stood, in the way, by kind, with what it holds up."""
    try:
        day = asked_day(request)
        public = versions_on(day)
        versions = Version.objects.select_related("agreement").in_bulk(set(public.values()))
        version_of = {agreement: versions[version] for agreement, version in public.items()}
        rows = Obstacle.objects.public_at(day.moment).filter(agreement__in=version_of)
        found = list(rows.prefetch_related("provisions").order_by("pk"))
        choosing = Choosing(request, _facets(found, version_of), LABELS, kept=("on",))
    except NoSuchDay:
        return no_such_day(request)
    except NoSuchChoice as error:
        return error.answer
    if day.is_past and not version_of:
        return not_public_on(request, day, first_publication())
    shown = [
        each
        for each in found
        if choosing.chosen("kind") in (None, each.obstacle_kind)
        and choosing.chosen("agreement") in (None, version_of[each.agreement_id].agreement.slug)
    ]
    texts = _texts(version_of)
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


def _texts(version_of):
    """Return {agreement id: {provision id: ProvisionText}} of the versions: one query."""
    ids = {version.pk: agreement for agreement, version in version_of.items()}
    of_agreement = {agreement: {} for agreement in version_of}
    for text in ProvisionText.objects.filter(version__in=ids).select_related("provision"):
        of_agreement[ids[text.version_id]][text.provision_id] = text
    return of_agreement


@public_page
def obstacle_page(request, key):
    """One obstacle for ever: what it is now, or that it was withdrawn, and how that came."""
    try:
        day = asked_day(request)
    except NoSuchDay:
        return no_such_day(request)
    editions = (
        Obstacle.objects.filter(key=key)
        .published()
        .select_related("agreement")
        .prefetch_related("provisions")
    )
    editions = list(editions.order_by("edition"))
    if not editions:
        raise Http404
    public = versions_on(day, agreement=editions[0].agreement_id)
    then = [each for each in editions if day.moment is None or each.published_at <= day.moment]
    if not public and not day.is_past:
        return withdrawn_page(request, ever_public(editions[0].agreement.slug))
    if not then or not public:
        first = editions[0].published_at if day.is_past else None
        return not_public_on(request, day, first)
    version = Version.objects.select_related("agreement").get(pk=next(iter(public.values())))
    obstacle = then[-1]
    texts = _texts({version.agreement_id: version})[version.agreement_id]
    explain_obstacle(obstacle, version, texts, day)
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
