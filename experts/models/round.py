from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, Version
from agreements.models.closed_lists import only
from experts import quorum

from .expert import Profile, random_key


class QuorumPolicy(models.Model):
    """The rule of the balanced quorum from a moment on. Rows are added, never changed.

    A round keeps the row it was opened with; the newest row is what the public page explains.
    """

    rules = models.JSONField(_("rules"))  # quorum.Policy.as_json
    since = models.DateTimeField(_("since"))
    # NULL: the rule the platform began with.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("decided by"),
    )

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("rule of the quorum")
        verbose_name_plural = _("rules of the quorum")

    def __str__(self):
        return f"{self.since:%Y-%m-%d}"

    @property
    def policy(self):
        return quorum.Policy.from_json(self.rules)


class Phase(models.TextChoices):
    """How far a round is; it only goes forward."""

    PREPARING = "preparing", _("being prepared")
    INDEPENDENT = "independent", _("independent reading")
    DISCUSSION = "discussion", _("discussion")
    CLOSED = "closed", _("closed")


OPEN_PHASES = (Phase.INDEPENDENT, Phase.DISCUSSION)


class Outcome(models.TextChoices):
    PASSED = "passed", _("passed")
    NOT_PASSED = "not-passed", _("not passed")
    CANCELLED = "cancelled", _("cancelled")
    SUPERSEDED = "superseded", _("superseded by a newer version")


class RoundQuerySet(models.QuerySet):
    def unfinished(self):
        """Rounds that are not closed, those in preparation included."""
        return self.exclude(phase=Phase.CLOSED)

    def in_review(self):
        """Rounds in which experts may write."""
        return self.filter(phase__in=OPEN_PHASES)

    def passed(self):
        return self.filter(outcome=Outcome.PASSED)


class ReviewRound(models.Model):
    """One panel's review of one sealed version: independent reading, then discussion, then closed.

    Version, policy and seats are fixed from the opening on; a closed round never changes
    (experts/immutability.py). The badge follows from its outcome (experts/badges.py).
    """

    Phase = Phase
    Outcome = Outcome

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="rounds", verbose_name=_("agreement")
    )
    version = models.ForeignKey(
        Version, models.PROTECT, related_name="rounds", verbose_name=_("version")
    )
    number = models.PositiveIntegerField(_("number"), help_text=_("Counted within the agreement."))
    policy = models.ForeignKey(
        QuorumPolicy, models.PROTECT, related_name="rounds", verbose_name=_("rule of the quorum")
    )
    phase = models.CharField(
        _("phase"), max_length=12, choices=Phase, default=Phase.PREPARING, editable=False
    )
    # '' until closed.
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, blank=True, editable=False
    )
    # Days on the platform's clock; the day itself is still in time.
    answer_by = models.DateField(_("invitations answered by"))
    review_by = models.DateField(_("reviews due by"))
    # NULL until released.
    discuss_by = models.DateField(_("discussion until"), null=True, blank=True)
    # Counts what experts and editors do; each deed raises it first, which makes closing wait.
    revision = models.PositiveIntegerField(default=0, editable=False)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"))
    opened_at = models.DateTimeField(_("opened at"), null=True, editable=False)
    released_at = models.DateTimeField(_("released at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    # What the quorum said at closing, without a word about communities; NULL until then.
    report = models.JSONField(null=True, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["agreement", "number"]
        verbose_name = _("round of review")
        verbose_name_plural = _("rounds of review")
        constraints = [
            only("phase", Phase),
            only("outcome", Outcome, empty=True),
            models.UniqueConstraint(fields=["agreement", "number"], name="round_number_once"),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=~Q(phase="closed"),
                name="one_open_round_per_agreement",
                violation_error_message=_("This agreement is in review already."),
            ),
            models.CheckConstraint(
                condition=Q(phase="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(phase="closed") & Q(outcome="", closed_at__isnull=True),
                name="closed_round_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(phase="discussion")
                | Q(released_at__isnull=False, discuss_by__isnull=False),
                name="discussion_was_released",
            ),
            models.CheckConstraint(
                condition=Q(phase="preparing")
                | Q(outcome="cancelled")
                | Q(opened_at__isnull=False),
                name="open_round_was_opened",
            ),
            models.CheckConstraint(
                condition=Q(review_by__gte=models.F("answer_by")),
                name="review_due_after_answer",
                violation_error_message=_("Reviews cannot be due before the invitations are."),
            ),
        ]

    def __str__(self):
        return f"{self.agreement} {self.number}"

    @property
    def is_open(self):
        """Tell whether experts may write."""
        return self.phase in OPEN_PHASES

    @property
    def is_blind(self):
        """Tell whether what experts say is still nobody's to read."""
        return self.phase in (Phase.PREPARING, Phase.INDEPENDENT)


class Seat(models.Model):
    """One place on a panel, for one profile. Fixed when the round opens; people may change."""

    round = models.ForeignKey(
        ReviewRound, models.CASCADE, related_name="seats", verbose_name=_("round of review")
    )
    profile = models.CharField(_("field"), max_length=10, choices=Profile)
    key = models.CharField(max_length=20, default=random_key, unique=True, editable=False)

    class Meta:
        ordering = ["round", "profile", "pk"]
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        constraints = [only("profile", Profile)]

    def __str__(self):
        return f"{self.round} {self.profile}"


class RoundAction(models.TextChoices):
    PREPARED = "prepared", _("prepared the round")
    SEATED = "seated", _("chose an expert for a seat")
    OPENED = "opened", _("opened the round")
    INVITED = "invited", _("invited an expert")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("the invitation expired")
    REMOVED = "withdrawn", _("left the panel")
    SUBMITTED = "submitted", _("submitted a review")
    REVISED = "revised", _("revised a verdict")
    RELEASED = "released", _("released the comments")
    EXTENDED = "extended", _("changed a due date")
    ANSWERED = "answered", _("answered a comment")
    APPLIED = "applied", _("took a suggestion into the draft")
    CLOSED = "closed", _("closed the round")
    CANCELLED = "cancelled", _("cancelled the round")
    LIFTED = "lifted", _("lifted an objection")
    OVERRIDDEN = "overridden", _("released for publication with dissent")
    BADGE_WITHDRAWN = "badge-withdrawn", _("withdrew the badge")
    FIDELITY = "fidelity", _("checked a translation")
    CARRY_PROPOSED = "carry-proposed", _("asked to keep the badge after a typing error")
    CARRIED = "carried", _("confirmed that only a typing error changed")
    CONTESTED = "contested", _("asked for a round after a small change")
    NAMED = "named", _("decided whether to be named")
    ERASED = "erased", _("was erased")
    ADDRESS = "address", _("got another e-mail address")
    LINKS_ENDED = "links-ended", _("all links were ended")


class RoundEvent(models.Model):
    """One change of state in a round: who did what, and when. Never changed, never deleted.

    By a colleague (`actor`) or by a member of the panel (`member`); never what a verdict says.
    """

    Action = RoundAction

    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="events")
    action = models.CharField(max_length=16, choices=RoundAction)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    member = models.ForeignKey("Assignment", models.PROTECT, related_name="events", null=True)
    at = models.DateTimeField()
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("event of a round")
        verbose_name_plural = _("events of a round")
        constraints = [only("action", RoundAction)]

    def __str__(self):
        return f"{self.round} {self.action}"
