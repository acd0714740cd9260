"""What became of it: of one agreement, and of the whole dialogue, on any day."""

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from agreements import implementation, spreadsheet
from agreements.days import first_publication
from agreements.implementation import (
    LEVELS,
    AgreementRecords,
    Cited,
    Tracked,
    attach_sources,
    one_sided,
    stands,
)
from agreements.layers import layers_of
from agreements.models import Assessment, Obligation, Obstacle
from agreements.models.record import Change
from agreements.reading import PageOfVersion
from agreements.scale import level_label, levels_on
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text, passage_of
from dialogue_platform.views import public_page

from .choices import Choosing, explains_choices
from .on_a_day import (
    ever_public,
    not_public_on,
    nothing_public,
    on_a_day,
    version_on,
    withdrawn_page,
)

PAGE_LENGTH = 30  # obligations on one page of the list
LATEST = 8  # assessments under "what changed lately"

LABELS = {
    "agreement": (gettext_lazy("Agreement"), gettext_lazy("all agreements")),
    "theme": (gettext_lazy("Matter"), gettext_lazy("all matters")),
    "side": (gettext_lazy("Who owes"), gettext_lazy("everybody")),
    "level": (gettext_lazy("State"), gettext_lazy("every state")),
}


# ── One agreement ────────────────────────────────────────────────────────────────────────────


@public_page
@on_a_day
def agreement_implementation(request, slug, day):
    """What became of one agreement: obligations, obstacles and positions, on one day."""
    version = version_on(slug, day)
    if version is None:
        return nothing_public(request, slug, day)
    records = AgreementRecords(version, day)
    context = {
        "agreement": version.agreement,
        "version": version,
        "page": PageOfVersion(version),
        "records": records,
        "day": day,
        "layers": layers_of(version, len(records.texts), day=day),
        "levels": levels_on(each.current for each in records.obligations if each.current),
        "canonical_address": request.path,
    }
    return render(request, "agreements/agreement_implementation.html", context)


@public_page
@on_a_day
def obligation_page(request, slug, key, day):
    """One obligation for ever: every assessment with its reason, and how the record changed."""
    editions = Obligation.objects.published().filter(key=key, provision__agreement__slug=slug)
    editions = list(editions.select_related("provision__agreement").order_by("edition"))
    if not editions:
        raise Http404
    version = version_on(slug, day)
    then = [each for each in editions if day.moment is None or each.published_at <= day.moment]
    if version is None or not then:
        if day.is_past:
            return not_public_on(request, day, editions[0].published_at)
        return withdrawn_page(request, ever_public(slug))
    assessments = Assessment.objects.published().filter(obligation=editions[0])
    if day.moment is not None:
        assessments = assessments.filter(published_at__lte=day.moment)
    assessments = list(assessments.select_related("evidence").order_by("as_of", "pk"))
    public = [each for each in assessments if each.is_public_at(day.moment)]
    each = Tracked(then[-1], public, day.date)
    texts = {text.provision_id: text for text in version.provision_texts.all()}
    each.text = texts.get(each.obligation.provision_id)
    attach_sources([each.obligation, *public])
    cited = Cited()
    obstacles = Obstacle.objects.public_at(day.moment).filter(
        agreement=version.agreement, provisions=each.obligation.provision_id
    )
    context = {
        "version": version,
        "each": each,
        "newest_first": public[::-1],
        "withdrawn": each.obligation.change == Change.WITHDRAWAL,
        "obstacles": [obstacle for obstacle in obstacles if stands(obstacle, day.date)],
        "changes": sorted(
            (row for row in [*then, *assessments] if row.change != Change.FIRST),
            key=lambda row: row.published_at,
            reverse=True,
        ),
        "day": day,
        "cited": cited,
        "one_sided": one_sided(
            [source for record in [each.obligation, *public] for source in record.sources]
        ),
        "levels": levels_on(public),
        "canonical_address": request.path,
    }
    status = 410 if context["withdrawn"] else 200
    return render(request, "agreements/obligation_page.html", context, status=status)


