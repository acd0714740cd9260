"""Pages that belong to no app: the way to a language, refusals, health."""

from django.db import connection
from django.db.utils import Error as DatabaseError
from django.http import HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dialogue_platform import languages

# What went wrong, and what the reader can do, by status code.
REFUSALS = {
    400: (_("This request cannot be read"), _("Something in the address is not as it should be.")),
    403: (_("This page is not open to you"), _("You may have to sign in, or start again.")),
    404: (
        _("This page does not exist"),
        _("The address may be mistyped, or the page was never published."),
    ),
    405: (_("This page can only be read"), _("It takes nothing that is sent to it.")),
    414: (_("This address is too long"), _("Please shorten it, or start from the list.")),
    429: (_("Too many attempts"), _("Please wait a little, and try again.")),
    500: (
        _("Something broke on our side"),
        _("It is not your fault, and nothing is lost. Please try again in a minute."),
    ),
}


def public_page(view):
    """Make a view a page that can only be read: GET and HEAD, and 405 for the rest.

    Exempt from the CSRF check, which would answer a wrong method with 403 before anybody could
    say that it is wrong.
    """
    return csrf_exempt(require_safe(view))


def refusal(request, status, reason=None, choices=()):
    """Return a page that says what went wrong, in the reader's language.

    `reason` replaces the general explanation; `choices` is [(label, address)] of what would work.
    """
    title, general = REFUSALS[status]
    context = {
        "status": status,
        "title": title,
        "reason": reason or general,
        "choices": choices,
    }
    response = render(request, "refusal.html", context, status=status)
    response.is_refusal = True
    return response


def bad_request(request, exception=None):
    return refusal(request, 400)


def permission_denied(request, exception=None):
    return refusal(request, 403)


def page_not_found(request, exception=None):
    return refusal(request, 404)


def server_error(request):
    return refusal(request, 500)


def csrf_failure(request, reason=""):
    return refusal(request, 403)


@public_page
def to_readers_language(request):
    """Lead from `/` to the home page in the language that the browser asks for."""
    code = get_language_from_request(request)
    response = HttpResponseRedirect(f"/{code}/")
    patch_vary_headers(response, ["Accept-Language"])
    return response


@public_page
def to_readers_script(request, rest):
    """Lead from `/sr/…` to the script the browser asks for, Latin when it names none."""
    code = get_language_from_request(request)
    if code not in ("sr-latn", "sr-cyrl"):
        code = "sr-latn"
    response = HttpResponseRedirect(_same_page(request, code, rest))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@public_page
def to_lower_case(request, code, rest):
    """Lead from `/sr-Latn/…`, as the tag is written, to the address in lower case."""
    return HttpResponsePermanentRedirect(_same_page(request, code.lower(), rest))


def _same_page(request, code, rest):
    query = request.META.get("QUERY_STRING", "")
    return f"/{code}/{escape_uri_path(rest)}" + (f"?{query}" if query else "")


@public_page
def health(request):
    """Say that the process answers; asks nothing of anybody."""
    return HttpResponse("ok\n", content_type="text/plain")


@public_page
def readiness(request):
    """Say that the database answers too, or 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@public_page
def robots(request):
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        *(f"Disallow: /{language.code}/review/" for language in languages.PUBLIC),
        f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain")
