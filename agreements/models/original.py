from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .closed_lists import only
from .source import Source
from .version import Version


class Authority(models.TextChoices):
    OFFICIAL = "official", _("official text")
    OFFICIAL_TRANSLATION = "official-translation", _("official translation")
    UNOFFICIAL = "unofficial", _("unofficial copy")


class Original(models.Model):
    """A file of the agreement itself (a scan, say), attached to a version and sealed with it.

    The bytes are kept once, under their SHA-256 (agreements/originals.py).
    """

    version = models.ForeignKey(
        Version, models.CASCADE, related_name="originals", verbose_name=_("version")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=[("sq", _("Albanian")), ("sr", _("Serbian")), ("en", _("English"))],
    )
    authority = models.CharField(_("authority"), max_length=20, choices=Authority)
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        related_name="originals",
        verbose_name=_("source"),
        help_text=_("Where the file comes from."),
    )
    media_type = models.CharField(_("type"), max_length=80, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)  # bytes
    sha256 = models.CharField(max_length=64, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        ordering = ["version", "position"]
        verbose_name = _("original")
        verbose_name_plural = _("originals")
        constraints = [
            only("authority", Authority),
            models.UniqueConstraint(fields=["version", "sha256"], name="original_once_per_version"),
        ]

    def __str__(self):
        return f"{self.version} {self.language} {self.authority}"

    def get_absolute_url(self):
        return reverse("original", args=[self.sha256, self.file_name])

    @property
    def kind(self):
        """Return what people call this type of file: PDF, JPEG, PNG."""
        return self.media_type.rpartition("/")[2].upper()

    @property
    def file_name(self):
        """Return a plain name for the file: the agreement, the language, the kind."""
        ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
        return f"{self.version.agreement.slug}-{self.language}.{ending[self.media_type]}"
