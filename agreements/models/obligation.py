from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialogue_platform.languages import STORED

from .agreement import Provision
from .closed_lists import only
from .record import Record, RecordQuerySet
from .source import Source
from .version import Precision, precision_field


class Debtor(models.TextChoices):
    """Who owes what an agreement promises, in the order in which pages show them."""

    KOSOVO = "kosovo", _("Kosovo")
    SERBIA = "serbia", _("Serbia")
    BOTH = "both", _("Both together")
    EU = "eu", _("European Union")
    US = "us", _("United States")
    OTHER = "other", _("Others")


class Level(models.TextChoices):
    """How far an obligation is carried out, after the Peace Accords Matrix (Kroc Institute).

    The matrix has the first four; the other three say what a scale of progress cannot.
    """

    NOT_STARTED = "not-started", pgettext_lazy("level", "not started")
    MINIMAL = "minimal", pgettext_lazy("level", "minimal")
    INTERMEDIATE = "intermediate", pgettext_lazy("level", "intermediate")
    COMPLETE = "complete", pgettext_lazy("level", "complete")
    SUSPENDED = "suspended", pgettext_lazy("level", "suspended")
    REVERSED = "reversed", pgettext_lazy("level", "reversed")
    CANNOT_BE_RATED = "cannot-be-rated", pgettext_lazy("level", "cannot be rated")


# The written test of each level: what has to be true for an obligation to stand there.
LEVEL_TESTS = {
    Level.NOT_STARTED: _("No step that the obligation asks for has been taken."),
    Level.MINIMAL: _(
        "First steps were taken, such as a decision, a law or a body, but what was promised does"
        " not work yet."
    ),
    Level.INTERMEDIATE: _(
        "A substantial part of what was promised works; an essential part is missing."
    ),
    Level.COMPLETE: _(
        "Everything that the obligation asks for has been done, and evidence shows it."
    ),
    Level.SUSPENDED: _(
        "It worked or was under way, then it was stopped and has not been taken up again."
    ),
    Level.REVERSED: _("What had been done has been undone."),
    Level.CANNOT_BE_RATED: _(
        "The sources at hand are too few, too old or too contradictory, or the duty is too vague"
        " to measure. The record says what would settle it."
    ),
}


class Confidence(models.TextChoices):
    """How sure an assessment is."""

    HIGH = "high", pgettext_lazy("confidence", "high")
    MEDIUM = "medium", pgettext_lazy("confidence", "medium")
    LOW = "low", pgettext_lazy("confidence", "low")


# The written test of each degree of confidence.
CONFIDENCE_TESTS = {
    Confidence.HIGH: _("Official texts or several independent sources agree."),
    Confidence.MEDIUM: _("One solid source, or reports that agree."),
    Confidence.LOW: _("Thin, old or undated sources."),
}


class Judge(models.TextChoices):
    """Whose judgement a level or an obstacle is."""

    SOURCES = "sources", _("as the sources name it")
    EDITORS = "editors", _("as the editors read the sources")


class ObligationQuerySet(RecordQuerySet):
    def with_level(self, moment=None):
        """Annotate what the newest assessment public at a moment says, None where none is.

        `level`, and the date it was made for: `assessed_on`, `assessed_precision`.
        """
        newest = Assessment.objects.public_at(moment).order_by("-as_of", "-published_at", "-pk")
        of_this = newest.filter(obligation__key=OuterRef("key"))
        return self.annotate(
            level=Subquery(of_this.values("level")[:1]),
            assessed_on=Subquery(of_this.values("as_of")[:1]),
            assessed_precision=Subquery(of_this.values("as_of_precision")[:1]),
        )


class Obligation(Record):
    """One thing that one debtor owes under one provision: the unit that is tracked.

    Its first edition is its identity: assessments belong to that one, whatever is corrected later.
    """

    Debtor = Debtor

    provision = models.ForeignKey(
        Provision, models.PROTECT, related_name="obligations", verbose_name=_("provision")
    )
    owed_by = models.CharField(_("owed by"), max_length=10, choices=Debtor)
    due_on = models.DateField(
        _("due on"), null=True, blank=True, help_text=_("Only where a text names the day.")
    )
    due_precision = precision_field()
    text = models.CharField(
        _("what is owed"), max_length=220, help_text=_("One sentence, at most 220 characters.")
    )

    objects = ObligationQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["key", "edition"]
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        constraints = [
            *Record.Meta.constraints,
            only("owed_by", Debtor),
            only("due_precision", Precision),
        ]

    def get_absolute_url(self):
        return reverse("obligation", args=[self.agreement.slug, self.key])

    @property
    def agreement(self):
        return self.provision.agreement


class Assessment(Record):
    """One dated judgement of how far one obligation is carried out."""

    Level, Confidence, Judge = Level, Confidence, Judge

    obligation = models.ForeignKey(
        Obligation, models.PROTECT, related_name="assessments", verbose_name=_("obligation")
    )
    as_of = models.DateField(_("as of"))
    as_of_precision = precision_field()
    level = models.CharField(_("level"), max_length=20, choices=Level)
    disputed = models.BooleanField(
        pgettext_lazy("level", "disputed"),
        default=False,
        help_text=_("The sides or the sources see it differently; the reason says how."),
    )
    confidence = models.CharField(_("confidence"), max_length=10, choices=Confidence)
    judged_by = models.CharField(
        _("whose judgement"), max_length=10, choices=Judge, default=Judge.EDITORS
    )
    reason = models.TextField(_("reason"), max_length=500, help_text=_("At most 500 characters."))
    evidence = models.ForeignKey(
        Source,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("evidence"),
        help_text=_("The source that shows it best, if possible not the debtor's own word."),
    )
    would_settle = models.TextField(
        _("what would settle it"),
        max_length=300,
        blank=True,
        help_text=_("Where the level cannot be rated: which document, figure or visit."),
    )
    looked_on = models.DateField(_("last looked"), null=True, blank=True)
    looked_precision = precision_field()
    # NULL: an assessment that a later one has overtaken, or a settled matter.
    next_check_on = models.DateField(_("next check"), null=True, blank=True)

    class Meta(Record.Meta):
        ordering = ["obligation", "as_of", "key", "edition"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [
            *Record.Meta.constraints,
            only("level", Level),
            only("confidence", Confidence),
            only("judged_by", Judge),
            only("as_of_precision", Precision),
            only("looked_precision", Precision),
            models.UniqueConstraint(
                fields=["obligation", "as_of"],
                condition=Q(published_at__isnull=False, ended_at__isnull=True),
                name="one_current_assessment_per_obligation_and_day",
                violation_error_message=_("This obligation has an assessment of that day already."),
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.COMPLETE) | Q(evidence__isnull=False),
                name="complete_needs_evidence",
                violation_error_message=_("Name the evidence before “complete”."),
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.CANNOT_BE_RATED) | Q(looked_on__isnull=False),
                name="cannot_be_rated_says_when_we_looked",
                violation_error_message=_("Say when you last looked for it."),
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.CANNOT_BE_RATED)
                | Q(published_at__isnull=True)
                | Q(
                    **{f"would_settle_{language}__isnull": False for language in STORED},
                    **{f"would_settle_{language}__gt": "" for language in STORED},
                ),
                name="cannot_be_rated_says_what_would_settle_it",
                violation_error_message=_("Say what would settle it, in all three languages."),
            ),
        ]

    @property
    def agreement(self):
        return self.obligation.agreement
