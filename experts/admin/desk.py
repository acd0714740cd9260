"""What the pages of expert review in the admin share."""

from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.models import Version
from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from dialogue_platform.views import refusal
from experts import rights
from experts.models import ReviewRound

EVERYBODY = (rights.CONDUCT, rights.ANSWER, rights.WITHDRAW)


def page_for(*codes):
    """Make a function of (request, …) a page of the admin for whoever holds one of these rights.

    Superusers have no way around it (rights.py).
    """

    def decorate(view):
        @wraps(view)
        def page(request, *args, **kwargs):
            if not any(rights.holds(request.user, code) for code in codes):
                raise PermissionDenied
            if any("\x00" in text for _name, texts in request.POST.lists() for text in texts):
                return refusal(request, 400)
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        return admin.site.admin_view(page)

    return decorate


def with_round(view):
    """Give a view the round of its `pk`."""

    @wraps(view)
    def page(request, pk, **kwargs):
        round_ = (
            ReviewRound.objects.select_related(
                "version__prepared_by", "agreement__published", "policy", "prepared_by"
            )
            .filter(pk=pk)
            .first()
        )
        if round_ is None:
            raise Http404
        return view(request, round_, **kwargs)

    return page


def show(request, template, **context):
    """Render a page of expert review in the admin."""
    shared = {
        "opts": ReviewRound._meta,
        "holds": {
            code: rights.holds(request.user, code)
            for code in (rights.CONDUCT, rights.ANSWER, rights.CHECK, rights.WITHDRAW)
        },
    }
    return render(
        request,
        f"admin/experts/{template}.html",
        admin.site.each_context(request) | shared | context,
    )


def name_of(version):
    """Return how a version is called on these pages."""
    return bare_text(reading(version, "short_title"))


def to_round(round_):
    return redirect(reverse("admin:experts_reviewround_change", args=[round_.pk]))


def said(request, message):
    messages.success(request, message)


def refused(request, error):
    messages.error(request, str(error))


def version_with_texts(pk):
    """Return a version with its texts, or 404."""
    version = Version.objects.with_texts().filter(pk=pk).first()
    if version is None:
        raise Http404
    return version
