import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agreements.models.closed_lists import only
from dialogue_platform.languages import STORED


def random_key():
    """Return a name for an address that tells nothing: no order, no number of others."""
    return secrets.token_urlsafe(12)


class Profile(models.TextChoices):
    """What an expert brings to a panel; a seat asks for one."""

    LAW = "law", _("law")
    POLICY = "policy", _("politics and administration")
    PRACTICE = "practice", _("practice")
    HISTORY = "history", _("history")
    LANGUAGE = "language", _("language")
    ECONOMY = "economy", _("economy")
    SECURITY = "security", _("security")


class ExpertQuerySet(models.QuerySet):
    def with_address(self):
        """Experts who can be written to: not erased."""
        return self.filter(erased_at=None)


class Expert(models.Model):
    """A person who reviews. Never shown beside a verdict; public only where they consented."""

    Profile = Profile

    # '' once erased; then `pseudonym` stands in its place.
    name = models.CharField(_("name"), max_length=120, blank=True)
    name_cyrillic = models.CharField(
        _("name in Cyrillic"),
        max_length=120,
        blank=True,
        help_text=_("For pages in Cyrillic; without it the name stays as it is."),
    )
    affiliation = models.CharField(_("works at"), max_length=160, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language of letters"), max_length=8, choices=settings.LANGUAGES, default="sq"
    )
    profile = models.CharField(_("main field"), max_length=10, choices=Profile)
    further_profile = models.CharField(
        _("second field"), max_length=10, choices=Profile, blank=True
    )
    # Only who reads two languages can confirm that one says what the other does.
    reads_sq = models.BooleanField(_("reads Albanian"), default=False)
    reads_sr = models.BooleanField(_("reads Serbian"), default=False)
    reads_en = models.BooleanField(_("reads English"), default=False)
    # A colleague who reviews: never what they wrote in. Opens nothing; experts enter by links.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="expert",
        null=True,
        blank=True,
        verbose_name=_("colleague"),
        help_text=_("Only where the expert also works in this admin."),
    )
    pseudonym = models.CharField(max_length=20, default=random_key, unique=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    objects = ExpertQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("expert")
        verbose_name_plural = _("experts")
        permissions = [
            ("conduct_round", _("Can open, release and close rounds of review, and invite")),
            ("answer_comments", _("Can answer the comments of experts")),
            ("check_fidelity", _("Can confirm that a translation says what its source says")),
            ("withdraw_badge", _("Can withdraw a badge and publish with dissent")),
        ]
        constraints = [
            only("profile", Profile),
            only("further_profile", Profile, empty=True),
            models.UniqueConstraint(
                models.functions.Lower("email"),
                condition=~Q(email=""),
                name="expert_email_once",
                violation_error_message=_("There is an expert with this e-mail already."),
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(name="", email="", user__isnull=True),
                name="erased_expert_has_no_name",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False) | ~(Q(name="") | Q(email="")),
                name="expert_has_name_and_email",
            ),
        ]

    def __str__(self):
        return self.name or self.pseudonym

    @property
    def fields(self):
        """Return the fields for whose seats the expert can be chosen."""
        return {self.profile, self.further_profile} - {""}

    def reads(self, *languages):
        """Tell whether the expert reads all these stored languages."""
        return all(getattr(self, f"reads_{language}") for language in languages)

    @property
    def languages(self):
        return [language for language in STORED if self.reads(language)]
