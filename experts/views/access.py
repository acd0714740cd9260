"""The way in: a link from a letter, exchanged for a session; and who may open what."""

from functools import wraps

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from dialogue_platform.views import refusal
from experts import links, outbox
from experts.models import Expert
from experts.models.assignment import READING_STATES, AssignmentState
from experts.models.outbox import Rule


def review_page(view):
    """Make a view one of the experts' pages: kept nowhere, found by nobody, named to no other site.

    Whatever is not open to whoever asks, and whatever does not exist, gets the same 404.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request, *args, **kwargs):
        try:
            unprintable = any(
                "\x00" in text for pair in request.POST.lists() for text in (pair[0], *pair[1])
            )
            response = refusal(request, 400) if unprintable else view(request, *args, **kwargs)
        except Http404:
            response = refusal(
                request,
                404,
                _("It may need the link from your letter. Open it again, or ask for a fresh one."),
                [(_("Ask for a fresh link"), reverse("review"))],
            )
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        # Not "no-referrer": browsers then send forms with `Origin: null`, which Django refuses.
        response.setdefault("Referrer-Policy", "same-origin")
        return response

    return page


def with_assignment(*states):
    """Give a view the assignment of its key, where the session may open it in these states."""

    def decorate(view):
        @review_page
        @wraps(view)
        def page(request, key, **kwargs):
            assignment = links.assignments_of(request).filter(key=key, state__in=states).first()
            if assignment is None:
                raise Http404
            return view(request, assignment, **kwargs)

        return page

    return decorate


ANY = (AssignmentState.INVITED, *READING_STATES)
for_invited = with_assignment(*ANY)
for_reader = with_assignment(*READING_STATES)


@review_page
def nothing_here(request):
    raise Http404


@csrf_exempt  # the secret in the address is the token, and this page sends no `Origin`
@review_page
def enter(request, secret):
    """Show a button (GET changes nothing), and exchange the secret for a session (POST).

    A link that opens nothing any more offers a fresh one; one that never existed does the same.
    The address holds the secret, so it is named to nobody, not even to ourselves.
    """
    if request.method == "POST" and not _pressed_here(request):
        response = refusal(request, 403)
    else:
        response = _enter(request, secret)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _pressed_here(request):
    """Tell whether the button was pressed on our own page, as far as the browser says."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def _enter(request, secret):
    link = links.find(secret)
    opens = link is not None and links.opening().filter(pk=link.pk).exists()
    if request.method != "POST":
        return render(request, "experts/enter.html", {"opens": opens, "secret": secret})
    if opens:
        links.remember(request, link)
        return redirect("review-assignment", key=link.assignment.key)
    if link is not None:
        _send_fresh(link.assignment)
    return render(request, "experts/link_sent.html")


@review_page
@require_POST
def fresh_link(request):
    """Send fresh links to an address, if it is an expert's: the answer is the same either way."""
    address = request.POST.get("email", "").strip()[:254]  # as long as an address can be
    expert = (
        Expert.objects.with_address().filter(email__iexact=address).first() if address else None
    )
    if expert is not None:
        for assignment in expert.assignments.filter(state__in=ANY):
            _send_fresh(assignment)
    return render(request, "experts/link_sent.html")


def _send_fresh(assignment):
    """Put a fresh link into the outbox, at most once an hour, where there is something to open."""
    if assignment.state in ANY and not assignment.expert.erased_at:
        hour = f"{timezone.now():%Y-%m-%dT%H}"
        outbox.put(Rule.FRESH_LINK, assignment, hour)


@review_page
@require_POST
def sign_out(request):
    links.forget(request)
    response = redirect("review")
    response["Clear-Site-Data"] = '"storage"'  # what was typed and not sent
    return response
