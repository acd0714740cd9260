"""The three layers of an agreement's page: the one idea of the site, always in the same place."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dialogue_platform import languages

from . import markup

SUMMARY, DETAILS, FULL_TEXT = "summary", "details", "full-text"


@dataclass(frozen=True)
class Layer:
    """One depth: its name in addresses, its label, what it costs to read, where it is."""

    name: str
    label: Promise
    cost: str
    address: str


_LABELS = {SUMMARY: _("In brief"), DETAILS: _("In detail"), FULL_TEXT: _("Full text")}
_URL_NAMES = {
    SUMMARY: "agreement",
    DETAILS: "agreement-details",
    FULL_TEXT: "agreement-full-text",
}
_VERSION_URL_NAMES = {
    SUMMARY: "agreement-version",
    DETAILS: "agreement-version-details",
    FULL_TEXT: "agreement-version-full-text",
}


def layer_names():
    """Return {name in addresses: label} of the three layers, in order."""
    return dict(_LABELS)


def layer_address(name, slug, number=None):
    """Return the address of a layer: of what is public now, or of one version for ever."""
    if number is None:
        return reverse(_URL_NAMES[name], args=[slug])
    return reverse(_VERSION_URL_NAMES[name], args=[slug, number])


def difference_address(name, slug, old, new):
    """Return the address of the difference between two published versions at one depth."""
    return reverse(
        f"{_URL_NAMES[name].replace('agreement', 'agreement-difference', 1)}", args=[slug, old, new]
    )


def layers_of(version, provision_count, number=None, day=None):
    """Return the three Layers of a version, with their cost in the reader's language.

    They lead to what is public now, or stay inside the version of that number or on that Day.
    """
    query = day.query if day else ""
    summary, details, means = (
        languages.reading(version, field).text
        for field in ("summary", "details", "means_for_citizens")
    )
    costs = {
        SUMMARY: _minutes(markup.reading_minutes(summary, means)),
        DETAILS: _minutes(markup.reading_minutes(details)),
        FULL_TEXT: ngettext("%(count)d point", "%(count)d points", provision_count)
        % {"count": provision_count},
    }
    return [
        Layer(name, label, costs[name], layer_address(name, version.agreement.slug, number) + query)
        for name, label in _LABELS.items()
    ]


def _minutes(count):
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