# ── The whole dialogue ───────────────────────────────────────────────────────────────────────


@public_page
@on_a_day
@explains_choices
def implementation_list(request, day, form="page"):
    """Every obligation, by agreement, matter, debtor and level; `form` is "page" or "csv"."""
    found, version_of = implementation.everything(day)
    if day.is_past and not version_of:
        return not_public_on(request, day, first_publication())
    choosing = Choosing(request, _facets(found, version_of), LABELS, kept=("on",))
    implementation.give_texts(found, version_of)
    shown = [each for each in found if _fits(each, choosing)]
    shown.sort(key=lambda each: _place(each, version_of))
    if form == "csv":
        return spreadsheet.obligations(shown, version_of, day)
    rows, page_choices = choosing.page_of(shown, request, PAGE_LENGTH)
    context = {
        "day": day,
        "rows": rows,
        "groups": [
            (version_of[agreement], list(own))
            for agreement, own in groupby(rows, key=lambda each: each.agreement.pk)
        ],
        "matrix": _matrix(shown, version_of, day),
        "sides": [
            (debtor.label, choosing.address("side", debtor.value), len(own), _cells(own))
            for debtor, own in implementation.by_debtor(shown)
        ],
        "total": _cells(shown),
        "columns": [(level, level_label(level)) for level in LEVELS],
        "filters": choosing.filters,
        "filtered": choosing.is_narrowed,
        "page_choices": page_choices,
        "download": choosing.address("page", None),
        "latest": [] if day.is_past else implementation.latest_assessments(version_of, LATEST),
        "levels": levels_on(each.current for each in shown if each.current),
        "canonical_address": request.path,
    }
    return render(request, "agreements/implementation_list.html", context)


def _facets(found, version_of):
    """Return {filter: {value: (label, count of obligations)}} of everything on that day."""
    themes, agreements = {}, {}
    for each in found:
        theme, version = each.agreement.theme, version_of[each.agreement.pk]
        themes.setdefault((theme.position, theme.slug), (theme, []))[1].append(each)
        agreements.setdefault(version.agreement.slug, (version, []))[1].append(each)
    return {
        "agreement": {
            slug: (bare_text(reading(version, "short_title")), len(own))
            for slug, (version, own) in sorted(agreements.items())
        },
        "theme": {
            theme.slug: (bare_text(reading(theme, "name")), len(own))
            for _place, (theme, own) in sorted(themes.items())
        },
        "side": {
            debtor.value: (debtor.label, len(own))
            for debtor, own in implementation.by_debtor(found)
        },
        "level": {
            level: (level_label(level), count)
            for level, count in implementation.counted(found).items()
        },
    }


def _fits(each, choosing):
    """Tell whether an obligation fits everything that was chosen."""
    own = {
        "agreement": each.agreement.slug,
        "theme": each.agreement.theme.slug,
        "side": each.obligation.owed_by,
        "level": each.level,
    }
    return all(choosing.chosen(name) in (None, value) for name, value in own.items())


def _place(each, version_of):
    """Return where an obligation stands in the list: agreements newest first."""
    version = version_of[each.agreement.pk]
    newest_first = -version.date_agreed.toordinal()
    return newest_first, version.agreement.slug, implementation.in_order(each)


def _cells(found):
    """Return the number of obligations at each level, 0 included, in the order of LEVELS."""
    numbers = implementation.counted(found)
    return [(level, numbers.get(level, 0)) for level in LEVELS]


def _matrix(shown, version_of, day):
    """Return [(title, address, number, cells)], one row an agreement, in the order of the list."""
    return [
        (
            passage_of(version_of[agreement], "short_title").html,
            reverse("agreement-implementation", args=[version_of[agreement].agreement.slug])
            + day.query,
            len(own),
            _cells(own),
        )
        for agreement, own in (
            (key, list(rows)) for key, rows in groupby(shown, key=lambda each: each.agreement.pk)
        )
    ]
