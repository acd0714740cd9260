"""Pages of expert review for readers."""

from django.urls import path

from .views import checked

urlpatterns = [
    path("agreements/<slug:slug>/checked/", checked.checked, name="agreement-checked"),
    path(
        "agreements/<slug:slug>/history/<int:number>/checked/",
        checked.checked,
        name="version-checked",
    ),
]
