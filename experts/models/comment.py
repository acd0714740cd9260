from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Version
from agreements.models.closed_lists import only
from dialogue_platform.languages import NAMES, STORED

from .assignment import Assignment
from .expert import random_key


class CommentKind(models.TextChoices):
    FACT = "fact", _("a fact is wrong")
    BIAS = "bias", _("one-sided")
    MISSING = "missing", _("something is missing")
    UNCLEAR = "unclear", _("unclear")
    TRANSLATION = "translation", _("translation")
    SOURCE = "source", _("needs a source")


class CommentQuerySet(models.QuerySet):
    def sent(self):
        return self.filter(sent_at__isnull=False, taken_back_at=None)

    def visible_to(self, assignment):
        """What a member of a panel may read: their own; others' once released and submitted."""
        own = Q(assignment=assignment)
        if not assignment.sees_others:
            return self.filter(own)
        released = Comment.objects.released().filter(assignment__round=assignment.round_id)
        return self.filter(own | Q(pk__in=released))

    def released(self):
        """What colleagues may read: nothing before the release; then what was sent by those whose
        review is in."""
        return self.sent().filter(
            assignment__round__released_at__isnull=False,
            assignment__submitted_at__isnull=False,
        )

    def unanswered(self):
        return self.filter(responses=None)


class Comment(models.Model):
    """What one expert says of one paragraph, or of words in it, in one language of a version.

    A draft until `sent_at`; from then on it does not change, it can only be taken back. `place` is
    a name of segments.py, `paragraph` counts the blocks of the text from 0; `before` is that block
    as it was, in its markup, and `quote` words of it as readers see them (Serbian in Cyrillic).
    """

    Kind = CommentKind

    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="comments", verbose_name=_("assignment")
    )
    key = models.CharField(max_length=20, default=random_key, unique=True, editable=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="comments")
    language = models.CharField(
        _("language"), max_length=2, choices=[(x, NAMES[x]) for x in STORED]
    )
    place = models.CharField(max_length=60)
    paragraph = models.PositiveSmallIntegerField(default=0)
    before = models.TextField(blank=True)
    quote = models.TextField(blank=True)
    kind = models.CharField(_("what it is about"), max_length=12, choices=CommentKind)
    is_blocking = models.BooleanField(_("must be settled before publication"), default=False)
    text = models.TextField(_("comment"), blank=True)
    # Instead of `before`, in its markup; '' for none.
    suggestion = models.TextField(_("suggested wording"), blank=True)
    saved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["sent_at", "key"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            only("kind", CommentKind),
            models.CheckConstraint(condition=Q(language__in=STORED), name="comment_language_known"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | ~Q(text="") | ~Q(suggestion=""),
                name="sent_comment_says_something",
                violation_error_message=_("Write a comment or suggest a wording."),
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | Q(sent_at__isnull=False),
                name="only_sent_is_taken_back",
            ),
        ]

    def __str__(self):
        return f"{self.assignment} {self.place}"

    @property
    def is_draft(self):
        return self.sent_at is None


class Decision(models.TextChoices):
    """What the editors did with a comment."""

    ACCEPTED = "accepted", _("accepted")
    WITH_CHANGES = "with-changes", _("accepted with changes")
    REJECTED = "rejected", _("not accepted")
    NOTED = "noted", _("noted")
    DUPLICATE = "duplicate", _("same as another comment")


class Response(models.Model):
    """An editor's answer to a comment. Added, never changed; the newest one holds."""

    Decision = Decision

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="responses")
    decision = models.CharField(_("decision"), max_length=12, choices=Decision)
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("answer to a comment")
        verbose_name_plural = _("answers to comments")
        constraints = [
            only("decision", Decision),
            models.CheckConstraint(
                condition=~Q(decision="rejected") | ~Q(reason=""),
                name="rejection_has_reason",
                violation_error_message=_("Say why the comment is not accepted."),
            ),
        ]

    def __str__(self):
        return f"{self.comment} {self.decision}"


class Reply(models.Model):
    """One contribution to the discussion of a comment, by a member of the panel or a colleague."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="replies")
    member = models.ForeignKey(Assignment, models.PROTECT, related_name="replies", null=True)
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    text = models.TextField(_("reply"))
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) ^ Q(colleague__isnull=True),
                name="reply_by_one_person",
            ),
        ]

    def __str__(self):
        return str(self.comment)


class Alarm(models.Model):
    """“This is wrong on the live page”: reaches editors at once, whatever phase a round is in."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="alarms")
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="alarms")
    text = models.TextField(_("what is wrong"))
    raised_at = models.DateTimeField()
    # NULL: nobody has looked yet.
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")

    def __str__(self):
        return str(self.version)
