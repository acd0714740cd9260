"""Accounts: who works here, in which role and language. Only a superuser makes superusers."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from agreements.models import Colleague
from agreements.roles import LABELS
from dialogue_platform import second_factor

# A second factor is its owner's: here it can be taken away, but neither read nor written.
admin.site.unregister([User, TOTPDevice, StaticDevice])


class RoleField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, group):
        return LABELS.get(group.name, group.name)


class RoleFilter(admin.SimpleListFilter):
    title, parameter_name = _("role"), "role"

    def lookups(self, request, model_admin):
        return LABELS.items()

    def queryset(self, request, queryset):
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class ColleagueInline(admin.StackedInline):
    model = Colleague
    can_delete = False
    verbose_name_plural = _("way of working")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's, without single rights: a person has roles."""

    inlines = [ColleagueInline]
    filter_horizontal = []
    list_display = ["username", "first_name", "last_name", "roles", "is_active"]
    list_filter = [RoleFilter, "is_active"]
    fieldsets = [
        (None, {"fields": ["username", "password", "second_factor"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Role"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request, obj=None):
        fields = [
            *super().get_readonly_fields(request, obj),
            "last_login",
            "date_joined",
            "second_factor",
        ]
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def has_change_permission(self, request, obj=None):
        # An administrator who could change a superuser could become one.
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            return RoleField(
                Group.objects.all(),
                label=_("roles"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("roles"))
    def roles(self, person):
        return ", ".join(str(LABELS.get(group.name, group.name)) for group in person.groups.all())

    @admin.display(description=_("second factor"))
    def second_factor(self, person):
        if not second_factor.has_second_factor(person):
            return _("none")
        address = reverse("admin:take-second-factor", args=[person.pk])
        return format_html('{} <a href="{}">{}</a>', _("in use"), address, _("Take it away"))

    def get_urls(self):
        page = self.admin_site.admin_view(self.take_second_factor)
        return [
            path("<id>/second-factor/", page, name="take-second-factor"),
            *super().get_urls(),
        ]

    def take_second_factor(self, request, id):
        """Take away a colleague's second factor: the phone is lost. One's own needs a code."""
        person = self.get_object(request, id)
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if person == request.user:
            return redirect("admin:second-factor")
        if request.method != "POST":
            context = self.admin_site.each_context(request) | {"person": person, "title": person}
            return render(request, "admin/take_second_factor.html", context)
        if second_factor.remove(person, by=request.user):
            done = gettext("%(person)s signs in with the password alone from now on.")
            messages.success(request, done % {"person": person})
        return redirect("admin:auth_user_change", person.pk)
