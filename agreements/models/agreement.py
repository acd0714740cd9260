from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .theme import Theme


class AgreementQuerySet(models.QuerySet):
    def public(self):
        """Agreements that have a published version."""
        return self.filter(published__isnull=False)

    def ever_public(self):
        """Agreements that are or once were public: their addresses answer for ever."""
        return self.filter(publications__isnull=False).distinct()

    def for_list(self):
        """Public agreements with all that a row of a list shows, in one query."""
        return self.public().select_related("published", "theme")


class Agreement(models.Model):
    """One agreement of the dialogue. Only its identity: what a reader sees is on the version."""

    slug = models.SlugField(
        _("slug"), max_length=80, unique=True, help_text=_("Its address; never changes.")
    )
    theme = models.ForeignKey(
        Theme, models.PROTECT, related_name="agreements", verbose_name=_("theme")
    )
    # NULL: nothing is public. publishing.publish sets it; a trigger asks for the Publication.
    published = models.ForeignKey(
        "Version",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("published version"),
    )

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")

    def __str__(self):
        return self.slug

    def get_absolute_url(self):
        return reverse("agreement", args=[self.slug])


class Provision(models.Model):
    """One point of an agreement, for ever: its key is its address and the anchor of its text.

    Number and place in the order belong to the version (ProvisionText), since readers see them.
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="provisions", verbose_name=_("agreement")
    )
    key = models.SlugField(_("key"), max_length=20, help_text=_("Such as p7; never changes."))

    class Meta:
        ordering = ["agreement", "key"]
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "key"], name="provision_key_once"),
        ]

    def __str__(self):
        return f"{self.agreement} {self.key}"
