from django.urls import path

from . import views
from .layers import DETAILS, FULL_TEXT, SUMMARY


def layers(prefix, name, view=views.agreement_page):
    """Return the addresses of the three layers below a prefix."""
    return [
        path(prefix, view, {"layer": SUMMARY}, name=name),
        path(f"{prefix}details/", view, {"layer": DETAILS}, name=f"{name}-details"),
        path(f"{prefix}full-text/", view, {"layer": FULL_TEXT}, name=f"{name}-full-text"),
    ]


urlpatterns = [
    path("", views.home, name="home"),
    path("agreements/", views.agreement_list, name="agreements"),
    *layers("agreements/<slug:slug>/", "agreement"),
    path(
        "agreements/<slug:slug>/implementation/",
        views.agreement_implementation,
        name="agreement-implementation",
    ),
    path(
        "agreements/<slug:slug>/implementation/<slug:key>/",
        views.obligation_page,
        name="obligation",
    ),
    path("agreements/<slug:slug>/history/", views.agreement_history, name="agreement-history"),
    *layers("agreements/<slug:slug>/history/<int:number>/", "agreement-version"),
    *layers(
        "agreements/<slug:slug>/history/<int:old>/<int:new>/",
        "agreement-difference",
        views.agreement_difference,
    ),
    path("implementation/", views.implementation_list, name="implementation"),
    path(
        "implementation/obligations.csv",
        views.implementation_list,
        {"form": "csv"},
        name="implementation-csv",
    ),
    path("obstacles/", views.obstacle_list, name="obstacles"),
    path("obstacles/<slug:key>/", views.obstacle_page, name="obstacle"),
    path("timeline/", views.timeline, name="timeline"),
    path("timeline/phases/", views.phases, name="phases"),
    path("glossary/", views.glossary, name="glossary"),
    path("about/", views.about_page, {"slug": "about"}, name="about"),
    path("about/<slug:slug>/", views.about_page, name="about-page"),
]
