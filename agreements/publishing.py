"""The verbs that change what is public: open a draft, seal it, publish, schedule, withdraw it.

Each is one transaction. Where two people can want the same, one conditional UPDATE (or a unique
constraint) decides: one wins, the other gets an error that says who and when. Time is an argument.
"""

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from dialogue_platform.languages import NAMES, STORED, stored_text

from . import markup
from .fingerprints import fingerprints
from .models import (
    Agreement,
    AuditEntry,
    Publication,
    ScheduledPublication,
    Version,
    Withdrawal,
)
from .models.version import ChangeClass
from .segments import SUMMARY_WORDS

# Functions of (publication) that other apps add: called inside the transaction that publishes.
WITNESSES = []


class PublishingError(Exception):
    """A step that cannot be taken now; the message is for the person who tried."""


class DraftIsOpen(PublishingError):
    """The agreement already has an open draft."""


class NotADraft(PublishingError):
    """The version is sealed already."""


class NotSealed(PublishingError):
    """A draft cannot be published."""


class OwnWork(PublishingError):
    """Whoever prepared a version cannot publish it."""


class AlreadyPublic(PublishingError):
    """The version is what the public reads now."""


class PublishedMeanwhile(PublishingError):
    """Somebody else published another version since this person looked."""


class ChangedMeanwhile(PublishingError):
    """The draft is not the one this person looked at any more."""


class AlreadyScheduled(PublishingError):
    """A publication of the agreement waits already."""


class NothingPublic(PublishingError):
    """There is nothing public to withdraw, or something else is by now."""


def open_draft(agreement, *, by, at=None):
    """Return a new draft, a copy of `origin_of` the agreement.

    Raises DraftIsOpen where one is open, and PublishingError where there is nothing to copy yet
    (a first draft is made with new_draft).
    """
    with transaction.atomic():
        # Read anew, and kept from changing: what was public when the page was opened may be old.
        fresh = Agreement.objects.select_for_update().get(pk=agreement.pk)
        origin = origin_of(fresh)
        if origin is None:
            raise PublishingError(_("There is no sealed version to start from."))
        return _copy(fresh, origin, by, at)


def origin_of(agreement):
    """Return the version that the next one goes on from, or None.

    That is a sealed one that waits to be published (else the next draft would lose what is in it),
    or what is public, or the newest sealed one.
    """
    sealed = agreement.versions.sealed().order_by("-number")
    waiting = sealed.filter(publications=None)
    if agreement.published_id:
        waiting = waiting.filter(number__gt=agreement.published.number)
    return waiting.first() or agreement.published or sealed.first()


def _copy(agreement, origin, by, at):
    draft = Version.objects.get(pk=origin.pk)
    draft.pk = None
    draft._state.adding = True
    draft.prepared_by = by
    draft.change_class = ""
    draft.sealed_at = None
    draft.revision = 0
    draft.content_hash = draft.substance_hash = ""
    for language in STORED:
        setattr(draft, f"hash_{language}", "")
        setattr(draft, f"change_note_{language}", "")
    with transaction.atomic():
        new_draft(draft)
        for children in (
            origin.provision_texts,
            origin.parties,
            origin.version_sources,
            origin.originals,
        ):
            for child in children.all():
                child.pk = None
                child._state.adding = True
                child.version = draft
                child.save(force_insert=True)
        AuditEntry.objects.record(
            AuditEntry.Action.DRAFT_OPENED, agreement=agreement, version=draft, by=by, at=at
        )
    return draft


def new_draft(draft):
    """Save an unsaved Version as the open draft of its agreement, under the next number.

    Raises DraftIsOpen, naming who works on the other draft.
    """
    agreement = draft.agreement
    for _attempt in range(2):  # the other draft may be sealed while we look: then it is our turn
        newest = agreement.versions.aggregate(newest=Max("number"))["newest"] or 0
        draft.number = newest + 1
        try:
            with transaction.atomic():
                draft.save(force_insert=True)
            return draft
        except IntegrityError as error:
            refused = error
            other = agreement.versions.drafts().select_related("prepared_by").first()
            if other is not None:
                raise DraftIsOpen(
                    _("%(person)s already works on a draft of this agreement.")
                    % {"person": other.prepared_by}
                ) from error
    raise refused


