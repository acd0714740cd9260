"""The verbs of records: start, rewrite, correct, withdraw, discard and publish them.

Each is one transaction. A draft is rewritten and published only as it was looked at: its revision
is part of the conditional UPDATE, so of two people one wins and the other is told who and when.
Nobody publishes a record that they started or wrote in. Time is an argument.
"""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from modeltranslation.translator import translator

from dialogue_platform.dates import written_moment
from dialogue_platform.languages import NAMES, STORED, stored_text

from .models import (
    Assessment,
    AuditEntry,
    Event,
    Obligation,
    Obstacle,
    Position,
    RecordAuthor,
    RecordSource,
    Reply,
)
from .models.obligation import Level
from .models.record import SOURCE_OPTIONAL, Change

MODELS = {
    "obligation": Obligation,
    "assessment": Assessment,
    "obstacle": Obstacle,
    "position": Position,
    "reply": Reply,
    "event": Event,
}
# Columns of a date and of its precision, by kind and by the name in files.
DATES = {
    "obligation": {"due_on": ("due_on", "due_precision")},
    "assessment": {
        "as_of": ("as_of", "as_of_precision"),
        "looked_on": ("looked_on", "looked_precision"),
    },
    "obstacle": {"since": ("since", "since_precision"), "until": ("until", "until_precision")},
    "position": {"said_on": ("said_on", "said_precision")},
    "reply": {},  # its days are known exactly
    "event": {"date": ("happened_on", "happened_precision")},
}
# The lists of a record that are not columns of its row, by kind.
LISTS = {"obstacle": ("provisions",), "event": ("agreements",)}
# What belongs to an edition and not to what it says.
_OF_THE_EDITION = (
    "id",
    "key",
    "edition",
    "change",
    "change_note",
    "prepared_by",
    "prepared_at",
    "changed_by",
    "changed_at",
    "revision",
    "published_by",
    "published_at",
    "ended_at",
)


class RecordingError(Exception):
    """A step that cannot be taken now; the message is for the person who tried."""


class KeyTaken(RecordingError):
    """Another record has this key."""


class DraftOpen(RecordingError):
    """Somebody already prepares the next edition of this record."""


class NotADraft(RecordingError):
    """The draft was published or discarded meanwhile."""


class ChangedMeanwhile(RecordingError):
    """The draft is not the one this person looked at any more."""


class OwnRecord(RecordingError):
    """Whoever started a record or wrote in it cannot publish it."""


class Incomplete(RecordingError):
    """The draft lacks what a published record needs; `missing` lists it in words."""

    def __init__(self, missing):
        self.missing = missing
        super().__init__(" ".join(missing))


class NotPublic(RecordingError):
    """Only the newest published edition can be corrected or withdrawn."""


def trilingual_fields(record):
    """Return the names of the fields that a record, or its class, has in three languages."""
    model = record if isinstance(record, type) else type(record)
    translated = translator.get_options_for_model(model).fields
    return [field.name for field in model._meta.concrete_fields if field.name in translated]


def content_fields(record):
    """Return the model fields that hold what a record says and have one value for all languages."""
    model = record if isinstance(record, type) else type(record)
    skipped = {*_OF_THE_EDITION, *trilingual_fields(model)}
    skipped |= {f"{name}_{language}" for name in trilingual_fields(model) for language in STORED}
    return [field for field in model._meta.concrete_fields if field.name not in skipped]


@transaction.atomic
def start(record, *, by, sources=(), lists=None, at=None):
    """Save an unsaved record as a draft and return it.

    `sources` is [Source] in order, `lists` {name: [object]} for LISTS. Raises KeyTaken.
    """
    record.prepared_by, record.prepared_at = by, at or timezone.now()
    record.edition, record.change, record.revision = 1, Change.FIRST, 0
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        if type(record).objects.filter(key=record.key).exists():
            raise KeyTaken(_("There is a record with this key already.")) from error
        raise RecordingError(
            _("A rule of the database forbids this record: %(rule)s") % {"rule": error}
        ) from error
    _attach(record, sources, lists or {})
    _record(AuditEntry.Action.RECORD_STARTED, record, by, record.prepared_at)
    return record


