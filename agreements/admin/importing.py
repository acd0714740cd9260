"""A real document in, its points out: upload, look, take over."""

from dataclasses import asdict

from django import forms
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements import drafting, importing, publishing, roles
from agreements.importing import into_draft, sandbox
from agreements.models.version import TextBasis
from dialogue_platform.languages import NAMES, STORED

from .desk import desk, done, refused

SALT = "agreements.import"
HOURS_TO_LOOK = 24


class DocumentForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy("A .docx, .pdf, .html or .txt file, 20 MB at most."),
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Basis of the wording"),
        choices=[(basis.value, basis.label) for basis in into_draft.BASES],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[
            ("", gettext_lazy("as found in the document")),
            *((code, NAMES[code]) for code in STORED),
        ],
    )


def import_document(request, agreement):
    """Read a document and show what was found beside it; then write it into the draft."""
    if not request.user.has_perm("agreements.write_version"):
        raise PermissionDenied
    form, found, ticket = DocumentForm(), None, ""
    if request.method == "POST" and "ticket" in request.POST:
        try:
            return _take_over(request, agreement)
        except (publishing.PublishingError, signing.BadSignature) as error:
            refused(request, _explained(error))
        except drafting.EditConflict:
            refused(request, _("Somebody changed the same points just now. Please try again."))
    elif request.method == "POST":
        form = DocumentForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                found = _read(file)
            except importing.UnreadableDocument as error:
                form.add_error("file", str(error))
            else:
                language = form.cleaned_data["language"] or found.language
                ticket = signing.dumps(
                    {
                        "agreement": agreement.pk,
                        "language": language,
                        "basis": form.cleaned_data["basis"],
                        "found": asdict(found) | {"original": ""},
                    },
                    salt=SALT,
                    compress=True,
                )
    version = drafting.text_to_write(agreement)
    context = {"form": form, "ticket": ticket}
    if found is not None:
        context |= {
            "found": found,
            "plan": into_draft.plan(found, version, language),
            "language_label": NAMES[language],
            "basis_label": TextBasis(form.cleaned_data["basis"]).label,
        }
    return desk(request, "import", agreement, version, **context)


def _read(file):
    if file.size > importing.MAX_BYTES:
        raise importing.UnreadableDocument("oversized")
    return sandbox.read(file.name, file.read())


def _take_over(request, agreement):
    order = signing.loads(request.POST["ticket"], salt=SALT, max_age=HOURS_TO_LOOK * 3600)
    if order["agreement"] != agreement.pk or not roles.may_write(request.user, order["language"]):
        raise PermissionDenied
    provisions = [importing.FoundProvision(**row) for row in order["found"].pop("provisions")]
    found = importing.FoundText(**order["found"] | {"provisions": provisions})
    result = into_draft.fill(
        found, agreement, language=order["language"], basis=order["basis"], by=request.user
    )
    message = ngettext(
        "%(count)d point has its wording now.",
        "%(count)d points have their wording now.",
        result.filled,
    ) % {"count": result.filled}
    return done(request, agreement, message, "admin:agreement-write", order["language"])


def _explained(error):
    if isinstance(error, signing.BadSignature):
        return _("What was found is not at hand any more. Please choose the document again.")
    return str(error)
