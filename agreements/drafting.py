"""The verbs that write in a draft, so that nobody's work is lost or overwritten.

Whoever writes begins with `draft_for_writing`: one conditional UPDATE raises the draft's revision,
and until this transaction ends the next one waits there. Then every text is compared with the one
the writer began with. Two people in different places both keep their work; in the same place the
second one is told whose text stands there now, and gets their own back.
"""

from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from dialogue_platform.languages import STORED, stored_text

from . import markup, publishing, translation_state
from .models import (
    Agreement,
    AuditEntry,
    DismissedWarning,
    Edit,
    Party,
    Provision,
    ProvisionText,
    Source,
    TranslationPair,
    Version,
    VersionSource,
)
from .models.version import TextBasis
from .segments import everything_of, texts_of
from .translation_state import mark

_ASIDE = 32_000  # a position nobody has, while two neighbours change places


class DraftGone(publishing.PublishingError):
    """The draft was sealed or discarded while somebody wrote."""


def seen(text):
    """Return the mark that a page carries of a text: enough to tell texts of one place apart."""
    return mark(text)[:20]


class NothingChanged(publishing.PublishingError):
    """A step that would change nothing; it opens no draft either."""


@dataclass(frozen=True)
class Change:
    """What somebody wants to stand at a place.

    `was` is the mark (`seen`) of the text they began with, `made_from` that of the source text they
    had before them, `still_outdated` their word that a translation does not
    follow its source yet.
    """

    place: str
    language: str
    was: str
    text: str
    made_from: str = ""
    still_outdated: bool = False


@dataclass(frozen=True)
class Conflict:
    """A place where somebody else was faster: what stands there now, and whose it is.

    `text` is None where the place itself is gone.
    """

    place: str
    language: str
    text: str | None
    edit: Edit | None


@dataclass
class EditConflict(Exception):
    """Nothing was saved, because others changed the same places meanwhile."""

    conflicts: list = field(default_factory=list)


# ── Beginning ────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def start_agreement(*, slug, theme, by, at=None, **columns):
    """Create an agreement with its first draft; `columns` are the version's."""
    agreement = Agreement.objects.create(slug=slug, theme=theme)
    return start_again(agreement, by=by, at=at, **columns)


@transaction.atomic
def start_again(agreement, *, by, at=None, **columns):
    """Open the first draft of an agreement that has no version. Raises DraftIsOpen."""
    draft = publishing.new_draft(
        Version(agreement=agreement, prepared_by=by, change_class="first", **columns)
    )
    _record_opening(draft, by, at)
    return draft


def _record_opening(draft, by, at):
    AuditEntry.objects.record(
        AuditEntry.Action.DRAFT_OPENED, agreement=draft.agreement, version=draft, by=by, at=at
    )


def text_to_write(agreement):
    """Return the version an editor begins from: the open draft, or what a draft would copy."""
    versions = (
        Version.objects.with_texts().select_related("prepared_by").filter(agreement=agreement)
    )
    draft = versions.drafts().first()
    if draft is not None:
        return draft
    origin = publishing.origin_of(agreement)
    return versions.get(pk=origin.pk) if origin else None


def draft_for_writing(agreement, *, by, at):
    """Return the open draft (opened now where there is none); the next writer waits for this one.

    Raises DraftGone where it was sealed or discarded in the meantime.
    """
    draft = agreement.versions.drafts().first()
    if draft is None:
        try:
            draft = publishing.open_draft(agreement, by=by, at=at)
        except publishing.DraftIsOpen:  # somebody opened one a moment ago: write in theirs
            draft = agreement.versions.drafts().first()
    if draft is not None:
        mine = Version.objects.drafts().filter(pk=draft.pk).update(revision=F("revision") + 1)
        if mine:
            return Version.objects.with_texts().get(pk=draft.pk)
    raise DraftGone(_("The draft was sealed or discarded meanwhile. Nothing was saved."))


# ── Texts and facts ──────────────────────────────────────────────────────────────────────────