@transaction.atomic
def rewrite(draft, *, by, seen, values=None, sources=None, lists=None, at=None):
    """Change a draft that stands at revision `seen`, and return it read anew.

    `values` is {column: value}; what is None or absent stays. Whoever writes in another person's
    draft becomes one of its authors. Raises NotADraft, ChangedMeanwhile, and RecordingError where
    a rule of the database forbids it.
    """
    _claim(draft, seen)
    marks = {"changed_by": by, "changed_at": at or timezone.now()}
    try:
        with transaction.atomic():
            type(draft).objects.filter(pk=draft.pk).update(**marks | (values or {}))
    except IntegrityError as error:
        raise RecordingError(
            _("A rule of the database forbids this record: %(rule)s") % {"rule": error}
        ) from error
    if sources is not None:
        draft.recordsources.all().delete()
    _attach(draft, sources or (), lists or {})
    if by.pk != draft.prepared_by_id:
        RecordAuthor.objects.get_or_create(**{draft.kind: draft, "person": by})
    return type(draft).objects.get(pk=draft.pk)


def _claim(draft, seen):
    """Raise the revision of a draft that still is what was seen, or say what it is now."""
    drafts = type(draft).objects.drafts()
    # The WHERE clause is the lock: of two people, one updates a row, one none.
    if drafts.filter(pk=draft.pk, revision=seen).update(revision=F("revision") + 1):
        return
    people = type(draft).objects.select_related("published_by", "changed_by")
    now = people.filter(pk=draft.pk).first()
    if now is None:
        raise NotADraft(_discarded_by_whom(draft))
    if not now.is_draft:
        raise NotADraft(
            _("%(person)s published this record on %(moment)s.")
            % {"person": now.published_by, "moment": written_moment(now.published_at)}
        )
    if now.changed_by is None:
        raise ChangedMeanwhile(_("The draft changed meanwhile. Please look at it again."))
    raise ChangedMeanwhile(
        _("%(person)s changed the draft on %(moment)s. Please look at it again.")
        % {"person": now.changed_by, "moment": written_moment(now.changed_at)}
    )


def _discarded_by_whom(draft):
    entry = (
        AuditEntry.objects.filter(
            action=AuditEntry.Action.RECORD_DISCARDED, detail=f"{draft.kind} {draft}"
        )
        .select_related("actor")
        .first()
    )
    if entry is None:
        return _("This draft was discarded meanwhile.")
    return _("%(person)s discarded this draft on %(moment)s.") % {
        "person": entry.actor,
        "moment": written_moment(entry.at),
    }


def _attach(record, sources, lists):
    for place, source in enumerate(sources, 1):
        RecordSource.objects.create(**{record.kind: record, "source": source, "place": place})
    for name, objects in lists.items():
        getattr(record, name).set(objects)


def correct(record, *, by, notes=None, at=None):
    """Return a draft of the next edition of a public record, with the same content.

    `notes` is {language: why}. Raises NotPublic, and DraftOpen naming who prepares one already.
    """
    return _next_edition(record, Change.CORRECTION, by, notes, at)


def withdraw(record, *, by, notes=None, at=None):
    """Return a draft that, once a second person publishes it, takes a record from the public.

    `notes` is {language: why}. Raises what `correct` raises.
    """
    if record.change == Change.WITHDRAWAL:
        raise NotPublic(_("This record is withdrawn already."))
    return _next_edition(record, Change.WITHDRAWAL, by, notes, at)


@transaction.atomic
def _next_edition(record, change, by, notes, at):
    model = type(record)
    origin = model.objects.get(pk=record.pk)
    if origin.is_draft:
        raise NotPublic(_("This record is not published yet; change the draft."))
    newer = model.objects.filter(key=origin.key, edition__gt=origin.edition)
    other = newer.select_related("prepared_by").first()
    if other is None:
        draft = _copy(origin, change, by, notes, at)
        try:
            with transaction.atomic():
                draft.save(force_insert=True)
        except IntegrityError:
            other = newer.select_related("prepared_by").first()
    if other is not None:
        raise DraftOpen(
            _("%(person)s already prepares the next edition of this record.")
            % {"person": other.prepared_by}
            if other.is_draft
            else _("This is not the newest edition of the record any more.")
        )
    lists = {name: list(getattr(origin, name).all()) for name in LISTS.get(origin.kind, ())}
    _attach(draft, origin.sources, lists)
    _record(AuditEntry.Action.RECORD_STARTED, draft, by, draft.prepared_at)
    return draft


def _copy(origin, change, by, notes, at):
    draft = type(origin).objects.get(pk=origin.pk)
    draft.pk = None
    draft._state.adding = True
    draft.edition, draft.change, draft.revision = origin.edition + 1, change, 0
    draft.prepared_by, draft.prepared_at = by, at or timezone.now()
    draft.published_by = draft.published_at = draft.ended_at = None
    draft.changed_by = draft.changed_at = None
    for language in STORED:
        setattr(draft, f"change_note_{language}", (notes or {}).get(language, ""))
    return draft


