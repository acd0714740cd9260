"""Whether a translation still says what its source says: missing, outdated, current, confirmed.

A translation is current while somebody's word stands for exactly this pair of texts
(TranslationPair). So the state follows from the texts alone: when the source moves on, its
translations are outdated; when it goes back, they are current again.
"""

import hashlib
from collections import Counter

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dialogue_platform.languages import STORED

from .models import AuditEntry, Edit, TranslationPair
from .models.version import TextBasis
from .segments import texts_of


class State(models.TextChoices):
    """From worst to best; a language is as good as its worst text."""

    MISSING = "missing", gettext_lazy("missing")
    OUTDATED = "outdated", gettext_lazy("outdated")
    CONFIRMED = "confirmed", gettext_lazy("confirmed unchanged")
    CURRENT = "current", gettext_lazy("current")


class OwnTranslation(Exception):
    """Nobody confirms a text of their own; the message is for the person who tried."""


def mark(text):
    """Return the mark by which one text is recognised: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def pair_mark(place, language, source_text, text):
    """Return the mark of a translation together with the text it was made from."""
    return mark("\x1f".join((place, language, source_text, text)))


def translated_segments(version, language):
    """Return the Segments that have to exist in a language because the source has them."""
    if language == version.source_language:
        return []
    return [
        segment
        for segment in texts_of(version)
        if segment.is_translated
        and segment.value(version.source_language)
        and not _is_withheld(segment, language)
    ]


def _is_withheld(segment, language):
    """Tell whether a wording is known not to be at hand in a language: nothing to translate."""
    return segment.provision_text is not None and (
        segment.field in ("text", "plain")
        and segment.row.__dict__.get(f"text_basis_{language}") == TextBasis.WITHHELD
    )


def current_pair(version, segment, language):
    """Return the mark of the pair as it stands in a version."""
    source = segment.value(version.source_language)
    return pair_mark(segment.place, language, source, segment.value(language))


def states(version, language, kinds=None):
    """Return {place: State} of a version's translation into a language.

    `kinds` is {pair: {kind}} of the agreement (`kinds_of`), where many versions are asked about.
    """
    segments = translated_segments(version, language)
    if kinds is None:
        pairs = [current_pair(version, each, language) for each in segments]
        kinds = kinds_of(version.agreement_id, pairs)
    return {each.place: _state(version, each, language, kinds) for each in segments}


def _state(version, segment, language, kinds):
    if not segment.value(language):
        return State.MISSING
    found = kinds.get(current_pair(version, segment, language))
    if not found:
        return State.OUTDATED
    return State.CURRENT if TranslationPair.Kind.MADE in found else State.CONFIRMED


def worst(found):
    """Return the State of a whole language from those of its texts, None where none is needed."""
    values = set(found.values())
    return next((state for state in State if state in values), None)


def counts(found):
    """Return {State: number of texts}."""
    return Counter(found.values())


def kinds_of(agreement_ids, pairs=None):
    """Return {pair: {kind}}: one query, for one agreement or for several."""
    ids = [agreement_ids] if isinstance(agreement_ids, int) else agreement_ids
    rows = TranslationPair.objects.filter(agreement__in=ids)
    if pairs is not None:
        rows = rows.filter(pair__in=pairs)
    found = {}
    for pair, kind in rows.values_list("pair", "kind"):
        found.setdefault(pair, set()).add(kind)
    return found


def is_behind(version, language):
    """Tell whether readers of a language read something older than the original: one query.

    None where the language is the source or everything in it is current.
    """
    found = states(version, language) if language != version.source_language else {}
    return State.OUTDATED in found.values()


def sources_they_were_made_from(version, language):
    """Return {place: source text} for every translation of a version whose origin is known."""
    origins = origins_of([(version, segment, language) for segment in texts_of(version)])
    return {place: text for (_agreement, _language, place), text in origins.items()}


def origins_of(texts):
    """Return {(agreement id, language, place): source text it was last made from}: one query.

    `texts` are [(version, segment, language)]; those whose origin is not known are left out.
    """
    wanted = {
        (version.agreement_id, language, segment.place): mark(segment.value(language))
        for version, segment, language in texts
    }
    rows = TranslationPair.objects.filter(text_mark__in=set(wanted.values())).order_by("at", "pk")
    return {
        key: row.source_text
        for row in rows
        if wanted.get(key := (row.agreement_id, row.language, row.place)) == row.text_mark
    }


def translators(version, language):
    """Return {place: {user id}} of whoever wrote the translations as they stand."""
    wanted = {each.place: mark(each.value(language)) for each in texts_of(version)}
    rows = TranslationPair.objects.filter(
        agreement=version.agreement_id, language=language, kind=TranslationPair.Kind.MADE
    )
    found = {}
    for place, text_mark, person in rows.values_list("place", "text_mark", "by"):
        if wanted.get(place) == text_mark:
            found.setdefault(place, set()).add(person)
    # Whoever typed it wrote it, whatever they said about the source.
    texts = {each.place: each.value(language) for each in texts_of(version)}
    edits = Edit.objects.filter(
        version__agreement=version.agreement_id, language=language, after__in=set(texts.values())
    )
    for place, text, person in edits.values_list("place", "after", "edited_by"):
        if texts.get(place) == text:
            found.setdefault(place, set()).add(person)
    return found


# ── Giving one's word ────────────────────────────────────────────────────────────────────────


def pair_row(version, place, language, source_text, text, *, by, kind, at):
    return TranslationPair(
        agreement_id=version.agreement_id,
        place=place,
        language=language,
        kind=kind,
        source_text=source_text,
        text_mark=mark(text),
        pair=pair_mark(place, language, source_text, text),
        by=by,
        at=at,
    )


def remember(rows):
    """Save pairs; those that stand already stay with whoever gave their word first."""
    TranslationPair.objects.bulk_create(rows, ignore_conflicts=True)


def remember_all(version, *, by, at):
    """Take every translation of a version as made from its source: what content files promise."""
    remember(
        [
            pair_row(
                version,
                segment.place,
                language,
                segment.value(version.source_language),
                segment.value(language),
                by=by,
                kind=TranslationPair.Kind.MADE,
                at=at,
            )
            for language in STORED
            for segment in translated_segments(version, language)
            if segment.value(language)
        ]
    )


@transaction.atomic
def confirm(version, places, language, *, by, at=None):
    """Confirm that translations still hold although their source changed.

    Raises OwnTranslation, and confirms nothing, where one of them was written by the same person.
    """
    at, wrote = at or timezone.now(), translators(version, language)
    segments = {each.place: each for each in translated_segments(version, language)}
    rows = []
    for place in places:
        segment = segments.get(place)
        if segment is None or not segment.value(language):
            continue
        if by.pk in wrote.get(place, ()):
            raise OwnTranslation(_("You wrote this translation; somebody else has to confirm it."))
        rows.append(
            pair_row(
                version,
                place,
                language,
                segment.value(version.source_language),
                segment.value(language),
                by=by,
                kind=TranslationPair.Kind.CONFIRMED,
                at=at,
            )
        )
    if rows:
        remember(rows)
        AuditEntry.objects.record(
            AuditEntry.Action.TRANSLATION_CONFIRMED,
            agreement=version.agreement,
            version=version,
            by=by,
            at=at,
            detail=f"{language}: " + ", ".join(row.place for row in rows),
        )
    return rows
