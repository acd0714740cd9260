from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dialogue_platform.languages import STORED

from .agreement import Agreement, Provision
from .closed_lists import only
from .source import Side, Source


class Track(models.TextChoices):
    TECHNICAL = "technical", _("technical dialogue")
    POLITICAL = "political", _("political dialogue")
    US_MEDIATED = "us-mediated", _("mediated by the United States")
    BERLIN_PROCESS = "berlin-process", _("Berlin Process")
    OTHER = "other", _("other")


class FormOfAct(models.TextChoices):
    """How the sides committed themselves: the first question of every dispute about a text."""

    SIGNED = "signed", _("signed")
    INITIALLED = "initialled", _("initialled")
    CONCLUSIONS_UNSIGNED = "conclusions-unsigned", _("agreed conclusions, unsigned")
    ACCEPTED_VERBALLY = "accepted-verbally", _("accepted orally, unsigned")
    ANNOUNCED = "announced-by-facilitator", _("announced by the facilitator")
    EXCHANGED_LETTERS = "exchanged-letters", _("exchange of letters")
    DISPUTED = "disputed", _("disputed")
    UNKNOWN = "unknown", _("not known")


class Precision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def precision_field():
    """Return the field beside a date that says how exactly it is known."""
    return models.CharField(
        _("precision of the date"), max_length=5, choices=Precision, default=Precision.DAY
    )


class TextBasis(models.TextChoices):
    """Where the wording that a reader sees comes from."""

    OFFICIAL = "official", _("official text")
    OFFICIAL_TRANSLATION = "official-translation", _("official translation")
    OUR_TRANSLATION = "our-translation", _("our translation")
    RESTATED = "restated", _("restated by us")
    WITHHELD = "withheld", _("wording not at hand")


class ChangeClass(models.TextChoices):
    FIRST = "first", _("first publication")
    SUBSTANTIVE = "substantive", _("change of substance")
    TRANSLATION = "translation", _("change of translation")
    CORRECTION = "correction", _("correction")


class VersionQuerySet(models.QuerySet):
    def drafts(self):
        return self.filter(sealed_at__isnull=True)

    def sealed(self):
        return self.filter(sealed_at__isnull=False)

    def published(self):
        """Versions that are or once were public."""
        return self.filter(publications__isnull=False).distinct()

    def with_texts(self):
        """Everything a whole page of a version needs, already loaded: three more queries."""
        return self.select_related("agreement__theme").prefetch_related(
            models.Prefetch("provision_texts", ProvisionText.objects.select_related("provision")),
            "parties",
            models.Prefetch("version_sources", VersionSource.objects.select_related("source")),
        )


