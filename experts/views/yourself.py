"""What an expert decides about themselves: community for the balance, and the name in public."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from experts import perspectives, reviewing

from .access import for_reader
from .desk import name_of


@sensitive_post_parameters()
@sensitive_variables()
def yourself(request, key):
    """Say, or take back, what is one's own to say; each form changes one thing."""
    return _yourself(request, key=key)


@for_reader
@sensitive_variables()
def _yourself(request, assignment):
    if request.method == "POST":
        _decide(request, assignment)
        if request.POST.get("step") == "end-links":
            return redirect("review")
        return redirect("review-yourself", key=assignment.key)
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "is_asked": perspectives.is_asked() and assignment.round.is_blind,
        "choices": perspectives.Perspective.choices,
        "has_declared": perspectives.has_declared(assignment),
        "kept_days": perspectives.KEPT_DAYS,
    }
    return render(request, "experts/yourself.html", context)


@sensitive_variables()
def _decide(request, assignment):
    step, said = request.POST.get("step"), request.POST.get("perspective", "")
    if step == "erase" or (step == "declare" and said == ""):
        perspectives.erase(assignment)
        messages.success(request, _("Nothing is kept about your community."))
    elif step == "declare":
        if request.POST.get("consent") != "yes":
            messages.error(request, _("Without your consent nothing is kept."))
        elif said not in perspectives.Perspective.values or not perspectives.is_asked():
            messages.error(request, _("Choose one of the answers."))
        elif not assignment.round.is_blind:
            messages.error(request, _("The comments are released: it is too late to answer."))
        else:
            perspectives.declare(assignment, said)
            messages.success(request, _("Your answer is sealed. You can erase it at any time."))
    elif step == "end-links":
        reviewing.end_links(assignment)
        messages.success(request, _("All links and devices are shut out. Ask for a fresh link."))
    elif step in ("name", "unname"):
        reviewing.decide_name(assignment, named=step == "name")
        messages.success(request, _("Your decision is kept. You can change it at any time."))
