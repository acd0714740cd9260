"""Who may do what: five roles, as groups with exactly these rights.

The groups are made after every `migrate`, so that a right that somebody added by hand in the admin
does not stay unnoticed. Nobody publishes or withdraws a version they prepared or wrote part of,
whatever their role: agreements/publishing.py and the database see to that.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

EDITOR, TRANSLATOR, COORDINATOR, PUBLISHER, ADMINISTRATOR = (
    "editor",
    "translator",
    "coordinator",
    "publisher",
    "administrator",
)
LABELS = {
    EDITOR: _("editor"),
    TRANSLATOR: _("translator"),
    COORDINATOR: _("coordinator"),
    # Translators: whoever publishes here; not the publisher of a source.
    PUBLISHER: pgettext_lazy("role", "publisher"),
    ADMINISTRATOR: _("administrator"),
}

_READING = [
    f"agreements.view_{model}"
    for model in (
        "agreement",
        "version",
        "theme",
        "source",
        "term",
        "page",
        "event",
        "phase",
        "count",
    )
]
_WRITING = [
    "agreements.add_agreement",
    "agreements.change_agreement",
    "agreements.write_version",
    "agreements.seal_version",
    *(
        f"agreements.{verb}_{model}"
        for model in ("theme", "source", "term", "phase", "phaseperson", "count")
        for verb in ("add", "change")
    ),
    "agreements.change_page",
]
_PUBLISHING = ["agreements.publish_version"]
_ACCOUNTS = [
    *(f"auth.{verb}_user" for verb in ("view", "add", "change")),
    "auth.view_group",
    *(f"agreements.{verb}_colleague" for verb in ("view", "add", "change")),
]

RIGHTS = {
    EDITOR: [*_READING, *_WRITING],
    TRANSLATOR: [*_READING, "agreements.translate_version"],
    # Opens rounds and knows who reviews: experts/rights.py adds that.
    COORDINATOR: [*_READING],
    PUBLISHER: [*_READING, *_WRITING, *_PUBLISHING],
    ADMINISTRATOR: [*_READING, *_WRITING, *_PUBLISHING, *_ACCOUNTS],
}


def make_groups(sender, using, **kwargs):
    """Make the five groups with exactly their rights; other groups stay as they are."""
    from django.contrib.auth.models import Group, Permission

    codes = {code for rights in RIGHTS.values() for code in rights}
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using)
        .filter(codename__in=[code.partition(".")[2] for code in codes])
        .select_related("content_type")
    }
    if not codes <= permissions.keys():
        return  # migrations were taken back to before these rights
    for name, rights in RIGHTS.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(permissions[code] for code in rights)


def may_write(person, language):
    """Tell whether a person may write drafts in a stored language ('' for facts and order)."""
    if person.has_perm("agreements.write_version"):
        return True
    if not person.has_perm("agreements.translate_version"):
        return False
    colleague = getattr(person, "colleague", None)
    return colleague is not None and language in colleague.translates


def languages_of(person):
    """Return the stored languages a person may write in, in the order of the languages."""
    from dialogue_platform.languages import STORED

    return [language for language in STORED if may_write(person, language)]
