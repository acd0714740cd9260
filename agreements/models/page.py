from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Page(models.Model):
    """One page about the platform itself: what it is, how it works, what it promises."""

    slug = models.SlugField(_("slug"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title = models.CharField(_("title"), max_length=120)
    lead = models.TextField(_("lead"))
    body = models.TextField(_("body"))

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("page about the platform")
        verbose_name_plural = _("pages about the platform")

    def __str__(self):
        return self.title or self.slug

    def get_absolute_url(self):
        if self.slug == "about":
            return reverse("about")
        return reverse("about-page", args=[self.slug])
