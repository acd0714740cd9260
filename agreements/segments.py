"""Everything an editor can write in a version, each at a place that has a name.

A place is the same in every version of an agreement: "summary", "provision.p3.text",
"party.1.name", or a fact such as "date_agreed". Saving, translation state, checks and comparisons
all go through these, so that none of them can forget a text.
"""

from dataclasses import dataclass

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialogue_platform.languages import STORED, stored_text

from .fingerprints import PARTY_FIELDS, VERSION_FIELDS

# Long texts in the light markup; the rest are single lines.
RICH = ("form_note", "summary", "details", "means_for_citizens", "text", "plain")
# Nicknames differ from language to language: they are written, not translated.
NOT_TRANSLATED = ("also_known_as", "text_basis")
PROVISION_ORDER = ("heading", "text_basis", "text", "plain")
FACTS = (
    "source_language",
    "date_agreed",
    "date_precision",
    "track",
    "form_of_act",
    "known_as_of",
)
SUMMARY_WORDS = 120


@dataclass(frozen=True)
class Segment:
    """One text of a version, in three languages (or one fact, in none)."""

    place: str
    row: models.Model
    field: str
    trilingual: bool = True

    @property
    def is_rich(self):
        return self.field in RICH

    @property
    def is_translated(self):
        return self.trilingual and self.field not in NOT_TRANSLATED

    @property
    def model_field(self):
        return self.row._meta.get_field(self.field)

    @property
    def label(self):
        return self.model_field.verbose_name

    @property
    def full_label(self):
        """Return the label with the printed number of the point it belongs to."""
        if self.provision_text is None:
            return self.label
        return f"{_('point')} {self.provision_text.number}: {self.label}"

    @property
    def provision_text(self):
        """Return the ProvisionText this is part of, or None."""
        return self.row if self.place.startswith("provision.") else None

    def languages(self):
        return STORED if self.trilingual else ("",)

    def column(self, language):
        return f"{self.field}_{language}" if self.trilingual else self.field

    def value(self, language):
        """Return what stands there as a string: '' for nothing, a date as 2011-09-02."""
        if self.trilingual:
            return stored_text(self.row, self.field, language)
        value = getattr(self.row, self.field)
        return "" if value is None else str(value)


def texts_of(version):
    """Return the trilingual Segments of a version in reading order.

    Reads `provision_texts` and `parties` with their relations: no query where they are loaded
    (VersionQuerySet.with_texts).
    """
    found = [Segment(field, version, field) for field in VERSION_FIELDS]
    for text in version.provision_texts.all():
        found += [
            Segment(f"provision.{text.provision.key}.{field}", text, field)
            for field in PROVISION_ORDER
        ]
    for party in version.parties.all():
        found += [
            Segment(f"party.{party.position}.{field}", party, field) for field in PARTY_FIELDS
        ]
    return found


def facts_of(version):
    """Return the facts of a version, the printed numbers of its provisions and sides included."""
    found = [Segment(field, version, field, trilingual=False) for field in FACTS]
    found += [
        Segment(f"provision.{text.provision.key}.number", text, "number", trilingual=False)
        for text in version.provision_texts.all()
    ]
    found += [
        Segment(f"party.{party.position}.side", party, "side", trilingual=False)
        for party in version.parties.all()
    ]
    return found


def everything_of(version):
    """Return {place: Segment} of all that can be written in a version."""
    return {each.place: each for each in (*texts_of(version), *facts_of(version))}


def place_label(place):
    """Put a place into words for a list: "point p3: wording", "party 1", "summary"."""
    from .models import Party, ProvisionText, Version

    kind, *rest = place.split(".")
    what = {
        "provision": _("point"),
        "party": _("party"),
        "source": _("source"),
        "original": _("original"),
    }.get(kind)
    model = {"provision": ProvisionText, "party": Party}.get(kind, Version)
    try:
        label = model._meta.get_field(rest[-1] if rest else kind).verbose_name
    except FieldDoesNotExist:  # a whole point, party, source or file, or a name nobody knows
        return f"{what} {' '.join(rest)}" if what else place
    return f"{what} {rest[0]}: {label}" if what else label