@transaction.atomic
def seal(draft, *, by=None, at=None, as_seen=None, change_class=None, notes=None):
    """Freeze a draft as it stands in the database and return the version that holds its text.

    That is the draft itself, or an earlier version with exactly the same text: then the draft is
    dropped, so that going back to a text finds its verdicts again. `by` is the preparer unless
    given, `as_seen` the revision that was looked at before sealing; `change_class` and `notes`
    ({language: public note}) replace what stands in the draft. Raises NotADraft, ChangedMeanwhile,
    and PublishingError where the draft is not complete.
    """
    at = at or timezone.now()
    # Raised first: whoever still writes in this draft (drafting.py) waits, or has made us wait.
    Version.objects.drafts().filter(pk=draft.pk).update(revision=F("revision") + 1)
    # Locked and read anew, so that the fingerprints are of the very row that is sealed. On
    # PostgreSQL whoever writes a child of a version waits for this lock (see immutability.py).
    locked = Version.objects.select_for_update().select_related("agreement")
    draft = locked.filter(pk=draft.pk).first()
    if draft is None:
        raise NotADraft(_("The draft was discarded meanwhile."))
    if not draft.is_draft:
        raise NotADraft(_("This version is sealed already."))
    by = by or draft.prepared_by
    if as_seen is not None and draft.revision != as_seen + 1:
        raise ChangedMeanwhile(_changed_by_whom(draft))
    marks = fingerprints(draft)
    earlier = draft.agreement.versions.sealed().filter(content_hash=marks.content).first()
    if earlier is not None:
        _record(AuditEntry.Action.FOUND_AGAIN, earlier, by, at)
        draft.delete()
        return earlier
    if change_class is not None:
        draft.change_class = change_class
    for language, note in (notes or {}).items():
        setattr(draft, f"change_note_{language}", note)
    _check_complete(draft)
    # The WHERE clause is the lock where rows cannot be locked: of two, one updates, one does not.
    sealed = (
        Version.objects.drafts()
        .filter(pk=draft.pk)
        .update(
            sealed_at=at,
            change_class=draft.change_class,
            content_hash=marks.content,
            substance_hash=marks.substance,
            **{
                f"change_note_{language}": stored_text(draft, "change_note", language)
                for language in STORED
            },
            **{f"hash_{language}": mark for language, mark in marks.languages.items()},
        )
    )
    if not sealed:
        raise NotADraft(_("This version is sealed already."))
    draft.refresh_from_db()
    _record(AuditEntry.Action.SEALED, draft, by, at)
    return draft


def _record(action, version, by, at, detail=""):
    AuditEntry.objects.record(
        action, agreement=version.agreement, version=version, by=by, at=at, detail=detail
    )


def _changed_by_whom(draft):
    edit = draft.edits.select_related("edited_by").last()
    if edit is None:
        return _("The draft changed meanwhile. Please look at it again.")
    return _("Meanwhile %(person)s changed the draft. Please look at it again.") % {
        "person": edit.edited_by
    }


def _check_complete(draft):
    """Raise PublishingError where a draft lacks what no version can do without."""
    if not draft.change_class:
        raise PublishingError(_("Say what kind of change this is before you seal."))
    if draft.change_class != ChangeClass.FIRST:
        written = [bool(stored_text(draft, "change_note", language)) for language in STORED]
        if any(written) and not all(written):
            raise PublishingError(_("Write the note for readers in all three languages."))
    for language in STORED:
        if markup.word_count(stored_text(draft, "summary", language)) > SUMMARY_WORDS:
            raise PublishingError(
                _("The summary in %(language)s is longer than %(limit)d words.")
                % {"language": NAMES[language], "limit": SUMMARY_WORDS}
            )
    for party in draft.parties.all():
        if not stored_text(party, "name", draft.source_language):
            raise PublishingError(_("Name every party in the source language, or remove it."))
    for field in ("title", "short_title", "summary"):
        if not stored_text(draft, field, draft.source_language):
            raise PublishingError(
                _("A version needs a title, a short title and a summary in its source language.")
            )


