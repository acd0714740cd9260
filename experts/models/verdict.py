from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models import Version
from agreements.models.closed_lists import only
from dialogue_platform.languages import NAMES, STORED
from experts import quorum

from .assignment import Assignment
from .expert import Expert
from .round import ReviewRound


class Judgement(models.TextChoices):
    """What one expert concludes; quorum.Judgement says what each counts for."""

    APPROVE = quorum.Judgement.APPROVE, _("I approve it as it is")
    APPROVE_WITH_EDITS = quorum.Judgement.APPROVE_WITH_EDITS, _("I approve it with my edits")
    NOT_CONVINCED = quorum.Judgement.NOT_CONVINCED, _("I am not convinced")
    OBJECT = quorum.Judgement.OBJECT, _("I object")
    NOT_MY_FIELD = quorum.Judgement.NOT_MY_FIELD, _("this is not my field")
    RECUSE = quorum.Judgement.RECUSE, _("I step aside")


def score_field(label):
    """Return a score from 1 to 9; NULL where the expert gives none."""
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )


SCORES = ("objectivity", "precision", "completeness")


class Verdict(models.Model):
    """What one expert concluded on one text. Added, never changed; the highest number is current.

    Bound to the substance hash of the text that was seen. The first one stays on record.
    """

    Judgement = Judgement

    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="verdicts", verbose_name=_("assignment")
    )
    number = models.PositiveSmallIntegerField()  # 1 for the first
    judgement = models.CharField(_("verdict"), max_length=20, choices=Judgement)
    objectivity = score_field(_("objectivity"))
    precision = score_field(_("precision"))
    completeness = score_field(_("completeness"))
    reason = models.TextField(_("reasons"), blank=True)
    # Of an objection: the comment it rests on, and what would lift it.
    comment = models.ForeignKey(
        "Comment", models.PROTECT, related_name="objections", null=True, blank=True
    )
    would_lift = models.TextField(_("what would lift the objection"), blank=True)
    substance_hash = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    # Given after the release: who gave it could have read the others'.
    is_late = models.BooleanField(default=False)

    class Meta:
        ordering = ["assignment", "number"]
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        constraints = [
            only("judgement", Judgement),
            models.UniqueConstraint(fields=["assignment", "number"], name="verdict_number_once"),
            models.CheckConstraint(
                condition=~Q(judgement="object") | Q(comment__isnull=False) & ~Q(would_lift=""),
                name="objection_says_what_lifts_it",
                violation_error_message=_("Say what would lift your objection."),
            ),
            models.CheckConstraint(
                condition=~Q(judgement="not-convinced") | ~Q(reason=""),
                name="not_convinced_has_reason",
                violation_error_message=_("Say why you are not convinced."),
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{score}__isnull": True})
                    | Q(**{f"{score}__gte": 1, f"{score}__lte": 9}),
                    name=f"verdict_{score}_from_one_to_nine",
                )
                for score in SCORES
            ),
        ]

    def __str__(self):
        return f"{self.assignment} {self.number}"


class Lifting(models.Model):
    """An objection lifted by its author, after its round or on a changed text."""

    verdict = models.OneToOneField(Verdict, models.PROTECT, related_name="lifting")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField()

    class Meta:
        ordering = ["lifted_at"]
        verbose_name = _("lifted objection")
        verbose_name_plural = _("lifted objections")

    def __str__(self):
        return str(self.verdict)


class Dissent(models.Model):
    """The decision to publish a version whose round did not pass: *reviewed with dissent*.

    It never makes a version verified. Readers see the dissent in their language.
    """

    round = models.OneToOneField(ReviewRound, models.PROTECT, related_name="dissent")
    text = models.TextField(_("the dissent, for readers"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        verbose_name = _("dissent")
        verbose_name_plural = _("dissents")

    def __str__(self):
        return str(self.round)


class BadgeWithdrawal(models.Model):
    """The end of a badge, at once and with a public reason."""

    round = models.OneToOneField(ReviewRound, models.PROTECT, related_name="badge_withdrawal")
    reason = models.TextField(_("public reason"))
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()

    class Meta:
        ordering = ["withdrawn_at"]
        verbose_name = _("withdrawal of a badge")
        verbose_name_plural = _("withdrawals of badges")

    def __str__(self):
        return str(self.round)


class FidelityCheck(models.Model):
    """One reader of two languages on whether one says exactly what the other does.

    Bound to the hash of that language's text; the newest check of a hash holds. By an expert of a
    panel or by a colleague, never by whoever translated.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="fidelity_checks")
    language = models.CharField(
        _("language"), max_length=2, choices=[(x, NAMES[x]) for x in STORED]
    )
    language_hash = models.CharField(max_length=80)
    substance_hash = models.CharField(max_length=80)
    is_faithful = models.BooleanField(_("says the same"))
    note = models.TextField(_("where it does not"), blank=True)
    expert = models.ForeignKey(Expert, models.PROTECT, related_name="fidelity_checks", null=True)
    colleague = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["checked_at", "pk"]
        verbose_name = _("check of a translation")
        verbose_name_plural = _("checks of translations")
        constraints = [
            models.CheckConstraint(
                condition=Q(language__in=STORED), name="fidelity_language_known"
            ),
            models.CheckConstraint(
                condition=Q(expert__isnull=True) ^ Q(colleague__isnull=True),
                name="fidelity_by_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(is_faithful=True) | ~Q(note=""),
                name="unfaithful_says_where",
                violation_error_message=_("Say where it does not say the same."),
            ),
        ]

    def __str__(self):
        return f"{self.version} {self.language}"


class CarryOver(models.Model):
    """A badge kept over a typing error in the source text: two editors say that it is one.

    Any member of the panel may contest it within CONTEST_DAYS; then it holds no more.
    """

    version = models.OneToOneField(Version, models.PROTECT, related_name="carry_over")
    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="carried_to")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    confirmed_at = models.DateTimeField(null=True)
    contested_by = models.ForeignKey(Assignment, models.PROTECT, related_name="+", null=True)
    contested_at = models.DateTimeField(null=True)
    contest_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("badge kept over a typing error")
        verbose_name_plural = _("badges kept over typing errors")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=models.F("proposed_by")),
                name="second_editor_carries_over",
                violation_error_message=_("Somebody else has to confirm it."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="carry_over_confirmed_when",
            ),
            models.CheckConstraint(
                condition=Q(contested_by__isnull=True, contested_at__isnull=True)
                | Q(contested_by__isnull=False, contested_at__isnull=False),
                name="carry_over_contested_when",
            ),
        ]

    def __str__(self):
        return str(self.version)


class Level(models.TextChoices):
    """What may be said of a text: the word "verified" stands for the first alone."""

    VERIFIED = "verified", _("verified by experts")
    WITH_DISSENT = "with-dissent", _("reviewed, with dissent")
    NOT_REVIEWED = "not-reviewed", _("not yet reviewed")


class ReviewedPublication(models.Model):
    """What a publication could claim when it was made: the round, the level and the quorum."""

    Level = Level

    publication = models.OneToOneField(
        "agreements.Publication", models.PROTECT, related_name="reviewed"
    )
    # NULL where nobody reviewed.
    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="publications", null=True)
    level = models.CharField(max_length=12, choices=Level)
    report = models.JSONField(null=True)

    class Meta:
        verbose_name = _("reviewed publication")
        verbose_name_plural = _("reviewed publications")
        constraints = [
            only("level", Level),
            models.CheckConstraint(
                condition=Q(level="not-reviewed") | Q(round__isnull=False),
                name="level_rests_on_round",
            ),
        ]

    def __str__(self):
        return f"{self.publication} {self.level}"
