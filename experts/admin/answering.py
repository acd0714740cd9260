"""What the editors do with each comment: answer it, or take its wording into the draft."""

from django import forms
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import differences, drafting, markup
from agreements.admin.desk import tag_of
from agreements.admin.language import as_seen, html_as_seen
from agreements.models import Version
from agreements.publishing import PublishingError
from agreements.segments import everything_of
from dialogue_platform.languages import NAMES
from experts import anchors, reviewing
from experts.models import Comment, ReviewRound
from experts.models.comment import Decision

from .desk import name_of, refused, said, show


class AnswerForm(forms.Form):
    decision = forms.ChoiceField(label=gettext_lazy("What we do with it"), choices=Decision.choices)
    reason = forms.CharField(
        label=gettext_lazy("For the expert"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed where a comment is not accepted."),
    )


def _visible(round_):
    return (
        Comment.objects.released()
        .filter(assignment__round=round_)
        .select_related("assignment", "version__agreement")
        .prefetch_related("responses__by", "replies__member", "replies__colleague")
        .prefetch_related("assignment__verdicts")
    )


def comments(request, round_):
    """Every released comment of a round in the order of the text, the unanswered ones first."""
    if round_.is_blind:
        return show(
            request, "comments", round=round_, rows=[], title=name_of(round_.version), blind=True
        )
    target = _target(round_)
    order = {place: at for at, place in enumerate(everything_of(round_.version))}
    rows = [row_of(each, target) for each in _visible(round_)]
    rows.sort(
        key=lambda row: (
            bool(row["answers"]),
            order.get(row["comment"].place, len(order)),
            row["comment"].paragraph,
            row["comment"].key,
        )
    )
    return show(
        request,
        "comments",
        round=round_,
        rows=rows,
        title=name_of(round_.version),
        name=name_of(round_.version),
        form=AnswerForm(),
        is_open=round_.phase == ReviewRound.Phase.DISCUSSION,
    )


def _target(round_):
    """Return the version into which editors work now, with its texts."""
    target = drafting.text_to_write(round_.agreement)
    return Version.objects.with_texts().get(pk=target.pk)


def row_of(comment, target):
    """Return what a page shows of a comment: its words, where it stands now, its answers."""
    segment = everything_of(target).get(comment.place)
    anchor = anchors.locate(comment, target)
    language = comment.language
    quote = comment.quote or markup.plain_text(comment.before)
    return {
        "comment": comment,
        "label": segment.full_label if segment else comment.place,
        "language": NAMES[language],
        "tag": tag_of(language),
        "quote": as_seen(quote, language),
        "anchor": anchor,
        "now": as_seen(markup.plain_text(anchor.now), language),
        "suggestion": html_as_seen(
            differences.text_html(comment.before, comment.suggestion), language
        )
        if comment.suggestion
        else "",
        "answers": list(comment.responses.all()),
        "objections": current_objections(comment),
        "replies": list(comment.replies.all()),
        "write": reverse(
            "admin:agreement-write", args=[comment.version.agreement_id, comment.language]
        )
        + f"#{comment.place}",
    }


def current_objections(comment):
    """Return the Verdicts that object, rest on a comment, and are their author's last word."""
    *_earlier, last = [None, *comment.assignment.verdicts.all()]
    return [last] if last is not None and last.comment_id == comment.pk else []


def answer(request, round_, key):
    """Answer one comment, or accept its suggestion into the draft."""
    comment = _visible(round_).filter(key=key).first() if not round_.is_blind else None
    if comment is None:
        raise Http404
    back = reverse("admin:round-comments", args=[round_.pk]) + f"#c-{comment.key}"
    form = AnswerForm(request.POST or None)
    if request.method != "POST":
        return redirect(back)
    try:
        if request.POST.get("step") == "apply":
            reviewing.accept_suggestion(comment, by=request.user)
            said(request, _("The wording is in the draft, and the comment is answered."))
        elif request.POST.get("step") == "reply":
            reviewing.reply(comment, request.POST.get("text", "")[:5000], by=request.user)
            said(request, _("Your reply is in."))
        elif form.is_valid():
            reviewing.respond(comment, by=request.user, **form.cleaned_data)
            said(request, _("The comment is answered."))
        else:
            refused(request, _("Choose what you do with the comment."))
        return redirect(back)
    except reviewing.TextMoved as error:
        refused(request, error)
        return _three_texts(request, round_, comment, error.now)
    except (reviewing.ReviewError, PublishingError, drafting.EditConflict) as error:
        refused(request, error)
    row = row_of(comment, _target(round_))
    return show(
        request,
        "comments",
        round=round_,
        rows=[row],
        title=name_of(round_.version),
        name=name_of(round_.version),
        form=form,
        is_open=round_.phase == ReviewRound.Phase.DISCUSSION,
    )


def _three_texts(request, round_, comment, now):
    """Show the text a suggestion was made for, the suggestion, and what stands there by now."""
    row = row_of(comment, _target(round_))
    texts = [
        (_("What the expert read"), comment.before),
        (_("What the expert suggests"), comment.suggestion),
        (_("What stands in the draft by now"), now),
    ]
    return show(
        request,
        "three_texts",
        round=round_,
        row=row,
        texts=[(label, as_seen(text, comment.language)) for label, text in texts],
        title=name_of(round_.version),
    )
