"""The list of agreements: filters are links; a wrong one is answered with the right ones."""

from django.db.models import Count
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, Debtor, Level, Obligation, Theme
from agreements.models.version import Track
from dialogue_platform import languages
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import sort_key
from dialogue_platform.views import public_page

from .choices import Choice, Choosing, explains_choices

PAGE_LENGTH = 50

SORTS = {"newest": _("Newest first"), "oldest": _("Oldest first"), "title": _("By title")}
DATE_ORDER = {"newest": "-published__date_agreed", "oldest": "published__date_agreed"}
COLUMNS = {
    "theme": "theme__slug",
    "track": "published__track",
    "year": "published__date_agreed__year",
}
# What a filter is called, and what it is called when nothing is chosen.
LABELS = {
    "theme": (_("Matter"), _("all matters")),
    "track": (_("Track"), _("all tracks")),
    "year": (_("Year"), _("all years")),
    "level": (_("State"), _("every state")),
    "side": (_("Who owes"), _("everybody")),
}


@public_page
@explains_choices
def agreement_list(request):
    """Public agreements, filtered and sorted by plain links."""
    found = Agreement.objects.for_list()
    # What has no obligations yet can be narrowed by none of their properties.
    facets = {name: values for name, values in _facets(found).items() if values}
    choosing = Choosing(request, facets, LABELS, kept=("sort",))
    sort = choosing.chosen("sort") or "newest"
    if sort not in SORTS:
        return choosing.explain(request, "sort", SORTS)
    narrowed = _sorted(_narrowed(found, choosing), sort)
    rows, page_choices = choosing.page_of(narrowed, request, PAGE_LENGTH)
    context = {
        "rows": rows,
        "filters": choosing.filters,
        "sorts": [
            Choice(label, choosing.address("sort", value), value == sort)
            for value, label in SORTS.items()
        ],
        "filtered": choosing.is_narrowed,
        "page_choices": page_choices,
    }
    return render(request, "agreements/agreement_list.html", context)


def _narrowed(found, choosing):
    """Return the agreements that fit every choice.

    Level and side mean one and the same obligation: "what Serbia owes and is complete".
    """
    for name, column in COLUMNS.items():
        if choosing.chosen(name):
            found = found.filter(**{column: choosing.chosen(name)})
    level, side = choosing.chosen("level"), choosing.chosen("side")
    if level or side:
        obligations = Obligation.objects.public().with_level()
        if level:
            obligations = obligations.filter(level=level)
        if side:
            obligations = obligations.filter(owed_by=side)
        found = found.filter(pk__in=obligations.values("provision__agreement"))
    return found


def _facets(found):
    """Return {filter: {value: (label, count)}} of everything public: six queries."""
    themes = {theme.slug: bare_text(reading(theme, "name")) for theme in Theme.objects.all()}
    tracked = Obligation.objects.public().filter(provision__agreement__published__isnull=False)
    levels = _agreements_by(tracked.with_level(), "level")
    debtors = _agreements_by(tracked, "owed_by")
    return {
        "theme": {
            row["theme__slug"]: (themes[row["theme__slug"]], row["n"])
            for row in _counted(found, "theme__slug", "theme__position", "theme__slug")
        },
        "track": {
            row["published__track"]: (Track(row["published__track"]).label, row["n"])
            for row in _counted(found, "published__track", "published__track")
        },
        "level": {each: (Level(each).label, levels[each]) for each in Level if each in levels},
        "side": {each: (Debtor(each).label, debtors[each]) for each in Debtor if each in debtors},
        "year": {
            str(row["published__date_agreed__year"]): (
                str(row["published__date_agreed__year"]),
                row["n"],
            )
            for row in _counted(
                found, "published__date_agreed__year", "-published__date_agreed__year"
            )
        },
    }


def _counted(found, column, *order):
    return found.order_by(*order).values(column).annotate(n=Count("pk"))


def _agreements_by(obligations, column):
    """Return {value: number of agreements with an obligation of that value}."""
    rows = obligations.order_by(column).values(column)
    rows = rows.annotate(n=Count("provision__agreement", distinct=True))
    return {row[column]: row["n"] for row in rows}


def _sorted(found, sort):
    """Return the rows in order: by date, or by title as the reader's alphabet has it."""
    if sort != "title":
        return found.order_by(DATE_ORDER[sort], "slug")
    cyrillic = languages.current().tag == "sr-Cyrl"

    def title(row):
        return sort_key(reading(row.published, "short_title").text, cyrillic)

    return sorted(found, key=title)
