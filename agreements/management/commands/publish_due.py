from django.core.management.base import BaseCommand

from agreements import publishing


class Command(BaseCommand):
    """For cron or a systemd timer, every minute; running it twice at once does no harm."""

    help = "Publish the versions whose scheduled time has come."

    def handle(self, *args, **options):
        published, failed = publishing.publish_due()
        for waiting in failed:
            self.stderr.write(f"Not published: {waiting.version} (see the start page).")
        self.stdout.write(
            self.style.SUCCESS(f"Published {len(published)} version(s), {len(failed)} failed.")
        )
