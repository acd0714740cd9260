"""Comments on a paragraph or on words in it: drafts that save themselves, until they are sent."""

from django import forms
from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import markup
from agreements.segments import everything_of
from dialogue_platform import languages
from experts import quoting, reviewing
from experts.models import Comment
from experts.models.comment import CommentKind

from .access import for_reader
from .desk import name_of
from .reading import as_seen, as_stored, sealed

LONGEST = 5000  # characters


class CommentForm(forms.Form):
    """What an expert says of one paragraph."""

    quote = forms.CharField(
        label=gettext_lazy("The words it is about"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Exactly as they stand there; empty for the whole paragraph."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is about"),
        choices=CommentKind.choices,
        widget=forms.RadioSelect,
        initial=CommentKind.FACT,
    )
    text = forms.CharField(
        label=gettext_lazy("Your comment"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("In any language you like."),
    )
    suggestion = forms.CharField(
        label=gettext_lazy("Suggested wording"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "Change the paragraph as you would have it. Leave signs such as [@source] where they"
            " are; without a change nothing is suggested."
        ),
    )
    is_blocking = forms.BooleanField(
        label=gettext_lazy("Must be settled before publication"), required=False
    )

    def __init__(self, *args, paragraph, language, is_rich, **kwargs):
        super().__init__(*args, **kwargs)
        self.paragraph, self.language, self.is_rich = paragraph, language, is_rich
        self.fields["suggestion"].widget.attrs["lang"] = languages.public_for(language).tag

    def clean_quote(self):
        try:
            return quoting.stored_quote(self.cleaned_data["quote"], self.paragraph, self.language)
        except quoting.NotThere as error:
            raise forms.ValidationError(
                _("These words do not stand in the paragraph. Copy them exactly, or leave it out.")
            ) from error

    def clean_suggestion(self):
        """Return the suggested wording as it would be stored, '' where nothing was changed."""
        typed = as_stored(self.paragraph, self.cleaned_data["suggestion"], self.language)
        lines = "\n".join(markup.tidy(line) for line in typed.strip().splitlines())
        stored = markup.normalise(typed) if self.is_rich else lines
        return "" if stored == self.paragraph else stored


@for_reader
def new_comment(request, assignment):
    """The form for a comment on the paragraph that the address names; the first save makes it."""
    place, language = request.GET.get("place", ""), request.GET.get("language", "")
    number = request.GET.get("paragraph", "")
    version = sealed(assignment)
    paragraphs = reviewing.paragraphs_of(version, place, language)
    if not (number.isdecimal() and len(number) < 5 and int(number) < len(paragraphs)):
        raise Http404
    where = {"place": place, "paragraph": int(number), "language": language}
    return _form(request, assignment, version, paragraphs[int(number)], where, None)


@for_reader
def comment(request, assignment, comment_key):
    """A draft to go on with, or a comment that was sent."""
    own = Comment.objects.filter(assignment=assignment, key=comment_key, taken_back_at=None).first()
    if own is None:
        raise Http404
    if own.is_draft or request.method == "POST":
        where = {"place": own.place, "paragraph": own.paragraph, "language": own.language}
        return _form(request, assignment, sealed(assignment), own.before, where, own)
    return redirect(f"{reverse('review-discussion', args=[assignment.key])}#c-{own.key}")


def _form(request, assignment, version, paragraph, where, draft):
    language = where["language"]
    initial = {
        "quote": as_seen(draft.quote, language) if draft else request.GET.get("quote", "")[:600],
        "kind": draft.kind if draft else CommentKind.FACT,
        "text": draft.text if draft else "",
        "suggestion": as_seen((draft and draft.suggestion) or paragraph, language),
        "is_blocking": bool(draft and draft.is_blocking),
    }
    segment = everything_of(version)[where["place"]]
    form = CommentForm(
        request.POST or None,
        initial=initial,
        paragraph=paragraph,
        language=language,
        is_rich=segment.is_rich,
    )
    if request.method == "POST":
        if request.POST.get("step") == "drop" and draft is not None:
            return _drop(request, assignment, draft)
        answer = _save(request, assignment, where, draft, form)
        if answer is not None:
            return answer
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "form": form,
        "draft": draft,
        "label": segment.full_label,
        "paragraph": as_seen(markup.plain_text(paragraph), language),
        "tag": languages.public_for(language).tag,
        "back": _page_with(where["place"], assignment),
        "is_open": assignment.round.is_open,
    }
    return render(request, "experts/comment.html", context)


def _page_with(place, assignment):
    """Return the address of the layer on which a place is read."""
    name = "review-read-full-text" if place.startswith("provision.") else "review-read"
    if place == "details":
        name = "review-read-details"
    return reverse(name, args=[assignment.key])


def _save(request, assignment, where, draft, form):
    """Save what was typed, and send it where that was asked; return a response, or None."""
    by_itself = request.POST.get("step") == "autosave"
    if not form.is_valid():
        if by_itself:  # half a quote is no reason to lose the rest
            form.cleaned_data.setdefault("quote", "")
        if not by_itself or set(form.errors) - {"quote"}:
            return JsonResponse({"saved": False}, status=400) if by_itself else None
    said = {name: form.cleaned_data.get(name) for name in form.fields}
    try:
        if draft is None:
            draft = reviewing.save_comment(assignment, **where, **said)
        else:
            draft = reviewing.save_comment(assignment, key=draft.key, **said)
        if by_itself:
            address = reverse("review-comment-draft", args=[assignment.key, draft.key])
            return JsonResponse({"saved": True, "address": address})
        if request.POST.get("step") == "send":
            reviewing.send_comment(draft)
            blind = assignment.round.is_blind
            messages.success(
                request,
                _("Your comment is in. Nobody reads it before the release.")
                if blind
                else _("Your comment is in."),
            )
        else:
            messages.success(request, _("The draft is saved; only you can see it."))
    except reviewing.ReviewError as error:
        if by_itself:
            return JsonResponse({"saved": False, "reason": str(error)}, status=409)
        messages.error(request, str(error))
        return None
    return redirect(_page_with(where["place"], assignment))


def _drop(request, assignment, comment):
    try:
        reviewing.take_back(comment)
        messages.success(request, _("The comment is gone."))
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
    return redirect("review-assignment", key=assignment.key)


@for_reader
def notes(request, assignment):
    """An expert's own notes, which nobody else reads."""
    if request.method == "POST":
        reviewing.save_notes(assignment, request.POST.get("text", "")[:20_000])
        if request.POST.get("step") == "autosave":
            return JsonResponse({"saved": True})
        messages.success(request, _("Your notes are saved."))
    return redirect("review-assignment", key=assignment.key)
