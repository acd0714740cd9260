"""The editors' admin: Django's own, with a start page that says what needs doing.

Loaded before the models are, so what needs them is imported where it is used.
"""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.shortcuts import redirect
from django.urls import path
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
    # Functions that return addresses of pages that belong to no single model.
    further_urls = []

    def each_context(self, request):
        return super().each_context(request) | {"admin_languages": languages.PUBLIC}

    def has_permission(self, request):
        """Tell whether somebody may see the admin: a colleague, signed in with all they need."""
        from .accounts import fully_signed_in

        return super().has_permission(request) and fully_signed_in(request.user)

    def login(self, request, extra_context=None):
        from .accounts import AdminSignIn

        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        return AdminSignIn.as_view(extra_context=context | (extra_context or {}))(request)

    def get_urls(self):
        from .accounts import second_factor_page

        page = self.admin_view(second_factor_page)
        further = [address for urls in self.further_urls for address in urls()]
        return [path("second-factor/", page, name="second-factor"), *further, *super().get_urls()]

    def index(self, request, extra_context=None):
        sections = [section for need in self.needs for section in need(request)]
        return super().index(request, {"sections": sections} | (extra_context or {}))


class PlatformAdminConfig(AdminConfig):
    default_site = "dialogue_platform.admin_site.PlatformAdminSite"
