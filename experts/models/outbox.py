import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agreements.models.closed_lists import only

from .assignment import Assignment


class Rule(models.TextChoices):
    """Why a letter is written; letters.py has the words."""

    INVITATION = "invitation", _("invitation")
    ANSWER_SOON = "answer-soon", _("reminder to answer")
    ANSWER_NOW = "answer-now", _("last reminder to answer")
    REVIEW_SOON = "review-soon", _("review due in seven days")
    REVIEW_LATE = "review-late", _("review two days late")
    REMINDER = "reminder", _("reminder by the coordinator")
    RELEASED = "released", _("comments released")
    CLOSING = "closing", _("discussion ends in three days")
    DIGEST = "digest", _("answers to comments")
    OUTCOME = "outcome", _("outcome")
    FRESH_LINK = "fresh-link", _("fresh link")
    CARRIED = "carried", _("badge kept over a typing error")
    ALARM = "alarm", _("something is wrong on a public page")


class OutboxQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(claimed_at=None, dropped_at=None)

    def stuck(self, *, at=None):
        """Claimed by a sender that never said it was sent: perhaps sent, so never sent again.

        Either it failed, or nobody has heard of it for a quarter of an hour.
        """
        begun = self.filter(claimed_at__isnull=False, sent_at=None, dropped_at=None)
        silent = (at or timezone.now()) - datetime.timedelta(minutes=15)
        return begun.filter(~Q(failure="") | Q(claimed_at__lt=silent))


class OutboxLetter(models.Model):
    """One letter that is to leave, once: the key says for what. Address, text and link are made
    only when it is sent, so that none of them is kept."""

    Rule = Rule

    key = models.CharField(max_length=120, unique=True)
    rule = models.CharField(_("letter"), max_length=12, choices=Rule)
    # To the expert of an assignment, or to a colleague.
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="letters", null=True)
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    alarm = models.ForeignKey("Alarm", models.PROTECT, related_name="letters", null=True)
    made_at = models.DateTimeField(_("made at"))
    claimed_at = models.DateTimeField(_("taken to be sent at"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    # No longer true when it was to leave.
    dropped_at = models.DateTimeField(_("dropped at"), null=True)
    # The kind of failure, never its text, which could hold an address.
    failure = models.CharField(max_length=60, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            only("rule", Rule),
            models.CheckConstraint(
                condition=Q(assignment__isnull=True) ^ Q(colleague__isnull=True),
                name="letter_to_one_person",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(claimed_at__isnull=False),
                name="sent_letter_was_claimed",
            ),
        ]

    def __str__(self):
        return self.key
