"""What became of it: records, each dated, sourced, added and never rewritten.

A record is a chain of editions under one key. The first edition adds it; a correction or a
withdrawal is a further edition that says why, prepared by one person and published by another.
An edition is public from `published_at` until `ended_at`: so what the public could read at any
moment is one comparison of times. See docs/records.md.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dialogue_platform.languages import STORED

from .closed_lists import only
from .source import Source

# Every kind of record, in the order in which pages and lists show them.
RECORD_KINDS = ("obligation", "assessment", "obstacle", "position", "reply", "event")
# The letter of an institution is its own source.
SOURCE_OPTIONAL = ("reply",)


class Change(models.TextChoices):
    """What an edition does to its record."""

    FIRST = "first", _("added")
    CORRECTION = "correction", _("corrected")
    WITHDRAWAL = "withdrawal", _("withdrawn")


class RecordQuerySet(models.QuerySet):
    def drafts(self):
        """Editions that nobody has published yet."""
        return self.filter(published_at__isnull=True)

    def published(self):
        """Editions that were ever published, withdrawals among them."""
        return self.filter(published_at__isnull=False)

    def public(self):
        """Editions that the public reads now."""
        return self.published().filter(ended_at__isnull=True)

    def public_at(self, moment):
        """Editions that the public could read at a moment; None means now."""
        if moment is None:
            return self.public()
        return self.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=moment), published_at__lte=moment
        )


class Record(models.Model):
    """One edition of a record: what it says, who prepared and who published it, and when."""

    Change = Change

    key = models.SlugField(
        _("key"), max_length=120, help_text=_("Names the record for ever, in addresses too.")
    )
    edition = models.PositiveSmallIntegerField(_("edition"), default=1, editable=False)
    change = models.CharField(
        _("kind of change"), max_length=10, choices=Change, default=Change.FIRST, editable=False
    )
    change_note = models.TextField(
        _("why it was changed"),
        blank=True,
        help_text=_("Readers see it. Say what was wrong, in one or two sentences."),
    )
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("prepared by"),
    )
    prepared_at = models.DateTimeField(_("prepared at"), editable=False)
    # Who saved the draft last, and when: for whoever looked at an older state of it.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False
    )
    changed_at = models.DateTimeField(null=True, editable=False)
    # Counts the saves of a draft: whoever saves or publishes names the one they looked at.
    revision = models.PositiveIntegerField(default=0, editable=False)
    # NULL: a draft.
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    # NULL: a draft, or public now. Else when the next edition took its place; a withdrawal ends
    # as it begins, so that nothing is public of it.
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            only("change", Change),
            models.UniqueConstraint(fields=["key", "edition"], name="%(class)s_edition_once"),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(published_at__isnull=False, ended_at__isnull=True),
                name="%(class)s_public_once",
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("prepared_by")),
                name="%(class)s_not_published_by_its_preparer",
                violation_error_message=_("Whoever prepared a record cannot publish it."),
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="%(class)s_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(edition=1, change=Change.FIRST)
                | (Q(edition__gt=1) & ~Q(change=Change.FIRST)),
                name="%(class)s_added_once",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | Q(change=Change.FIRST)
                # A comparison with NULL counts as passed, so absence is asked for by name.
                | Q(
                    **{f"change_note_{language}__isnull": False for language in STORED},
                    **{f"change_note_{language}__gt": "" for language in STORED},
                ),
                name="%(class)s_change_says_why",
                violation_error_message=_("Say why, in all three languages."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(published_at__isnull=False, ended_at__gte=F("published_at")),
                name="%(class)s_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | ~Q(change=Change.WITHDRAWAL)
                | Q(ended_at__isnull=False, ended_at=F("published_at")),
                name="%(class)s_withdrawal_shows_nothing",
            ),
        ]

    def __str__(self):
        return self.key if self.edition == 1 else f"{self.key} ({self.edition})"

    @property
    def kind(self):
        """The name of this kind of record, one of RECORD_KINDS."""
        return self._meta.model_name

    @property
    def is_draft(self):
        return self.published_at is None

    def is_public_at(self, moment):
        """Tell whether the public could read this edition at a moment; None means now."""
        if moment is None:
            return self.published_at is not None and self.ended_at is None
        begun = self.published_at is not None and self.published_at <= moment
        return begun and (self.ended_at is None or self.ended_at > moment)

    @property
    def sources(self):
        """The Sources of this edition, in order; prefetch `recordsources__source` for lists."""
        return [row.source for row in self.recordsources.all()]


def _exactly_one_record():
    """Return the condition that a row belongs to exactly one record."""
    condition = Q()
    for kind in RECORD_KINDS:
        condition |= Q(**{f"{each}__isnull": each != kind for each in RECORD_KINDS})
    return condition


def _record_key(kind):
    return models.ForeignKey(
        kind.capitalize(), models.CASCADE, null=True, related_name="%(class)ss"
    )


class OfRecord(models.Model):
    """A row that belongs to one edition of one record, of whichever kind."""

    obligation = _record_key("obligation")
    assessment = _record_key("assessment")
    obstacle = _record_key("obstacle")
    position = _record_key("position")
    reply = _record_key("reply")
    event = _record_key("event")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=_exactly_one_record(), name="%(class)s_of_one_record"),
        ]


class RecordSource(OfRecord):
    """One source that a record rests on."""

    source = models.ForeignKey(
        Source, models.PROTECT, related_name="recordsources", verbose_name=_("source")
    )
    place = models.PositiveSmallIntegerField(default=0)

    class Meta(OfRecord.Meta):
        ordering = ["place", "pk"]
        verbose_name = _("source of a record")
        verbose_name_plural = _("sources of a record")

    def __str__(self):
        return self.source.key


class RecordAuthor(OfRecord):
    """Somebody who wrote in a draft that another person had started: neither publishes it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )

    class Meta(OfRecord.Meta):
        verbose_name = _("author of a record")
        verbose_name_plural = _("authors of a record")

    def __str__(self):
        return str(self.person)
