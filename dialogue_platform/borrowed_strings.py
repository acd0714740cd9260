"""Strings of Django that its Albanian catalogue lacks: listed here, translated in our own.

tests/test_catalogues.py compares the list with Django's catalogues, so that a new release of
Django cannot bring back English words into the Albanian admin.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

STRINGS = [
    gettext_noop("Syndication"),
    gettext_noop("“%(value)s” value must be a float."),
    gettext_noop("Floating point number"),
    gettext_noop("%(model)s instance with %(field)s %(value)r is not a valid choice."),
    gettext_noop("Breadcrumbs"),
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Error:"),
    gettext_noop("Forgotten your login credentials?"),
    gettext_noop("In case you’ve forgotten, you are:"),
    gettext_noop("work factor"),
    gettext_noop("checksum"),
]
PLURALS = [
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
]
