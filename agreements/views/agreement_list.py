"""The list of agreements: filters are links; a wrong one is answered with the right ones."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, Theme
from agreements.models.version import Track
from dialogue_platform import languages
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import sort_key
from dialogue_platform.views import public_page, refusal

PAGE_LENGTH = 50

SORTS = {"newest": _("Newest first"), "oldest": _("Oldest first"), "title": _("By title")}
DATE_ORDER = {"newest": "-published__date_agreed", "oldest": "published__date_agreed"}
FILTERS = {
    "theme": "theme__slug",
    "track": "published__track",
    "year": "published__date_agreed__year",
}


@dataclass(frozen=True)
class Choice:
    """One value of a filter or an order, as a link: its label, its count, whether it is chosen."""

    label: str | Promise
    address: str
    chosen: bool
    count: int | None = None


@public_page
def agreement_list(request):
    """Public agreements, filtered and sorted by plain links."""
    asked = {name: request.GET[name] for name in (*FILTERS, "sort") if request.GET.get(name)}
    found = Agreement.objects.for_list()
    facets = _facets(found)
    for name, column in FILTERS.items():
        if name in asked:
            if asked[name] not in facets[name]:
                return _explain(request, name, asked, facets)
            found = found.filter(**{column: asked[name]})
    sort = asked.get("sort", "newest")
    if sort not in SORTS:
        return _explain(request, "sort", asked, facets)
    try:
        rows = Paginator(_sorted(found, sort), PAGE_LENGTH).page(request.GET.get("page") or 1)
    except InvalidPage:
        return refusal(request, 404, _("The list has no such page."), [(_("All agreements"), "?")])
    context = {
        "rows": rows,
        "filters": [(_FILTER_LABELS[name][0], _choices(name, asked, facets)) for name in FILTERS],
        "sorts": [
            Choice(label, _address(asked, "sort", value), value == sort)
            for value, label in SORTS.items()
        ],
        "filtered": bool(asked.keys() & FILTERS.keys()),
        "page_choices": [
            Choice(str(number), _address(asked, "page", number), number == rows.number)
            for number in rows.paginator.page_range
        ],
    }
    return render(request, "agreements/agreement_list.html", context)


# What a filter is called, and what it is called when nothing is chosen.
_FILTER_LABELS = {
    "theme": (_("Matter"), _("all matters")),
    "track": (_("Track"), _("all tracks")),
    "year": (_("Year"), _("all years")),
}


def _facets(found):
    """Return {filter: {value: (label, count)}} of everything public: three queries."""
    themes = {theme.slug: bare_text(reading(theme, "name")) for theme in Theme.objects.all()}
    return {
        "theme": {
            row["theme__slug"]: (themes[row["theme__slug"]], row["n"])
            for row in _counted(found, "theme__slug", "theme__position", "theme__slug")
        },
        "track": {
            row["published__track"]: (Track(row["published__track"]).label, row["n"])
            for row in _counted(found, "published__track", "published__track")
        },
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


def _sorted(found, sort):
    """Return the rows in order: by date, or by title as the reader's alphabet has it."""
    if sort != "title":
        return found.order_by(DATE_ORDER[sort], "slug")
    cyrillic = languages.current().tag == "sr-Cyrl"

    def title(row):
        return sort_key(reading(row.published, "short_title").text, cyrillic)

    return sorted(found, key=title)


def _choices(name, asked, facets):
    everything = Choice(_FILTER_LABELS[name][1], _address(asked, name, None), name not in asked)
    return [everything] + [
        Choice(label, _address(asked, name, value), asked.get(name) == value, count)
        for value, (label, count) in facets[name].items()
    ]


def _address(asked, name, value):
    """Return the query string that changes one choice and keeps the others."""
    chosen = {key: text for key, text in asked.items() if key != name}
    if value is not None:
        chosen[name] = value
    return "?" + urlencode(chosen)


def _explain(request, name, asked, facets):
    """Answer a filter value that does not exist with those that do."""
    values = SORTS if name == "sort" else {key: label for key, (label, _n) in facets[name].items()}
    choices = [(label, _address(asked, name, value)) for value, label in values.items()]
    return refusal(
        request, 400, _("The list cannot be narrowed that way. You can choose:"), choices
    )
