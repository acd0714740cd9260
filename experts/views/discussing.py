"""What the panel said, under aliases, once it is released; what the editors did with it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from agreements import differences, markup
from agreements.segments import everything_of
from dialogue_platform import languages
from dialogue_platform.passages import in_script
from experts import reviewing
from experts.models import Comment

from .access import for_reader
from .desk import name_of
from .reading import as_seen, sealed


@for_reader
def discussion(request, assignment):
    """Every comment that this expert may read, in the order of the text; POST adds a reply."""
    if request.method == "POST":
        return _reply(request, assignment)
    version = sealed(assignment)
    places = everything_of(version)
    order = {place: at for at, place in enumerate(places)}
    comments = (
        Comment.objects.visible_to(assignment)
        .filter(taken_back_at=None)
        .select_related("assignment")
        .prefetch_related("responses", "replies__member", "assignment__verdicts")
    )
    rows = [_row(each, places, assignment) for each in comments]
    rows.sort(
        key=lambda row: (order[row["comment"].place], row["comment"].paragraph, row["comment"].key)
    )
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "rows": rows,
        "may_reply": assignment.sees_others and assignment.round.is_open,
    }
    return render(request, "experts/discussion.html", context)


def _row(comment, places, assignment):
    segment = places.get(comment.place)
    language = languages.public_for(comment.language)
    found = languages.Reading(comment.before, comment.language, foreign=False)
    return {
        "comment": comment,
        "is_own": comment.assignment_id == assignment.pk,
        "label": segment.full_label if segment else "",
        "tag": language.tag,
        "quote": as_seen(comment.quote or markup.plain_text(comment.before), comment.language),
        "suggestion": in_script(
            differences.text_html(comment.before, comment.suggestion), found, language
        )
        if comment.suggestion
        else "",
        "objection": _objection(comment, assignment),
        "responses": list(comment.responses.all()),
        "replies": list(comment.replies.all()),
    }


def _objection(comment, assignment):
    """Return the Verdict that objects and rests on a comment, where this expert may know it."""
    if comment.assignment_id != assignment.pk and not assignment.sees_others:
        return None
    *_earlier, last = [None, *comment.assignment.verdicts.all()]
    return last if last is not None and last.comment_id == comment.pk else None


def _reply(request, assignment):
    visible = Comment.objects.visible_to(assignment) if assignment.sees_others else None
    target = visible and visible.filter(key=request.POST.get("comment", "")).first()
    if not target:
        raise Http404
    try:
        reviewing.reply(target, request.POST.get("text", "")[:5000], member=assignment)
        messages.success(request, _("Your reply is in."))
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('review-discussion', args=[assignment.key])}#c-{target.key}")


@for_reader
def alarm(request, assignment):
    """“This is wrong on the live page”: reaches the editors at once."""
    if assignment.round.agreement.published is None:
        raise Http404
    text = request.POST.get("text", "")[:5000]
    if request.method == "POST":
        try:
            reviewing.raise_alarm(assignment, text)
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The editors are told. Thank you."))
            return redirect("review-assignment", key=assignment.key)
    context = {"assignment": assignment, "name": name_of(assignment), "text": text}
    return render(request, "experts/alarm.html", context)
