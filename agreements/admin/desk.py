"""What the pages of one agreement's desk share."""

from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements import roles, translation_state
from agreements.drafting import text_to_write
from agreements.models import Version
from dialogue_platform.languages import NAMES, STORED, reading
from dialogue_platform.passages import bare_text

from .language import shown_language


def desk(request, template, agreement, version=None, **context):
    """Render a page of an agreement's desk; `version` is the one it is about."""
    version = version or text_to_write(agreement)
    name = bare_text(reading(version, "short_title")) if version else agreement.slug
    shared = {
        "agreement": agreement,
        "version": version,
        "name": name or agreement.slug,
        "title": name or agreement.slug,
        "sheets": sheets(version) if version else [],
        "may": rights(request.user),
        "opts": type(agreement)._meta,
    }
    response = render(
        request,
        f"admin/agreements/{template}.html",
        admin.site.each_context(request) | shared | context,
    )
    response["Cache-Control"] = "no-store"
    return response


def sheets(version):
    """Return [(language, its name, state, number of texts in it)]: the source first."""
    order = sorted(STORED, key=lambda language: language != version.source_language)
    kinds = translation_state.kinds_of(version.agreement_id)
    found = []
    for language in order:
        states = translation_state.states(version, language, kinds)
        state = translation_state.worst(states)
        counted = translation_state.counts(states)
        found.append((language, NAMES[language], state, counted.get(state, 0)))
    return found


def rights(person):
    """Return what a person may do here, as templates ask: may.write, may.seal, may.publish."""
    return {
        "write": person.has_perm("agreements.write_version"),
        "seal": person.has_perm("agreements.seal_version"),
        "publish": person.has_perm("agreements.publish_version"),
        "languages": roles.languages_of(person),
    }


def needs_right(codename):
    """Let only people with a right of agreements open a page."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.has_perm(f"agreements.{codename}"):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def done(request, agreement, message, to="admin:agreements_agreement_change", *args):
    """Say what happened, and go to a page of the agreement's desk."""
    messages.success(request, message)
    return redirect(reverse(to, args=[agreement.pk, *args]))


def refused(request, error):
    """Say why a step could not be taken."""
    messages.error(request, str(error))


def version_of(agreement, number):
    """Return a version of an agreement with its texts, or None."""
    versions = Version.objects.with_texts().select_related("prepared_by")
    return versions.filter(agreement=agreement, number=number).first()


def tag_of(language):
    """Return the `lang` in which an editor sees a stored language."""
    return shown_language(language).tag