@transaction.atomic
def discard(draft, *, by, seen, at=None):
    """Delete a draft that stands at revision `seen`. Raises NotADraft and ChangedMeanwhile."""
    _claim(draft, seen)
    _record(AuditEntry.Action.RECORD_DISCARDED, draft, by, at)
    type(draft).objects.filter(pk=draft.pk).delete()


@transaction.atomic
def publish(draft, *, by, seen, at=None):
    """Make a draft that stands at revision `seen` public, in place of the edition before it.

    Returns the record read anew. Raises NotADraft, ChangedMeanwhile, OwnRecord, Incomplete and,
    where the day is taken by another assessment, RecordingError. A superuser gets no exception.
    """
    model, at = type(draft), at or timezone.now()
    _claim(draft, seen)
    draft = model.objects.get(pk=draft.pk)
    if not may_publish(draft, by):
        raise OwnRecord(
            _("You prepared or wrote part of this record; somebody else has to publish it.")
        )
    lacking = missing(draft)
    if lacking:
        raise Incomplete(lacking)
    before = model.objects.filter(key=draft.key, edition=draft.edition - 1)
    before.filter(ended_at__isnull=True).update(ended_at=at)
    ended = at if draft.change == Change.WITHDRAWAL else None
    try:
        with transaction.atomic():
            model.objects.filter(pk=draft.pk).update(
                published_by=by, published_at=at, ended_at=ended
            )
    except IntegrityError as error:
        if _day_is_taken(draft):
            raise RecordingError(
                _("This obligation has an assessment of that day already: correct that one.")
            ) from error
        raise
    draft.refresh_from_db()
    _record(AuditEntry.Action.RECORD_PUBLISHED, draft, by, at)
    return draft


def _day_is_taken(draft):
    """Tell whether another public assessment speaks of the same obligation and day."""
    if draft.kind != "assessment":
        return False
    others = Assessment.objects.public().filter(obligation=draft.obligation_id, as_of=draft.as_of)
    return others.exclude(key=draft.key).exists()


def may_publish(draft, person):
    """Tell whether a person neither started a record's draft nor wrote in it."""
    return person.pk not in authors_of(draft)


def authors_of(draft):
    """Return the ids of everybody who wrote in a draft; prefetch `recordauthors` for lists."""
    return {draft.prepared_by_id, *(row.person_id for row in draft.recordauthors.all())}


def missing(draft):
    """Return what a draft lacks before it can be published, in words; [] if nothing."""
    lacking = []
    if draft.kind not in SOURCE_OPTIONAL and not draft.recordsources.all():
        lacking.append(_("Name at least one source."))
    for field in trilingual_fields(draft):
        wanted = _wanted_in(draft, field)
        without = [each for each in wanted if not stored_text(draft, field, each)]
        if len(without) == len(wanted) and not _is_needed(draft, field):
            continue
        if without:
            lacking.append(
                _("“%(field)s” is missing in %(languages)s.")
                % {
                    "field": draft._meta.get_field(field).verbose_name,
                    "languages": ", ".join(str(NAMES[each]) for each in without),
                }
            )
    if draft.kind == "obstacle" and not draft.provisions.all():
        lacking.append(_("Say which provisions it holds up."))
    if _names_another_agreements_provision(draft):
        lacking.append(_("A provision belongs to another agreement."))
    if draft.kind == "assessment":
        if draft.level == Level.COMPLETE and draft.evidence_id is None:
            lacking.append(_("Name the evidence before “complete”."))
        elif draft.evidence_id and draft.evidence_id not in {s.pk for s in draft.sources}:
            lacking.append(_("The evidence has to stand among the sources too."))
        if draft.level == Level.CANNOT_BE_RATED and draft.looked_on is None:
            lacking.append(_("Say when you last looked for it."))
    return lacking


def _names_another_agreements_provision(draft):
    provisions = {
        "obstacle": lambda: draft.provisions.all(),
        "position": lambda: [draft.provision] if draft.provision else [],
    }.get(draft.kind, list)
    return any(each.agreement_id != draft.agreement_id for each in provisions())


def _wanted_in(draft, field):
    """Return the languages that a text has to stand in where it stands at all."""
    return draft.translated_into if field == "translation" else STORED


def _is_needed(draft, field):
    """Tell whether a field has to have a text; one that may be empty still has all or none."""
    if field == "change_note":
        return draft.change != Change.FIRST
    if field == "would_settle":
        return draft.level == Level.CANNOT_BE_RATED
    if field == "translation":
        return draft.is_answered
    return not draft._meta.get_field(field).blank


def _record(action, record, by, at):
    AuditEntry.objects.record(
        action,
        agreement=record.agreement,
        by=by,
        at=at,
        detail=f"{record.kind} {record}",
    )
