"""Originals: files of the agreement itself, attached to the draft and sealed with it."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import originals as keeping
from agreements import publishing, roles
from agreements.models import Original, Source
from agreements.views.original import download

from .desk import desk, done, refused


class OriginalForm(forms.ModelForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, JPEG or PNG, 25 MB at most."),
    )

    class Meta:
        model = Original
        fields = ["language", "authority", "source"]

    field_order = ["file", "language", "authority", "source"]


def originals(request, agreement):
    """What is attached to the draft (or to what is public), and the form for one more."""
    may_write = roles.may_write(request.user, "")
    form = OriginalForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if "remove" in request.POST:
            try:
                keeping.detach(agreement, sha256=request.POST["remove"], by=request.user)
            except publishing.PublishingError as error:
                refused(request, error)
            return redirect(reverse("admin:agreement-originals", args=[agreement.pk]))
        if form.is_valid():
            fields = {name: form.cleaned_data[name] for name in ("language", "authority", "source")}
            file = form.cleaned_data["file"]
            try:
                if file.size > keeping.LARGEST:
                    raise keeping.UnfitFile(_("The file is larger than 25 MB."))
                keeping.attach(agreement, file.read(), by=request.user, **fields)
                return done(
                    request, agreement, _("The file is attached."), "admin:agreement-originals"
                )
            except publishing.PublishingError as error:
                form.add_error("file", str(error))
                refused(request, error)
    return desk(
        request,
        "originals",
        agreement,
        form=form,
        may_write=may_write,
        any_source=Source.objects.exists(),
    )


def original(request, agreement, sha256):
    """Any original of any version of this agreement, as a download, for editors."""
    row = Original.objects.filter(version__agreement=agreement, sha256=sha256).first()
    if row is None:
        raise Http404
    return download(row)
