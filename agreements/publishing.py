"""The verbs that change what is written and what is public: open a draft, seal it, publish it.

Each is one transaction. Where two people can want the same, one conditional UPDATE (or a unique
constraint) decides: one wins, the other gets an error that says who and when. Time is an argument.
"""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from dialogue_platform.languages import STORED, stored_text

from .fingerprints import fingerprints
from .models import Agreement, Publication, Version


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


def open_draft(agreement, *, by):
    """Return a new draft: a copy of what is public, or of the newest sealed version.

    Raises DraftIsOpen where one is open, and PublishingError where there is nothing to copy yet
    (a first draft is made with new_draft).
    """
    origin = agreement.published or agreement.versions.sealed().order_by("-number").first()
    if origin is None:
        raise PublishingError(_("There is no sealed version to start from."))
    draft = Version.objects.get(pk=origin.pk)
    draft.pk = None
    draft._state.adding = True
    draft.prepared_by = by
    draft.change_class = ""
    draft.sealed_at = None
    draft.content_hash = draft.substance_hash = ""
    for language in STORED:
        setattr(draft, f"hash_{language}", "")
        setattr(draft, f"change_note_{language}", "")
    with transaction.atomic():
        new_draft(draft)
        for children in (origin.provision_texts, origin.parties, origin.version_sources):
            for child in children.all():
                child.pk = None
                child._state.adding = True
                child.version = draft
                child.save(force_insert=True)
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
def seal(draft, *, at=None):
    """Freeze a draft as it stands in the database and return the version that holds its text.

    That is the draft itself, or an earlier version with exactly the same text: then the draft is
    dropped, so that going back to a text finds its verdicts again. Raises NotADraft, and
    PublishingError where the draft is not complete.
    """
    # Locked and read anew, so that the fingerprints are of the very row that is sealed. On
    # PostgreSQL whoever writes a child of a version waits for this lock (see immutability.py).
    draft = Version.objects.select_for_update().select_related("agreement").get(pk=draft.pk)
    if not draft.is_draft:
        raise NotADraft(_("This version is sealed already."))
    marks = fingerprints(draft)
    earlier = draft.agreement.versions.sealed().filter(content_hash=marks.content).first()
    if earlier is not None:
        draft.delete()
        return earlier
    _check_complete(draft)
    # The WHERE clause is the lock where rows cannot be locked: of two, one updates, one does not.
    sealed = (
        Version.objects.drafts()
        .filter(pk=draft.pk)
        .update(
            sealed_at=at or timezone.now(),
            content_hash=marks.content,
            substance_hash=marks.substance,
            **{f"hash_{language}": mark for language, mark in marks.languages.items()},
        )
    )
    if not sealed:
        raise NotADraft(_("This version is sealed already."))
    draft.refresh_from_db()
    return draft


def _check_complete(draft):
    """Raise PublishingError where a draft lacks what no version can do without."""
    if not draft.change_class:
        raise PublishingError(_("Say what kind of change this is before you seal."))
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
    if version.prepared_by_id == by.pk:
        raise OwnWork(_("You prepared this version; somebody else has to publish it."))
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
    version.agreement.published = version
    return publication


def _told_by_whom(agreement_id, mine):
    other = (
        Publication.objects.filter(agreement_id=agreement_id)
        .exclude(pk=mine.pk)
        .select_related("version", "published_by")
        .newest_first()
        .first()
    )
    if other is None:
        return _("Nothing is public any more. Nothing was changed.")
    return _("Meanwhile %(person)s published version %(number)s. Nothing was changed.") % {
        "person": other.published_by,
        "number": other.version.number,
    }
