"""The verdict, the check of a translation, an objection lifted, a correction looked at."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import comparing
from agreements.models import Version
from agreements.segments import texts_of
from dialogue_platform import languages
from dialogue_platform.passages import in_script
from experts import fidelity as checking
from experts import reviewing
from experts.models import Comment
from experts.models.verdict import SCORES, Judgement

from .access import for_reader
from .desk import carried_to_look_at, may_lift, name_of, translations_to_check
from .reading import sealed, shown


class VerdictForm(forms.Form):
    """One verdict; `substance` is the hash of the text that the form was shown for."""

    judgement = forms.ChoiceField(
        label=gettext_lazy("Your verdict"), choices=Judgement.choices, widget=forms.RadioSelect
    )
    objectivity = forms.TypedChoiceField(label=gettext_lazy("objectivity"), required=False)
    precision = forms.TypedChoiceField(label=gettext_lazy("precision"), required=False)
    completeness = forms.TypedChoiceField(label=gettext_lazy("completeness"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reasons"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Needed where you are not convinced."),
    )
    comment = forms.ChoiceField(
        label=gettext_lazy("The comment an objection rests on"), required=False
    )
    would_lift = forms.CharField(
        label=gettext_lazy("What would lift the objection"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    substance = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, comments, **kwargs):
        super().__init__(*args, **kwargs)
        self.comments = {each.key: each for each in comments}
        for score in SCORES:
            self.fields[score].choices = [("", "–"), *((str(n), str(n)) for n in range(1, 10))]
            self.fields[score].coerce = int
            self.fields[score].empty_value = None
        self.fields["comment"].choices = [
            ("", "–"),
            *((each.key, (each.text or each.suggestion)[:80]) for each in comments),
        ]


@for_reader
def verdict(request, assignment):
    """Give a verdict, or revise it once the comments are released."""
    own = list(Comment.objects.sent().filter(assignment=assignment))
    substance = assignment.round.version.substance_hash
    last = assignment.verdicts.last()
    initial = {"substance": substance}
    if last is not None:
        initial |= {name: getattr(last, name) for name in ("judgement", "reason", "would_lift")}
        initial |= {score: getattr(last, score) for score in SCORES}
        initial["comment"] = last.comment.key if last.comment else ""
    form = VerdictForm(request.POST or None, initial=initial, comments=own)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            reviewing.give_verdict(
                assignment,
                said["judgement"],
                substance=said["substance"],
                reason=said["reason"],
                comment=form.comments.get(said["comment"]),
                would_lift=said["would_lift"],
                **{score: said[score] for score in SCORES},
            )
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
            if isinstance(error, reviewing.OtherText):
                form.data = form.data.copy()
                form.data["substance"] = substance
        else:
            messages.success(request, _("Your verdict is in. Thank you."))
            return redirect("review-assignment", key=assignment.key)
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "form": form,
        "scores": [form[score] for score in SCORES],
        "last": last,
        "is_open": assignment.round.is_open,
        "may_revise": last is None or not assignment.round.is_blind,
        "drafts": Comment.objects.filter(assignment=assignment, sent_at=None).count(),
    }
    return render(request, "experts/verdict.html", context)


@for_reader
def lift(request, assignment):
    """Lift one's own objection on the text that is public by now."""
    last = assignment.verdicts.last()
    public = assignment.round.agreement.published
    if not may_lift(assignment, last):
        raise Http404
    if request.method == "POST" and request.POST.get("sure") == "yes":
        try:
            reviewing.lift(last, assignment=assignment, version=public)
            messages.success(request, _("Your objection is lifted."))
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
        return redirect("review-assignment", key=assignment.key)
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "objection": last,
        "public": public,
    }
    return render(request, "experts/lift.html", context)


def answer_of(request):
    """Return the answer to "does it say the same?". Raises NotComplete without one."""
    answers = {"yes": True, "no": False}
    if request.POST.get("faithful") not in answers:
        raise reviewing.NotComplete(_("Say yes or no."))
    return answers[request.POST["faithful"]]


@for_reader
def fidelity(request, assignment, language):
    """Read a translation beside its source, and say whether it says the same."""
    if language not in dict(translations_to_check(assignment)):
        raise Http404
    version = sealed(assignment)
    if request.method == "POST":
        try:
            checking.check(
                version,
                language,
                is_faithful=answer_of(request),
                note=request.POST.get("note", "")[:5000],
                assignment=assignment,
            )
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your check is in. Thank you."))
            return redirect("review-assignment", key=assignment.key)
    source = languages.public_for(version.source_language)
    target = languages.public_for(language)
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "note": request.POST.get("note", ""),
        "source": source,
        "target": target,
        "language": languages.current(),
        "rows": [
            (segment.full_label, [(each.tag, shown(segment, each)) for each in (source, target)])
            for segment in texts_of(version)
            if segment.is_translated and segment.value(version.source_language)
        ],
    }
    return render(request, "experts/fidelity.html", context)


@for_reader
def correction(request, assignment):
    """Look at what two editors call a typing error, and ask for a round where it is more."""
    carry = carried_to_look_at(assignment)
    if carry is None:
        raise Http404
    if request.method == "POST":
        try:
            checking.contest(
                carry, assignment=assignment, reason=request.POST.get("reason", "")[:5000]
            )
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Thank you. The badge no longer stands on the new text."))
            return redirect("review-assignment", key=assignment.key)
    versions = Version.objects.with_texts()
    old, new = versions.get(pk=carry.round.version_id), versions.get(pk=carry.version_id)
    stored = new.source_language
    language = languages.public_for(stored)
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "until": checking.contest_until(carry),
        "reason": request.POST.get("reason", ""),
        "tag": language.tag,
        "texts": [
            (
                each.segment.full_label,
                in_script(each.html, languages.Reading(each.new, stored, foreign=False), language),
            )
            for each in comparing.changed_texts(old, new, stored)
        ],
    }
    return render(request, "experts/correction.html", context)