@transaction.atomic
def publish(version, *, by, replacing, at=None, reason=""):
    """Make a sealed version what the public reads, and return its Publication.

    `replacing` is the version that was public when the publisher decided (None for nothing); if
    another one is public by now, nothing happens and PublishedMeanwhile says whose it is.
    Raises also NotSealed, OwnWork and AlreadyPublic. A superuser gets no exception.
    """
    if version.is_draft:
        raise NotSealed(_("Seal the draft before you publish it."))
    if not may_publish(version, by):
        raise OwnWork(
            _("You prepared or wrote part of this version; somebody else has to publish it.")
        )
    if replacing is not None and replacing.pk == version.pk:
        raise AlreadyPublic(_("This version is public already."))
    publication = Publication.objects.create(
        agreement_id=version.agreement_id,
        version=version,
        prepared_by_id=version.prepared_by_id,
        published_by=by,
        published_at=at or timezone.now(),
        reason=reason,
    )
    # The WHERE clause is the lock: of two publishers, one updates a row, one none.
    won = Agreement.objects.filter(pk=version.agreement_id, published=replacing).update(
        published=version
    )
    if not won:
        raise PublishedMeanwhile(_told_by_whom(version.agreement_id, publication))
    ScheduledPublication.objects.filter(
        version=version, state=ScheduledPublication.State.WAITING
    ).update(state=ScheduledPublication.State.DONE)
    _record(AuditEntry.Action.PUBLISHED, version, by, publication.published_at, reason)
    version.agreement.published = version
    for witness in WITNESSES:
        witness(publication)
    return publication


def may_publish(version, person):
    """Tell whether a person neither prepared a version nor wrote part of it.

    A version goes on from those before it that were never public; whoever wrote them, wrote in it.
    """
    return person.pk not in authors_of(version)


def authors_of(version):
    """Return the ids of everybody whose work a version brings to the public for the first time."""
    earlier = Version.objects.filter(agreement=version.agreement_id, number__lt=version.number)
    last_public = earlier.published().aggregate(last=Max("number"))["last"] or 0
    chain = Version.objects.filter(
        agreement=version.agreement_id, number__gt=last_public, number__lte=version.number
    )
    return set(chain.values_list("prepared_by", flat=True)) | set(
        chain.exclude(edits=None).values_list("edits__edited_by", flat=True)
    )


def _told_by_whom(agreement_id, mine=None):
    other = (
        Publication.objects.filter(agreement_id=agreement_id)
        .exclude(pk=mine and mine.pk)
        .select_related("version", "published_by")
        .newest_first()
        .first()
    )
    if other is None or Withdrawal.objects.filter(publication=other).exists():
        return _("Nothing is public any more. Nothing was changed.")
    return _("Meanwhile %(person)s published version %(number)s. Nothing was changed.") % {
        "person": other.published_by,
        "number": other.version.number,
    }


# ── Publishing later ─────────────────────────────────────────────────────────────────────────


@transaction.atomic
def schedule(version, *, by, replacing, publish_at, at=None, reason=""):
    """Have a sealed version published at a time to come, if the public still reads `replacing`.

    Raises what publish raises, and AlreadyScheduled, naming whose schedule waits.
    """
    at = at or timezone.now()
    if version.is_draft:
        raise NotSealed(_("Seal the draft before you publish it."))
    if not may_publish(version, by):
        raise OwnWork(
            _("You prepared or wrote part of this version; somebody else has to publish it.")
        )
    if replacing is not None and replacing.pk == version.pk:
        raise AlreadyPublic(_("This version is public already."))
    if publish_at <= at:
        raise PublishingError(_("This time is over. Choose one to come."))
    if version.agreement.published_id != (replacing and replacing.pk):
        raise PublishedMeanwhile(_told_by_whom(version.agreement_id))
    try:
        with transaction.atomic():
            waiting = ScheduledPublication.objects.create(
                agreement=version.agreement,
                version=version,
                replacing=replacing,
                publish_at=publish_at,
                reason=reason,
                scheduled_by=by,
                scheduled_at=at,
            )
    except IntegrityError as error:
        other = ScheduledPublication.objects.select_related("scheduled_by").get(
            agreement=version.agreement, state=ScheduledPublication.State.WAITING
        )
        raise AlreadyScheduled(
            _("%(person)s already scheduled a publication of this agreement.")
            % {"person": other.scheduled_by}
        ) from error
    _record(AuditEntry.Action.SCHEDULED, version, by, at, publish_at.isoformat())
    return waiting


