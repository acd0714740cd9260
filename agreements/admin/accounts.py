"""Accounts: who works here, in which role and language. Only a superuser makes superusers."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _

from agreements.models import Colleague
from agreements.roles import LABELS

admin.site.unregister(User)


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
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Role"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request, obj=None):
        fields = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
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