@transaction.atomic
def save(agreement, changes, *, by, at=None, small_fix=False):
    """Write [Change] into the draft of an agreement and return the draft; all or nothing.

    `small_fix` says that changes of the source do not matter for its translations: those that were
    current stay so. Raises EditConflict and DraftGone.
    """
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    places, before = everything_of(draft), {}
    conflicts, wanted = [], []
    for change in changes:
        segment = places.get(change.place)
        if segment is not None and segment.trilingual != bool(change.language):
            segment = None  # a fact has no language, and a sheet of a language no facts
        now = segment.value(change.language) if segment else None
        if now == change.text:
            continue
        if segment is None or seen(now) != change.was:
            conflicts.append(_conflict(draft, change, now))
        else:
            wanted.append((segment, change))
            before[change.place, change.language] = now
    conflicts = conflicts or _conflicts_of_basis(draft, wanted)
    if conflicts:
        raise EditConflict(conflicts)
    current = _current_pairs(draft, wanted) if small_fix else {}
    _write(wanted)
    Edit.objects.bulk_create(
        Edit(
            version=draft,
            place=change.place,
            language=change.language,
            before=before[change.place, change.language],
            after=change.text,
            edited_by=by,
            edited_at=at,
        )
        for _segment, change in wanted
    )
    _remember_translations(draft, wanted, current, by=by, at=at)
    cite(draft, [change.text for _segment, change in wanted])
    return Version.objects.with_texts().get(pk=draft.pk)


def _conflict(draft, change, now):
    gone = [_whole(change.place)] if now is None else []
    edit = (
        draft.edits.filter(place__in=[change.place, *gone])
        .filter(language__in=[change.language, ""])
        .select_related("edited_by")
        .last()
    )
    return Conflict(change.place, change.language, now, edit)


def _conflicts_of_basis(draft, wanted):
    """Return a Conflict for each wording whose basis somebody else changed so that both cannot be.

    A wording needs a basis, and one that is not at hand cannot stand there: the database says so.
    """
    after = {}
    for segment, change in wanted:
        if segment.provision_text is not None and segment.trilingual:
            key = (segment.row, change.language)
            after.setdefault(key, {})[segment.field] = change
    found = []
    for (row, language), changes in after.items():
        texts = {
            field: changes[field].text if field in changes else stored_text(row, field, language)
            for field in ("text", "text_basis", "plain")
        }
        impossible = (
            texts["text"] or texts["plain"]
            if texts["text_basis"] == TextBasis.WITHHELD
            else texts["text"] and not texts["text_basis"]
        )
        if impossible:
            change = next(iter(changes.values()))
            place = change.place.rpartition(".")[0] + ".text_basis"
            now = stored_text(row, "text_basis", language)
            found.append(_conflict(draft, replace(change, place=place), now))
    return found


def _whole(place):
    """Return the place of the provision or party that a text belongs to."""
    return place.rpartition(".")[0] or place


def _write(wanted):
    """Update columns by name, one statement a row."""
    rows = {}
    for segment, change in wanted:
        row = rows.setdefault((type(segment.row), segment.row.pk), {})
        row[segment.column(change.language)] = change.text
    for (model, pk), columns in rows.items():
        model.objects.filter(pk=pk).update(**columns)


def _current_pairs(draft, wanted):
    """Return {(place, language)} of the translations that are current before a source changes."""
    source, places = draft.source_language, {segment.place for segment, _change in wanted}
    return {
        (place, language)
        for language in STORED
        if language != source
        for place, state in translation_state.states(draft, language).items()
        if place in places and state in ("current", "confirmed")
    }


def _remember_translations(draft, wanted, current, *, by, at):
    rows = []
    for segment, change in wanted:
        if not segment.is_translated:
            continue
        if change.language == draft.source_language:
            for place, language in sorted(current):
                if place == change.place:
                    rows.append(
                        translation_state.pair_row(
                            draft,
                            place,
                            language,
                            change.text,
                            segment.value(language),
                            by=by,
                            kind=TranslationPair.Kind.UNAFFECTED,
                            at=at,
                        )
                    )
        elif change.text and not change.still_outdated:
            source = _text_with_mark(draft, segment, change.made_from)
            if source is not None:
                rows.append(
                    translation_state.pair_row(
                        draft,
                        change.place,
                        change.language,
                        source,
                        change.text,
                        by=by,
                        kind=TranslationPair.Kind.MADE,
                        at=at,
                    )
                )
    translation_state.remember(rows)


