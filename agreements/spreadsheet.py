"""Obligations as a table for spreadsheets and programs: CSV, UTF-8, in the reader's language."""

import csv

from django.http import HttpResponse
from django.utils.translation import gettext as _

from dialogue_platform import languages
from dialogue_platform.dates import machine
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import to_latin

from .implementation import NOT_ASSESSED, attach_sources
from .models import Assessment
from .models.obligation import Level

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def obligations(found, version_of, day):
    """Return [Tracked] as a download; `version_of` is {agreement id: Version}. Two queries."""
    current = Assessment.objects.in_bulk([each.current.pk for each in found if each.current])
    attach_sources([*current.values(), *(each.obligation for each in found)])
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"obligations-{day.date.isoformat()}-{languages.current().code}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")  # without it a spreadsheet program takes the letters for others
    writer = csv.writer(response)
    writer.writerow(_cell(heading) for heading in _headings())
    for each in found:
        version = version_of[each.agreement.pk]
        sources = (current[each.current.pk] if each.current else each.obligation).sources
        addresses = " ".join(source.url for source in sources)  # not words: no script of their own
        cells = [_cell(value) for value in _row(each, version, current)]
        writer.writerow([*cells, _no_formula(addresses)])
    return response


def _headings():
    return [
        _("Key"),
        _("Agreement"),
        _("Point"),
        _("What is owed"),
        _("Who owes"),
        _("Due"),
        _("Days overdue"),
        _("State"),
        _("As of"),
        _("Disputed"),
        _("Confidence"),
        _("Reason"),
        _("Next check"),
        _("Sources"),
    ]


def _row(each, version, current):
    owed, due = each.obligation, each.deadline
    assessment = each.current and current[each.current.pk]
    return [
        owed.key,
        bare_text(reading(version, "short_title")),
        each.text.number if each.text else "",
        bare_text(reading(owed, "text")),
        owed.get_owed_by_display(),
        machine(owed.due_on, owed.due_precision) if owed.due_on else "",
        due.days if due and due.overdue else "",
        Level(each.level).label if each.level != NOT_ASSESSED else _("not assessed yet"),
        machine(assessment.as_of, assessment.as_of_precision) if assessment else "",
        (_("yes") if assessment.disputed else _("no")) if assessment else "",
        assessment.get_confidence_display() if assessment else "",
        bare_text(reading(assessment, "reason")) if assessment else "",
        assessment.next_check_on.isoformat() if assessment and assessment.next_check_on else "",
    ]


def _cell(value):
    """Return a value as a cell: in the reader's script, and never a formula."""
    text = str(value)
    if languages.current().tag == "sr-Latn":
        text = to_latin(text)
    return _no_formula(text)


def _no_formula(text):
    return f"'{text}" if text.startswith(_FORMULA) else text
