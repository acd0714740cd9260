from django.core.management.base import BaseCommand
from django.db.models import F

from agreements import link_check
from agreements.models import Source


class Command(BaseCommand):
    """For a timer, weekly: the longest unchecked first, as many as --limit says."""

    help = "Check whether the addresses of sources still open."

    def add_arguments(self, parser):
        parser.add_argument("--limit", type=int, default=200, help="how many (200)")
        parser.add_argument("--dry-run", action="store_true", help="name them, knock nowhere")

    def handle(self, *args, limit, dry_run, **options):
        oldest = Source.objects.order_by(F("link_checked_at").asc(nulls_first=True), "key")
        sources = list(oldest[: max(0, limit)])
        if dry_run:
            for source in sources:
                self.stdout.write(f"{source.key}  {source.url}")
            self.stdout.write(f"Would check {len(sources)} source(s), checked none.")
            return
        counts = link_check.check(sources)
        if sources and not counts:
            self.stdout.write(self.style.WARNING("No host answered; nothing was changed."))
            return
        told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
        self.stdout.write(
            self.style.SUCCESS(f"Checked {len(sources)} source(s): {told or 'none'}.")
        )
