"""The timeline: what happened, by year and kind; and beside it the phases of the dialogue."""

from itertools import groupby

from django.db.models import Prefetch
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from agreements.implementation import attach_sources
from agreements.models import Agreement, Event, Phase
from agreements.models.event import EventKind
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.views import public_page

from .choices import Choosing, explains_choices

# Without a choice the page shows the newest years, whole ones, up to about so many events: the
# whole list would weigh more than a first page may.
FIRST_VIEW = 20

LABELS = {
    "year": (_("Year"), _("the newest years")),
    "kind": (_("Kind"), _("every kind")),
    "agreement": (_("Agreement"), _("all agreements")),
}


@public_page
@explains_choices
def timeline(request):
    """Events, newest first, narrowed by plain links."""
    agreements = Agreement.objects.public().select_related("published")
    events = Event.objects.public().prefetch_related(Prefetch("agreements", agreements))
    events = list(events.order_by("-happened_on", "pk"))
    choosing = Choosing(request, _facets(events), LABELS)
    shown = [each for each in events if _fits(each, choosing)]
    if not choosing.is_narrowed:
        shown = _newest_years(shown)
    attach_sources(shown)
    context = {
        "years": [
            (year, list(own))
            for year, own in groupby(shown, key=lambda each: each.happened_on.year)
        ],
        "count": len(shown),
        "whole_count": len(events),
        "filters": choosing.filters,
        "filtered": choosing.is_narrowed,
        "canonical_address": request.path,
    }
    return render(request, "agreements/timeline.html", context)


@public_page
def phases(request):
    """The periods of the dialogue: when, at which level, who led and who facilitated."""
    rows = Phase.objects.prefetch_related("people", "sources")
    return render(request, "agreements/phases.html", {"phases": rows})


def _newest_years(events):
    """Return the events of the newest years, the last of which brings the number to FIRST_VIEW."""
    if len(events) <= FIRST_VIEW:
        return events
    oldest = events[FIRST_VIEW - 1].happened_on.year
    return [each for each in events if each.happened_on.year >= oldest]


def _facets(events):
    years, kinds, agreements = {}, {}, {}
    for each in events:
        years.setdefault(str(each.happened_on.year), []).append(each)
        kinds.setdefault(each.event_kind, []).append(each)
        for agreement in each.agreements.all():
            agreements.setdefault(agreement.slug, (agreement, []))[1].append(each)
    return {
        "year": {year: (year, len(own)) for year, own in years.items()},
        "kind": {kind.value: (kind.label, len(kinds[kind])) for kind in EventKind if kind in kinds},
        "agreement": {
            slug: (bare_text(reading(agreement.published, "short_title")), len(own))
            for slug, (agreement, own) in sorted(agreements.items())
        },
    }


def _fits(event, choosing):
    own = {
        "year": str(event.happened_on.year),
        "kind": event.event_kind,
    }
    if any(choosing.chosen(name) not in (None, value) for name, value in own.items()):
        return False
    agreement = choosing.chosen("agreement")
    return agreement is None or any(each.slug == agreement for each in event.agreements.all())
