"""What was found in a document, written into the full text of one language of a draft."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.html import escape

from agreements import drafting, markup, serbian
from agreements.models import AuditEntry, ProvisionText
from agreements.models.version import TextBasis
from agreements.rich_text import markup_from_html
from agreements.segments import everything_of

LONGEST_NUMBER = ProvisionText._meta.get_field("number").max_length
LONGEST_HEADING = ProvisionText._meta.get_field("heading").max_length
# A document is somebody's text; it is never "ours".
BASES = (TextBasis.OFFICIAL, TextBasis.OFFICIAL_TRANSLATION)


@dataclass(frozen=True)
class Filled:
    """How many points got their wording, and how many of them are new to the agreement."""

    filled: int
    added: int


def printed_number(found):
    """Return the number under which a found point stands in a version: "4", "4.a"."""
    return found.path[:LONGEST_NUMBER]


def plan(found, version, language):
    """Return [(FoundProvision, ProvisionText or None, text that stands there now)].

    A point belongs to the one with the same printed number; None: the draft has no such point yet.
    """
    present = {text.number: text for text in version.provision_texts.all()} if version else {}
    rows = []
    for provision in found.provisions:
        text = present.get(printed_number(provision))
        now = getattr(text, f"text_{language}") or "" if text else ""
        rows.append((provision, text, now))
    return rows


@transaction.atomic
def fill(found, draft_or_agreement, *, language, basis, by, at=None):
    """Write a FoundText into the draft of an agreement (opened where there is none).

    All or nothing. What stood there stays in the edits. Returns Filled.
    """
    at = at or timezone.now()
    if basis not in BASES:
        raise ValueError(f"A document is official or an official translation, not {basis!r}.")
    agreement = getattr(draft_or_agreement, "agreement", draft_or_agreement)
    draft = drafting.draft_for_writing(agreement, by=by, at=at)
    keys, added = {}, 0
    for provision, text, _now in plan(found, draft, language):
        number = printed_number(provision)
        if text is None:
            key = _free_key(agreement, number)
            drafting.add_provision(agreement, key=key, number=number, by=by, at=at)
            added += 1
        else:
            key = text.provision.key
        keys[number] = key
    places = everything_of(drafting.text_to_write(agreement))
    changes = []
    for provision in found.provisions:
        place = f"provision.{keys[printed_number(provision)]}"
        wanted = {"text": _stored(provision.text, language), "text_basis": basis}
        if not provision.text:
            wanted = {}  # a heading of its own, whose points carry the words
        if provision.heading:
            wanted["heading"] = markup.tidy(_stored(provision.heading, language))[:LONGEST_HEADING]
        for field, text in wanted.items():
            now = places[f"{place}.{field}"].value(language)
            if now != text:
                changes.append(
                    drafting.Change(f"{place}.{field}", language, was=drafting.seen(now), text=text)
                )
    drafting.save(agreement, changes, by=by, at=at)
    AuditEntry.objects.record(
        AuditEntry.Action.IMPORTED,
        agreement=agreement,
        version=draft,
        by=by,
        at=at,
        detail=f"{language} {basis}: {len(found.provisions)}",
    )
    return Filled(len(found.provisions), added)


def _stored(text, language):
    """Return the words of a document as stored; what would read as markup stays plain words."""
    paragraphs = []
    for block in markup.blocks(text.replace("[@", "[ @")):
        lines = (f"<p>{escape(line)}</p>" for line in block.lines)
        paragraphs += (
            [f"<ul><li>{line}</li></ul>" for line in lines] if block.kind == "ul" else lines
        )
    plain = markup_from_html("".join(paragraphs), headings=False)
    return serbian.to_store(plain) if language == "sr" else plain


def _free_key(agreement, number):
    """Return a key for a new point: p4 for 4, p4-a for 4.a, with a further number if taken."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in number.lower())
    key = f"p{plain}".strip("-")[:16]
    taken = set(agreement.provisions.values_list("key", flat=True))
    candidate, again = key, 1
    while candidate in taken:
        again += 1
        candidate = f"{key}-{again}"
    return candidate