class Version(models.Model):
    """One text of an agreement at three depths and in three languages.

    A draft (`sealed_at` is NULL) can be edited. Once sealed, neither the row nor its provision
    texts, parties and sources change again: triggers refuse it (agreements/immutability.py).
    """

    class SourceLanguage(models.TextChoices):
        SQ = "sq", _("Albanian")
        SR = "sr", _("Serbian")
        EN = "en", _("English")

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="versions", verbose_name=_("agreement")
    )
    number = models.PositiveIntegerField(_("number"), help_text=_("Counted within the agreement."))
    source_language = models.CharField(
        _("source language"),
        max_length=2,
        choices=SourceLanguage,
        default=SourceLanguage.EN,
        help_text=_("The language the other two are translated from."),
    )

    title = models.CharField(_("title"), max_length=200)
    short_title = models.CharField(_("short title"), max_length=45)
    also_known_as = models.TextField(
        _("also known as"),
        blank=True,
        help_text=_("What people type when they search; one a line."),
    )
    date_agreed = models.DateField(_("agreed on"))
    date_precision = precision_field()
    place = models.CharField(_("place"), max_length=80, blank=True)
    track = models.CharField(_("track"), max_length=20, choices=Track)
    form_of_act = models.CharField(_("form of act"), max_length=30, choices=FormOfAct)
    form_note = models.TextField(_("note on the form"), blank=True)
    known_as_of = models.DateField(
        _("known up to"), help_text=_("The month up to which the text knows what happened.")
    )

    summary = models.TextField(_("summary"), blank=True, help_text=_("At most 120 words."))
    details = models.TextField(_("details"), blank=True)
    means_for_citizens = models.TextField(_("what it means for citizens"), blank=True)

    change_class = models.CharField(_("kind of change"), max_length=20, choices=ChangeClass)
    change_note = models.TextField(_("public note on the change"), blank=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="prepared_versions",
        verbose_name=_("prepared by"),
    )
    # Counts the saves of a draft. Every save raises it first, which makes the next one wait.
    revision = models.PositiveIntegerField(default=0, editable=False)
    # NULL: a draft.
    sealed_at = models.DateTimeField(_("sealed at"), null=True, blank=True, editable=False)
    # '' while a draft; then see agreements/fingerprints.py.
    content_hash = models.CharField(max_length=80, blank=True, editable=False)
    substance_hash = models.CharField(max_length=80, blank=True, editable=False)
    hash_sq = models.CharField(max_length=80, blank=True, editable=False)
    hash_sr = models.CharField(max_length=80, blank=True, editable=False)
    hash_en = models.CharField(max_length=80, blank=True, editable=False)

    sources = models.ManyToManyField(Source, through="VersionSource", related_name="versions")

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["agreement", "number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        # What the roles are made of: see agreements/roles.py.
        permissions = [
            ("write_version", _("Can write drafts in every language")),
            ("translate_version", _("Can write drafts in the languages they translate into")),
            ("seal_version", _("Can seal and discard drafts")),
            ("publish_version", _("Can publish and withdraw what others prepared")),
        ]
        constraints = [
            only("track", Track),
            only("form_of_act", FormOfAct),
            only("date_precision", Precision),
            only("change_class", ChangeClass, empty=True),
            models.CheckConstraint(
                condition=Q(source_language__in=STORED), name="version_source_language_is_known"
            ),
            models.UniqueConstraint(fields=["agreement", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(sealed_at__isnull=True),
                name="one_open_draft_per_agreement",
                violation_error_message=_("This agreement already has an open draft."),
            ),
            models.UniqueConstraint(
                fields=["agreement", "content_hash"],
                condition=Q(sealed_at__isnull=False),
                name="same_text_is_same_version",
            ),
            models.CheckConstraint(
                condition=Q(sealed_at__isnull=True, content_hash="")
                | (
                    Q(sealed_at__isnull=False)
                    & ~Q(change_class="")
                    & ~Q(content_hash="")
                    & ~Q(substance_hash="")
                    & ~Q(hash_sq="")
                    & ~Q(hash_sr="")
                    & ~Q(hash_en="")
                ),
                name="sealed_means_hashed",
            ),
        ]

    def __str__(self):
        return f"{self.agreement} {self.number}"

    def get_absolute_url(self):
        return reverse("agreement-version", args=[self.agreement.slug, self.number])

    @property
    def is_draft(self):
        return self.sealed_at is None


def _withheld_means_empty(language):
    """Return the constraint that a wording not at hand is not shown, in one language."""
    return models.CheckConstraint(
        condition=~Q(**{f"text_basis_{language}": TextBasis.WITHHELD})
        | Q(**{f"text_{language}": "", f"plain_{language}": ""}),
        name=f"withheld_means_no_wording_{language}",
        violation_error_message=_("A wording that is not at hand cannot be shown."),
    )


def _wording_has_basis(language):
    """Return the constraint that every wording says where it comes from, in one language."""
    return models.CheckConstraint(
        # A comparison with NULL counts as passed, so absence is asked for by name.
        condition=Q(**{f"text_{language}": ""})
        | Q(**{f"text_{language}__isnull": True})
        | Q(**{f"text_basis_{language}__gt": "", f"text_basis_{language}__isnull": False}),
        name=f"wording_has_basis_{language}",
        violation_error_message=_("Say where this wording comes from."),
    )


class ProvisionText(models.Model):
    """One provision as one version gives it: number, heading, wording, plain words."""

    version = models.ForeignKey(
        Version, models.CASCADE, related_name="provision_texts", verbose_name=_("version")
    )
    provision = models.ForeignKey(
        Provision, models.PROTECT, related_name="texts", verbose_name=_("provision")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    number = models.CharField(_("number"), max_length=12, help_text=_("As printed in the text."))
    heading = models.CharField(_("heading"), max_length=120, blank=True)
    text = models.TextField(_("wording"), blank=True)
    # '' where the language has no wording yet.
    text_basis = models.CharField(
        _("basis of the wording"), max_length=20, choices=TextBasis, blank=True
    )
    plain = models.TextField(_("in plain words"), blank=True)

    class Meta:
        ordering = ["version", "position"]
        verbose_name = _("text of a provision")
        verbose_name_plural = _("texts of provisions")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "provision"], name="provision_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["version", "position"], name="position_once_per_version"
            ),
            *(only(f"text_basis_{language}", TextBasis, empty=True) for language in STORED),
            *(_withheld_means_empty(language) for language in STORED),
            *(_wording_has_basis(language) for language in STORED),
        ]

    def __str__(self):
        return f"{self.version} {self.provision.key}"


class Party(models.Model):
    """Who stood for a side when the agreement was reached."""

    version = models.ForeignKey(
        Version, models.CASCADE, related_name="parties", verbose_name=_("version")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    side = models.CharField(_("side"), max_length=20, choices=Side)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=200, blank=True)

    class Meta:
        ordering = ["version", "position"]
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        constraints = [
            only("side", Side),
            models.UniqueConstraint(fields=["version", "position"], name="party_position_once"),
        ]

    def __str__(self):
        return self.name


class VersionSource(models.Model):
    """One source that a version rests on; `is_full_text` where the agreement itself can be read."""

    version = models.ForeignKey(
        Version, models.CASCADE, related_name="version_sources", verbose_name=_("version")
    )
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="version_sources", verbose_name=_("source")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    is_full_text = models.BooleanField(_("holds the full wording"), default=False)

    class Meta:
        ordering = ["version", "position"]
        verbose_name = _("source of a version")
        verbose_name_plural = _("sources of a version")
        constraints = [
            models.UniqueConstraint(fields=["version", "source"], name="source_once_per_version"),
        ]

    def __str__(self):
        return f"{self.version} {self.source}"
