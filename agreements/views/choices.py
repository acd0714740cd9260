"""Filters and orders as plain links: what a list can be narrowed to, and what it answers."""

from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

from django.core.paginator import InvalidPage, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dialogue_platform.views import refusal


@dataclass(frozen=True)
class Choice:
    """One value of a filter or an order, as a link: its label, its count, whether it is chosen."""

    label: str | Promise
    address: str
    chosen: bool
    count: int | None = None


class NoSuchChoice(Exception):
    """A filter value that does not exist; `answer` is the page that names those that do."""

    def __init__(self, answer):
        self.answer = answer
        super().__init__()


def explains_choices(view):
    """Let a view answer a choice that does not exist with those that do."""

    @wraps(view)
    def explained(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except NoSuchChoice as error:
            return error.answer

    return explained


class Choosing:
    """What a reader chose of a list, and the links that choose otherwise.

    `facets` is {filter: {value: (label, count)}}, `labels` {filter: (its name, its name when
    nothing is chosen)}, `kept` the names of further parameters that links carry along.
    Raises NoSuchChoice for a value that is in no facet.
    """

    def __init__(self, request, facets, labels, kept=()):
        self.facets, self.labels = facets, labels
        names = (*facets, *kept)
        self.asked = {name: request.GET[name] for name in names if request.GET.get(name)}
        for name in facets:
            if name in self.asked and self.asked[name] not in facets[name]:
                values = {value: label for value, (label, _count) in facets[name].items()}
                raise NoSuchChoice(self.explain(request, name, values))

    def chosen(self, name):
        """Return the chosen value of a filter, or None."""
        return self.asked.get(name)

    @property
    def filters(self):
        """Return [(name of the filter, [Choice])], the choice of everything first."""
        return [(self.labels[name][0], self._choices(name)) for name in self.facets]

    @property
    def is_narrowed(self):
        return any(name in self.asked for name in self.facets)

    def _choices(self, name):
        everything = Choice(self.labels[name][1], self.address(name, None), name not in self.asked)
        return [everything] + [
            Choice(label, self.address(name, value), self.asked.get(name) == value, count)
            for value, (label, count) in self.facets[name].items()
        ]

    def address(self, name, value):
        """Return the query string that changes one choice and keeps the others."""
        chosen = {key: text for key, text in self.asked.items() if key != name}
        if value is not None:
            chosen[name] = value
        return "?" + urlencode(chosen)

    def explain(self, request, name, values):
        """Answer a value that does not exist with those that do; `values` is {value: label}."""
        choices = [(label, self.address(name, value)) for value, label in values.items()]
        return refusal(
            request, 400, _("The list cannot be narrowed that way. You can choose:"), choices
        )

    def page_of(self, rows, request, length):
        """Return (page of rows, [Choice of the pages]). Raises NoSuchChoice beyond the last."""
        try:
            page = Paginator(rows, length).page(request.GET.get("page") or 1)
        except InvalidPage as error:
            whole = [(_("The whole list"), self.address("page", None))]
            raise NoSuchChoice(
                refusal(request, 404, _("The list has no such page."), whole)
            ) from error
        numbers = [
            Choice(str(number), self.address("page", number), number == page.number)
            for number in page.paginator.page_range
        ]
        return page, numbers
