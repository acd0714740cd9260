"""One agreement at a glance: its versions, what can be done with each, and who did what."""

from itertools import pairwise

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from agreements.drafting import text_to_write
from agreements.models import (
    Edit,
    Party,
    ProvisionText,
    Publication,
    ScheduledPublication,
    Version,
)
from agreements.publishing import may_publish
from agreements.segments import place_label
from dialogue_platform.languages import NAMES

from .desk import desk

PAGE_LENGTH = 100


def overview(request, agreement):
    """The versions of an agreement, newest first, with the steps that are open."""
    versions = list(
        agreement.versions.select_related("prepared_by", "agreement").order_by("-number")
    )
    publications = {}
    rows = Publication.objects.select_related("published_by", "withdrawal__withdrawn_by")
    for publication in rows.filter(agreement=agreement).newest_first():
        publications.setdefault(publication.version_id, []).append(publication)
    previous = {version.pk: older.number for version, older in pairwise(versions)}
    return desk(
        request,
        "overview",
        agreement,
        text_to_write(agreement),
        versions=[
            {
                "version": version,
                "publications": publications.get(version.pk, []),
                "is_public": version.pk == agreement.published_id,
                "previous": previous.get(version.pk),
                # Asked only where the step is offered: it looks at everybody who wrote.
                "may_publish": not version.is_draft
                and version.pk != agreement.published_id
                and may_publish(version, request.user),
            }
            for version in versions
        ],
        has_draft=any(version.is_draft for version in versions),
        schedule=ScheduledPublication.objects.filter(agreement=agreement)
        .exclude(state=ScheduledPublication.State.DONE)
        .select_related("version", "scheduled_by")
        .order_by("-scheduled_at")[:3],
        entries=agreement.audit.select_related("actor")[:8],
    )


def audit(request, agreement):
    """Every change of state of an agreement, and every edit of its texts, newest first."""
    entries = Paginator(agreement.audit.select_related("actor"), PAGE_LENGTH)
    edits = Paginator(
        Edit.objects.filter(version__agreement=agreement)
        .select_related("edited_by", "version")
        .order_by("-edited_at", "-pk"),
        PAGE_LENGTH,
    )
    page = request.GET.get("page") or 1
    rows = edits.get_page(page)
    return desk(
        request,
        "audit",
        agreement,
        entries=entries.get_page(page),
        edits=[
            (
                edit,
                place_label(edit.place),
                NAMES.get(edit.language, _("facts")),
                _in_words(edit.place, edit.before),
                _in_words(edit.place, edit.after),
            )
            for edit in rows
        ],
        pages=range(1, max(entries.num_pages, edits.num_pages) + 1),
    )


def _in_words(place, value):
    """Return what stood at a place as a reader would see it: a choice by its label."""
    choices = _CHOICES.get(place.rpartition(".")[2])
    return choices.get(value, value) if choices else value


_CHOICES = {
    field: dict(model._meta.get_field(field).choices)
    for model, fields in (
        (Version, ("source_language", "date_precision", "track", "form_of_act")),
        (ProvisionText, ("text_basis",)),
        (Party, ("side",)),
    )
    for field in fields
}
