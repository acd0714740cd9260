from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models.closed_lists import only

from .expert import Expert, random_key
from .round import ReviewRound, Seat


class AssignmentState(models.TextChoices):
    """Where one expert stands with one seat."""

    CHOSEN = "chosen", _("chosen, not invited yet")
    INVITED = "invited", _("invited")
    ACCEPTED = "accepted", _("accepted")
    SUBMITTED = "submitted", _("review is in")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("did not answer")
    WITHDRAWN = "withdrawn", _("left the panel")
    CANCELLED = "cancelled", _("cancelled")


# On the panel, or on the way to it: one such a seat.
LIVE_STATES = (
    AssignmentState.CHOSEN,
    AssignmentState.INVITED,
    AssignmentState.ACCEPTED,
    AssignmentState.SUBMITTED,
)
# May read the sealed candidate.
READING_STATES = (AssignmentState.ACCEPTED, AssignmentState.SUBMITTED)


class AssignmentQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE_STATES)

    def on_panel(self):
        """Assignments whose expert accepted, whether or not the review is in."""
        return self.filter(state__in=READING_STATES)


class Assignment(models.Model):
    """One expert on one seat of one round. The row is the permission: nothing else lets one read.

    `key` is its address; it tells nothing of how many others there are. `alias` is the number
    under which the others see this expert in the discussion: new and drawn anew each round.
    """

    State = AssignmentState

    round = models.ForeignKey(
        ReviewRound, models.PROTECT, related_name="assignments", verbose_name=_("round of review")
    )
    seat = models.ForeignKey(
        Seat, models.PROTECT, related_name="assignments", verbose_name=_("seat")
    )
    expert = models.ForeignKey(
        Expert, models.PROTECT, related_name="assignments", verbose_name=_("expert")
    )
    key = models.CharField(max_length=20, default=random_key, unique=True, editable=False)
    alias = models.PositiveSmallIntegerField(editable=False)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=AssignmentState,
        default=AssignmentState.CHOSEN,
        editable=False,
    )
    # Counts invitations: a further one after a refusal is a letter of its own.
    invitations = models.PositiveSmallIntegerField(default=0, editable=False)
    # The day by which this expert answers; a later invitation gives a later day than the round's.
    answer_by = models.DateField(null=True, editable=False)
    invited_at = models.DateTimeField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    # Why declined, and whom they would ask instead: for the coordinator.
    reason = models.TextField(blank=True)
    suggests = models.TextField(blank=True)
    # An interest that keeps the verdict out of the quorum; '' for none. For the coordinator.
    conflict = models.TextField(_("conflict of interest"), blank=True)
    # NULL: not named in public.
    named_at = models.DateTimeField(null=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["round", "alias"]
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            only("state", AssignmentState),
            models.UniqueConstraint(fields=["round", "alias"], name="alias_once_per_round"),
            models.UniqueConstraint(
                fields=["round", "expert"],
                name="expert_once_per_round",
                violation_error_message=_("This expert is asked already."),
            ),
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(state__in=LIVE_STATES),
                name="one_expert_per_seat",
                violation_error_message=_("This seat is taken already."),
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False),
                name="submitted_has_moment",
            ),
        ]

    def __str__(self):
        return f"{self.round} {self.alias}"

    @property
    def may_read(self):
        """Tell whether the expert may open the sealed candidate."""
        return self.state in READING_STATES

    @property
    def sees_others(self):
        """Tell whether others' comments are open to this expert: released, and own review in."""
        released = self.round.released_at is not None and self.round.outcome != "cancelled"
        return released and self.state == AssignmentState.SUBMITTED


class AccessLink(models.Model):
    """One link in one letter: only the hash of its secret is kept.

    It ends by its date, by hand (`revoked_at`), or with the assignment.
    """

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, in hex
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("link to a review")
        verbose_name_plural = _("links to reviews")

    def __str__(self):
        return f"{self.assignment} {self.made_at:%Y-%m-%d}"


class Notes(models.Model):
    """What an expert writes down for themselves. Nobody else reads it; erased with the expert."""

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="notes")
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("own notes")
        verbose_name_plural = _("own notes")

    def __str__(self):
        return str(self.assignment)
