from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ExpertsConfig(AppConfig):
    """Who checks it."""

    name = "experts"
    verbose_name = _("Expert review")

    def ready(self):
        from agreements import immutability as guards
        from agreements import publishing, roles
        from agreements.views.about import EXTRAS

        from . import badges, immutability, rights
        from .views.checked import rule_of_today

        guards.RULES.append(immutability.rules)
        guards.NEVER_EMPTIED.extend(immutability.NEVER_EMPTIED)
        for role, codes in rights.RIGHTS.items():
            roles.RIGHTS[role].extend(codes)
        EXTRAS["verification"] = rule_of_today
        publishing.WITNESSES.append(badges.record_publication)
        post_migrate.connect(rights.first_policy, sender=self)
        # Once more: only now do the rights of this app exist.
        post_migrate.connect(roles.make_groups, sender=self)