def _text_with_mark(draft, segment, wanted):
    """Return the source text a translator had before them, which may have moved on since."""
    now = segment.value(draft.source_language)
    if seen(now) == wanted:
        return now
    edits = draft.edits.filter(place=segment.place, language=draft.source_language)
    for edit in edits:
        for text in (edit.before, edit.after):
            if seen(text) == wanted:
                return text
    return None


def cite(draft, texts):
    """Add the sources that texts cite to those of the draft."""
    keys = {key for text in texts for key in markup.cited_keys(text)}
    missing = Source.objects.filter(key__in=keys).exclude(versions=draft).order_by("key")
    last = draft.version_sources.aggregate(last=Max("position"))["last"] or 0
    VersionSource.objects.bulk_create(
        VersionSource(version=draft, source=source, position=position)
        for position, source in enumerate(missing, last + 1)
    )


# ── Points, parties, sources ─────────────────────────────────────────────────────────────────


@transaction.atomic
def add_provision(agreement, *, key, number, by, at=None):
    """Add a point at the end of the draft; a key that the agreement had before comes back."""
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    if draft.provision_texts.filter(provision__key=key).exists():
        raise publishing.PublishingError(_("There is a point with this key already."))
    provision, _created = Provision.objects.get_or_create(agreement=agreement, key=key)
    last = draft.provision_texts.aggregate(last=Max("position"))["last"] or 0
    text = ProvisionText.objects.create(
        version=draft, provision=provision, position=last + 1, number=number
    )
    note(draft, f"provision.{key}", "", number, by, at)
    return text


@transaction.atomic
def remove_provision(agreement, *, key, by, at=None):
    """Take a point out of the draft; its texts stay in the edits."""
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    for segment in texts_of(draft):
        if segment.place.startswith(f"provision.{key}."):
            for language in STORED:
                if segment.value(language):
                    note(draft, segment.place, segment.value(language), "", by, at, language)
    removed, _rows = draft.provision_texts.filter(provision__key=key).delete()
    if not removed:
        raise NothingChanged(_("Nothing was changed."))
    note(draft, f"provision.{key}", key, "", by, at)
    return draft


@transaction.atomic
def move_provision(agreement, *, key, up, by, at=None):
    """Let a point change places with its neighbour above (or below)."""
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    texts = list(draft.provision_texts.order_by("position"))
    here = next((at_ for at_, text in enumerate(texts) if text.provision.key == key), None)
    there = None if here is None else here - 1 if up else here + 1
    if there is None or not 0 <= there < len(texts):
        raise NothingChanged(_("Nothing was changed."))
    mine, other = texts[here], texts[there]
    for text, position in ((mine, _ASIDE), (other, mine.position), (mine, other.position)):
        ProvisionText.objects.filter(pk=text.pk).update(position=position)
    note(draft, f"provision.{key}", str(mine.position), str(other.position), by, at)
    return draft


@transaction.atomic
def add_party(agreement, *, side, by, at=None):
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    party = Party.objects.create(version=draft, position=_free_party_position(agreement), side=side)
    note(draft, f"party.{party.position}", "", side, by, at)
    return party


def _free_party_position(agreement):
    """Return a position that no party of the agreement ever had: its texts are addressed by it."""
    parties = Party.objects.filter(version__agreement=agreement)
    last = parties.aggregate(last=Max("position"))["last"] or 0
    places = Edit.objects.filter(version__agreement=agreement, place__startswith="party.")
    numbers = [int(place.split(".")[1]) for place in places.values_list("place", flat=True)]
    return max([last, *numbers]) + 1


