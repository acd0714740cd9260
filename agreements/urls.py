from django.urls import path

from . import views
from .layers import DETAILS, FULL_TEXT, SUMMARY


def layers(prefix, name):
    """Return the addresses of the three layers below a prefix."""
    return [
        path(prefix, views.agreement_page, {"layer": SUMMARY}, name=name),
        path(f"{prefix}details/", views.agreement_page, {"layer": DETAILS}, name=f"{name}-details"),
        path(
            f"{prefix}full-text/",
            views.agreement_page,
            {"layer": FULL_TEXT},
            name=f"{name}-full-text",
        ),
    ]


urlpatterns = [
    path("", views.home, name="home"),
    path("agreements/", views.agreement_list, name="agreements"),
    *layers("agreements/<slug:slug>/", "agreement"),
    path("agreements/<slug:slug>/history/", views.agreement_history, name="agreement-history"),
    *layers("agreements/<slug:slug>/history/<int:number>/", "agreement-version"),
    path("glossary/", views.glossary, name="glossary"),
    path("about/", views.about_page, {"slug": "about"}, name="about"),
    path("about/<slug:slug>/", views.about_page, name="about-page"),
]
