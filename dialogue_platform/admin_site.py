"""The editors' admin: Django's own, with a start page that says what needs doing."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _

from dialogue_platform import languages


class PlatformAdminSite(admin.AdminSite):
    site_header = _("Dialogue Platform")
    site_title = _("Dialogue Platform")
    index_title = _("What needs me today")
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    # Functions of (request) that return the sections of the start page; apps add their own.
    needs = []

    def each_context(self, request):
        return super().each_context(request) | {"admin_languages": languages.PUBLIC}

    def index(self, request, extra_context=None):
        sections = [section for need in self.needs for section in need(request)]
        return super().index(request, {"sections": sections} | (extra_context or {}))


class PlatformAdminConfig(AdminConfig):
    default_site = "dialogue_platform.admin_site.PlatformAdminSite"