@transaction.atomic
def remove_party(agreement, *, position, by, at=None):
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    party = draft.parties.filter(position=position).first()
    if party is None:
        raise NothingChanged(_("Nothing was changed."))
    for segment in texts_of(draft):
        if segment.row == party:
            for language in STORED:
                if text := segment.value(language):
                    note(draft, segment.place, text, "", by, at, language)
    party.delete()
    note(draft, f"party.{position}", str(position), "", by, at)
    return draft


@transaction.atomic
def add_source(agreement, *, source, by, at=None):
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    if draft.version_sources.filter(source=source).exists():
        raise NothingChanged(_("Nothing was changed."))
    last = draft.version_sources.aggregate(last=Max("position"))["last"] or 0
    VersionSource.objects.create(version=draft, source=source, position=last + 1)
    note(draft, f"source.{source.key}", "", source.key, by, at)
    return draft


@transaction.atomic
def remove_source(agreement, *, source, by, at=None):
    """Take a source out of the draft. Raises PublishingError while a text still cites it."""
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    cited = {
        key
        for segment in texts_of(draft)
        for language in STORED
        for key in markup.cited_keys(segment.value(language))
    }
    if source.key in cited:
        raise publishing.PublishingError(_("A text still cites this source."))
    removed, _rows = draft.version_sources.filter(source=source).delete()
    if not removed:
        raise NothingChanged(_("Nothing was changed."))
    note(draft, f"source.{source.key}", source.key, "", by, at)
    return draft


@transaction.atomic
def mark_full_text(agreement, *, source, is_full_text, by, at=None):
    """Say whether the agreement itself can be read in a source of the draft."""
    at = at or timezone.now()
    draft = draft_for_writing(agreement, by=by, at=at)
    cited = draft.version_sources.filter(source=source).exclude(is_full_text=is_full_text)
    if not cited.update(is_full_text=is_full_text):
        raise NothingChanged(_("Nothing was changed."))
    note(draft, f"source.{source.key}", str(not is_full_text), str(is_full_text), by, at)
    return draft


def note(draft, place, before, after, by, at, language=""):
    """Add the Edit of a change that is no text of its own: a point, a party, a source, a file."""
    Edit.objects.create(
        version=draft,
        place=place,
        language=language,
        before=before,
        after=after,
        edited_by=by,
        edited_at=at,
    )


# ── Warnings ─────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def dismiss(version, place, language, check, *, pair, reason, by, at=None):
    """Dismiss a warning about a pair of texts, with a reason."""
    at = at or timezone.now()
    _dismissed, created = DismissedWarning.objects.get_or_create(
        agreement_id=version.agreement_id,
        pair=pair,
        check_name=check,
        defaults={"place": place, "language": language, "reason": reason, "by": by, "at": at},
    )
    if created:
        AuditEntry.objects.record(
            AuditEntry.Action.WARNING_DISMISSED,
            agreement=version.agreement,
            version=version,
            by=by,
            at=at,
            detail=f"{language} {place} {check}: {reason}",
        )


# ── Giving up ────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def discard(draft, *, by, as_seen, at=None):
    """Drop an open draft with its edits. Raises DraftGone where it moved on since it was seen."""
    gone = Version.objects.drafts().filter(pk=draft.pk, revision=as_seen)
    if not gone.update(revision=F("revision") + 1):
        raise DraftGone(_("The draft changed meanwhile. Nothing was discarded."))
    AuditEntry.objects.record(
        AuditEntry.Action.DRAFT_DISCARDED,
        agreement=draft.agreement,
        version=draft,
        by=by,
        at=at,
    )
    Version.objects.get(pk=draft.pk).delete()


@transaction.atomic
def change_theme(agreement, *, theme, by, at=None):
    """Move an agreement to another theme: at once, for readers too, since no version holds it."""
    Agreement.objects.filter(pk=agreement.pk).update(theme=theme)
    AuditEntry.objects.record(
        AuditEntry.Action.THEME_CHANGED, agreement=agreement, by=by, at=at, detail=theme.slug
    )
