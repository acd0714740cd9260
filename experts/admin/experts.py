"""The people who review: for coordinators alone; never a word of their communities."""

import json

from django import forms
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from experts import erasure, reviewing, rights
from experts.models import Expert

from .desk import page_for, said, show


class ExpertForm(forms.ModelForm):
    class Meta:
        model = Expert
        fields = (
            "name",
            "name_cyrillic",
            "email",
            "language",
            "profile",
            "further_profile",
            "affiliation",
            "reads_sq",
            "reads_sr",
            "reads_en",
            "user",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"name", "email"} & self.fields.keys():  # of an erased expert none is changed
            self.fields[name].required = True


@admin.register(Expert)
class ExpertAdmin(admin.ModelAdmin):
    form = ExpertForm
    list_display = ["__str__", "profile", "language", "affiliation", "rounds"]
    list_filter = ["profile", "language"]
    search_fields = ["name", "name_cyrillic", "email", "affiliation"]
    list_per_page = 100
    ordering = ["name", "pk"]  # the model's own is lost where rows are counted
    change_form_template = "admin/experts/expert_form.html"

    def get_queryset(self, request):
        accepted = Count("assignments", filter=Q(assignments__accepted_at__isnull=False))
        return super().get_queryset(request).annotate(accepted=accepted)

    @admin.display(description=gettext_lazy("rounds"))
    def rounds(self, expert):
        return expert.accepted

    def has_module_permission(self, request):
        return rights.holds(request.user, rights.CONDUCT)

    def has_view_permission(self, request, obj=None):
        return rights.holds(request.user, rights.CONDUCT)

    has_add_permission = has_module_permission

    def has_change_permission(self, request, obj=None):
        return rights.holds(request.user, rights.CONDUCT) and not (obj and obj.erased_at)

    def has_delete_permission(self, request, obj=None):
        return False  # what they said stays; a person is erased instead

    def save_model(self, request, obj, form, change):
        """Save; a new address ends the links that went to the old one, and stands in history."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            for assignment in obj.assignments.live():
                reviewing.note_new_address(assignment, by=request.user)

    # The history of the admin is kept when a person is erased: it names no expert.
    def log_addition(self, request, obj, message):
        return _log(request, obj, ADDITION, message)

    def log_change(self, request, obj, message):
        return _log(request, obj, CHANGE, message)

    def get_urls(self):
        return [
            path("<int:pk>/erase/", page_for(rights.CONDUCT)(erase), name="expert-erase"),
            *super().get_urls(),
        ]


def _log(request, expert, action, message):
    return LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(Expert),
        object_id=str(expert.pk),
        object_repr=expert.pseudonym,
        action_flag=action,
        change_message=json.dumps(message) if isinstance(message, list) else message,
    )


def erase(request, pk):
    """Forget an expert who asked for it, after one question."""
    expert = Expert.objects.filter(pk=pk, erased_at=None).first()
    if expert is None:
        raise Http404
    if request.method == "POST" and request.POST.get("sure") == "yes":
        erasure.erase(expert, by=request.user)
        said(request, _("The person is erased; what they said stays under a pseudonym."))
        return redirect(reverse("admin:experts_expert_changelist"))
    return show(request, "expert_erase", expert=expert, title=str(expert))