@transaction.atomic
def cancel_schedule(waiting, *, by, at=None):
    """Cancel a waiting publication. Raises PublishingError where it does not wait any more."""
    states = ScheduledPublication.State
    still = ScheduledPublication.objects.filter(pk=waiting.pk, state=states.WAITING)
    if not still.update(state=states.CANCELLED):
        raise PublishingError(_("This publication does not wait any more."))
    _record(AuditEntry.Action.SCHEDULE_CANCELLED, waiting.version, by, at)


def publish_due(*, at=None):
    """Publish what is scheduled up to now; return ([Publication], [ScheduledPublication failed]).

    Each is one transaction: claimed by a conditional UPDATE, so that two runs at once publish once.
    """
    at = at or timezone.now()
    states = ScheduledPublication.State
    published, failed = [], []
    due = ScheduledPublication.objects.filter(state=states.WAITING, publish_at__lte=at)
    for waiting in due.select_related("version__agreement", "replacing", "scheduled_by"):
        mine = ScheduledPublication.objects.filter(pk=waiting.pk, state=states.WAITING)
        try:
            with transaction.atomic():
                if not mine.update(state=states.DONE):
                    continue
                person = waiting.scheduled_by
                if not (person.is_active and person.has_perm("agreements.publish_version")):
                    raise NoLongerPublisher
                published.append(
                    publish(
                        waiting.version,
                        by=person,
                        replacing=waiting.replacing,
                        at=at,
                        reason=waiting.reason,
                    )
                )
        except PublishingError as error:
            with transaction.atomic():
                if mine.update(state=states.FAILED, failure=type(error).__name__):
                    _record(
                        AuditEntry.Action.SCHEDULE_FAILED,
                        waiting.version,
                        waiting.scheduled_by,
                        at,
                        type(error).__name__,
                    )
                    failed.append(waiting)
    return published, failed


class NoLongerPublisher(PublishingError):
    """Whoever scheduled a publication may not publish any more."""


# ── Taking back ──────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def withdraw(publication, *, by, reasons, at=None):
    """Take a public text from the public and return the Withdrawal.

    `publication` is the one the person saw, `reasons` {language: public reason}. Raises OwnWork,
    NothingPublic where something else is public by now, PublishingError without a reason in every
    language.
    """
    version = publication.version
    if not may_publish(version, by):
        raise OwnWork(
            _("You prepared or wrote part of this version; somebody else has to withdraw it.")
        )
    if not all(reasons.get(language, "").strip() for language in STORED):
        raise PublishingError(_("Readers need the reason in all three languages."))
    newest = Publication.objects.filter(agreement=version.agreement_id).newest_first().first()
    if newest.pk != publication.pk:
        raise PublishedMeanwhile(_told_by_whom(version.agreement_id))
    if Withdrawal.objects.filter(publication=publication).exists():
        raise NothingPublic(_("This text is withdrawn already."))
    try:
        with transaction.atomic():
            withdrawal = Withdrawal.objects.create(
                publication=publication,
                withdrawn_by=by,
                withdrawn_at=at or timezone.now(),
                **{f"reason_{language}": reasons[language] for language in STORED},
            )
    except IntegrityError as error:
        raise NothingPublic(_("This text is withdrawn already.")) from error
    # The WHERE clause is the lock: if another version is public by now, nothing is withdrawn.
    won = Agreement.objects.filter(pk=version.agreement_id, published=version).update(
        published=None
    )
    if not won:
        raise NothingPublic(_told_by_whom(version.agreement_id))
    _record(AuditEntry.Action.WITHDRAWN, version, by, withdrawal.withdrawn_at, reasons["en"])
    return withdrawal
