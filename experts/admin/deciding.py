"""What follows from rounds: dissent, the end of a badge, translations, a typing error."""

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from agreements.admin.deciding import Words, difference
from agreements.admin.desk import tag_of
from agreements.admin.language import html_as_seen
from agreements.markup import Rendering
from agreements.models import Agreement
from agreements.segments import texts_of
from dialogue_platform.languages import NAMES, STORED
from experts import badges, reviewing, rights
from experts import fidelity as checking
from experts.models import CarryOver, FidelityCheck, ReviewRound
from experts.views.judging import answer_of

from .desk import name_of, refused, said, show, to_round, version_with_texts


def dissent(request, round_):
    """Let a version be published *reviewed with dissent*, with the dissent for readers."""
    form = Words(request.POST or None, name="text", label=_("The dissent, for readers"))
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.dissent(round_, texts=form.words(), by=request.user)
        except reviewing.ReviewError as error:
            refused(request, error)
        else:
            said(request, _("It can now be published as reviewed with dissent."))
            return to_round(round_)
    return show(
        request, "dissent", round=round_, form=form, title=name_of(round_.version), ends=False
    )


def withdraw(request, round_):
    """End a badge at once, with a public reason."""
    form = Words(request.POST or None, name="reason", label=_("Public reason"))
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.withdraw_badge(round_, reasons=form.words(), by=request.user)
        except reviewing.ReviewError as error:
            refused(request, error)
        else:
            said(request, _("The badge is withdrawn. Readers see that already."))
            return to_round(round_)
    return show(
        request, "dissent", round=round_, form=form, title=name_of(round_.version), ends=True
    )


def translations(version, *, blind):
    """Return [(language, its name, newest FidelityCheck or None)] of a version's translations."""
    found = []
    for language in STORED:
        if language == version.source_language or not getattr(version, f"title_{language}"):
            continue
        checks = FidelityCheck.objects.filter(
            version__agreement=version.agreement_id,
            language=language,
            language_hash=getattr(version, f"hash_{language}"),
            substance_hash=version.substance_hash,
        )
        if blind:  # what experts write waits for the release
            checks = checks.filter(expert=None)
        found.append((language, NAMES[language], checks.last()))
    return found


def fidelity(request, version_pk, language):
    """A colleague reads a translation beside its source and says whether it says the same."""
    version = version_with_texts(version_pk)
    if version.is_draft or language not in STORED or language == version.source_language:
        raise Http404
    note = request.POST.get("note", "")[:5000]
    if request.method == "POST":
        try:
            checking.check(
                version,
                language,
                is_faithful=answer_of(request),
                note=note,
                by=request.user,
            )
        except reviewing.ReviewError as error:
            refused(request, error)
        else:
            said(request, _("Your check is in. Thank you."))
            return redirect("admin:index")
    pair = (version.source_language, language)
    return show(
        request,
        "fidelity",
        version=version,
        title=name_of(version),
        names=[NAMES[each] for each in pair],
        note=note,
        is_own=request.user.pk in checking.translators_of(version, language),
        reads_it=language in checking._languages_of(request.user),
        rows=[
            (segment.full_label, [(tag_of(each), _html(segment, each)) for each in pair])
            for segment in texts_of(version)
            if segment.is_translated and segment.value(version.source_language)
        ],
    )


def _html(segment, language):
    return html_as_seen(Rendering({}, {}).html(segment.value(language), explain=False), language)


def carry_over(request, version_pk):
    """Ask, or vouch as a second editor, that a typing error keeps the badge."""
    version = version_with_texts(version_pk)
    carry = CarryOver.objects.filter(version=version).select_related("proposed_by").first()
    before = carry.round if carry else checking.round_before(version)
    if request.method == "POST":
        try:
            if carry is None:
                checking.propose_carry_over(version, by=request.user)
                said(request, _("Now a second editor has to confirm it."))
            else:
                checking.confirm_carry_over(carry, by=request.user)
                said(request, _("The badge stays; the panel is told and has ten days."))
        except reviewing.ReviewError as error:
            refused(request, error)
        return redirect("admin:version-carry-over", version_pk=version.pk)
    return show(
        request,
        "carry_over",
        version=version,
        carry=carry,
        round=before,
        title=name_of(version),
        difference=difference(version_with_texts(before.version_id), version) if before else None,
    )


def to_check(person):
    """Return [(version, language)] of public texts whose translation waits for a reader."""
    if not rights.holds(person, rights.CHECK):
        return []
    reviewed = ReviewRound.objects.passed().values("agreement")
    public = Agreement.objects.public().filter(pk__in=reviewed)
    found = []
    for agreement in public.select_related("published__agreement"):
        version = agreement.published
        for language in STORED:
            standing = badges.standing(version, language)
            if (
                standing.translation_waits
                and language in checking._languages_of(person)
                and person.pk not in checking.translators_of(version, language)
            ):
                found.append((version, language))
    return found


def address_to_check(version, language):
    return reverse("admin:version-fidelity", args=[version.pk, language])
