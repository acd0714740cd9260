"""The sealed page as the public would see it, with a way to comment on each paragraph."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreements import comparing, markup, serbian
from agreements.layers import DETAILS, FULL_TEXT, SUMMARY, Layer, layers_of
from agreements.models import Version
from agreements.segments import texts_of
from agreements.views.agreement import render_version
from dialogue_platform import languages
from dialogue_platform.passages import in_script
from dialogue_platform.views import refusal
from experts.models import Comment

from .access import for_reader
from .desk import name_of

_PAGES = {
    SUMMARY: "review-read",
    DETAILS: "review-read-details",
    FULL_TEXT: "review-read-full-text",
}


def sealed(assignment):
    """Return the version under review with all its texts."""
    return Version.objects.with_texts().get(pk=assignment.round.version_id)


def comment_address(assignment, place, paragraph, language):
    query = urlencode({"place": place, "paragraph": paragraph, "language": language})
    return f"{reverse('review-comment', args=[assignment.key])}?{query}"


def place_of(row, field):
    """Return the name that segments.py gives to a field of a version or a provision text."""
    return field if isinstance(row, Version) else f"provision.{row.provision.key}.{field}"


def remarks(assignment):
    """Return the `remark` of PageOfVersion: each paragraph gets a link to comment on it.

    The link counts the comments that this expert may read, so that nothing is told by it.
    """
    counts = {}
    visible = Comment.objects.visible_to(assignment).filter(taken_back_at=None)
    for place, paragraph, language in visible.values_list("place", "paragraph", "language"):
        key = (place, paragraph, language)
        counts[key] = counts.get(key, 0) + 1

    def remark(row, field, language):
        place = place_of(row, field)

        def wrap(paragraph, html):
            count = counts.get((place, paragraph, language), 0)
            return format_html(
                '<div class="remark" data-comment="{}">{}<p class="way"><a href="{}">{}</a></p>'
                "</div>",
                comment_address(assignment, place, paragraph, language),
                in_safe(html),
                comment_address(assignment, place, paragraph, language),
                _label(count),
            )

        return wrap

    return remark


def in_safe(html):
    from django.utils.safestring import mark_safe

    return mark_safe(html)  # noqa: S308 - made by Rendering, which escapes every piece


def _label(count):
    if not count:
        return _("Comment on this paragraph")
    return ngettext(
        "Comment on this paragraph (%(count)d comment)",
        "Comment on this paragraph (%(count)d comments)",
        count,
    ) % {"count": count}


@for_reader
def layer(request, assignment, layer):
    """One layer of the sealed version, exactly as the public would see it."""
    version = sealed(assignment)
    layers = [
        Layer(each.name, each.label, each.cost, reverse(_PAGES[each.name], args=[assignment.key]))
        for each in layers_of(version, len(version.provision_texts.all()))
    ]
    return render_version(
        request,
        version.agreement,
        version,
        layer,
        layers,
        extra={"review": assignment},
        remark=remarks(assignment) if assignment.round.is_open else None,
    )


@for_reader
def beside(request, assignment):
    """Every text of the version in two languages side by side, titles and headings too."""
    asked = request.GET.get("with", "")
    other = languages.BY_CODE.get(asked)
    if asked and other is None:
        return refusal(request, 400, _("There is no such language to show beside this one."))
    own = languages.current()
    other = other or next(each for each in languages.PUBLIC if each.stored != own.stored)
    version = sealed(assignment)
    rows = [
        (
            segment.full_label,
            [
                (
                    each.tag,
                    shown(segment, each),
                    comment_address(assignment, segment.place, 0, each.stored)
                    if segment.value(each.stored)
                    else "",
                )
                for each in (own, other)
            ],
        )
        for segment in texts_of(version)
        if segment.field != "text_basis"
        and (segment.value(own.stored) or segment.value(other.stored))
    ]
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "rows": rows,
        "own": own,
        "other": other,
        "others": [each for each in languages.PUBLIC if each != own],
    }
    return render(request, "experts/beside.html", context)


def shown(segment, language):
    """Return a text as safe HTML in the script of a public language; '' where it has none."""
    text = segment.value(language.stored)
    found = languages.Reading(text, language.stored, foreign=False)
    if not segment.is_rich:
        lines = text.splitlines()
        return (
            in_script(format_html("<p>{}</p>", ", ".join(lines)), found, language) if text else ""
        )
    rendering = markup.Rendering({}, {})
    return in_script(rendering.html(text, top=3, explain=False), found, language)


@for_reader
def changes(request, assignment):
    """What changed since the last version before this one that was sealed and read or public."""
    version = sealed(assignment)
    before = (
        Version.objects.with_texts()
        .sealed()
        .filter(agreement=version.agreement_id, number__lt=version.number)
        .order_by("-number")
    )
    # What readers have, or what the panel before this one read.
    reviewed = before.filter(rounds__isnull=False).exclude(rounds__outcome="cancelled").first()
    old = reviewed or before.filter(publications__isnull=False).first()
    language = languages.current()
    texts = comparing.changed_texts(old, version, language.stored) if old else []
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "old": old,
        "texts": [
            (
                each.segment.full_label,
                in_script(
                    each.html,
                    languages.Reading(each.new or each.old, language.stored, foreign=False),
                    language,
                ),
            )
            for each in texts
        ],
        "facts": comparing.changed_facts(old, version) if old else [],
    }
    return render(request, "experts/changes.html", context)


def as_seen(text, language):
    """Return a stored text in the script in which the expert reads it."""
    if language != "sr":
        return text
    return serbian.in_script(text, languages.public_for("sr").tag == "sr-Cyrl")


def as_stored(before, typed, language):
    """Return what an expert typed as it is to be stored, given what stood there."""
    if language != "sr":
        return typed
    return serbian.back_to_store(before, typed, languages.public_for("sr").tag == "sr-Cyrl")
