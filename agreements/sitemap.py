"""The map for search engines: every public page in every language, with its other editions."""

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.db.models import Max
from django.urls import reverse

from dialogue_platform import languages

from .models import Agreement, Obligation, Obstacle, Page


class TrilingualSitemap(Sitemap):
    """Addresses in all four public languages, tied together as alternates of one another."""

    i18n = alternates = x_default = True

    def get_urls(self, *args, **kwargs):
        urls = super().get_urls(*args, **kwargs)
        for url in urls:
            for alternate in url["alternates"]:
                language = languages.BY_CODE.get(alternate["lang_code"])
                alternate["lang_code"] = language.tag if language else alternate["lang_code"]
        return urls


LISTS = ("home", "agreements", "implementation", "obstacles", "timeline", "phases", "glossary")


class PlatformSitemap(TrilingualSitemap):
    """Home, lists, and the pages about the platform."""

    def items(self):
        names = (
            "home",
            "agreements",
            "implementation",
            "obstacles",
            "timeline",
            "phases",
            "glossary",
        )
        return [(name, []) for name in names] + [
            ("about", []) if page.slug == "about" else ("about-page", [page.slug])
            for page in Page.objects.all()
        ]

    def location(self, item):
        name, arguments = item
        return reverse(name, args=arguments)


class AgreementSitemap(TrilingualSitemap):
    """Each public agreement at its three depths, what became of it, and its history."""

    names = (
        "agreement",
        "agreement-details",
        "agreement-full-text",
        "agreement-implementation",
        "agreement-history",
    )

    def items(self):
        public = Agreement.objects.public().annotate(changed=Max("publications__published_at"))
        return [(name, agreement) for agreement in public for name in self.names]

    def location(self, item):
        name, agreement = item
        return reverse(name, args=[agreement.slug])

    def lastmod(self, item):
        return item[1].changed


class RecordSitemap(TrilingualSitemap):
    """Each public obligation and each public obstacle of a public agreement."""

    def items(self):
        public = Agreement.objects.public()
        obligations = Obligation.objects.public().select_related("provision__agreement")
        obstacles = Obstacle.objects.public().filter(agreement__in=public)
        return [*obligations.filter(provision__agreement__in=public), *obstacles.order_by("pk")]

    def location(self, item):
        return item.get_absolute_url()

    def lastmod(self, item):
        return item.published_at


def sitemap_view(request):
    maps = {
        "platform": PlatformSitemap(),
        "agreements": AgreementSitemap(),
        "records": RecordSitemap(),
    }
    return sitemap(request, maps)
