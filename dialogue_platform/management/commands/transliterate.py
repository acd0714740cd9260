import sys

from django.core.management.base import BaseCommand, CommandError

from dialogue_platform import scripts

CONVERSIONS = {
    ("cyrl", False): scripts.to_cyrillic,
    ("latn", False): scripts.to_latin,
    ("cyrl", True): scripts.html_to_cyrillic,
    ("latn", True): scripts.html_to_latin,
}


class Command(BaseCommand):
    help = "Write Serbian text from standard input to standard output in the other script."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--to", choices=["cyrl", "latn"], required=True)
        parser.add_argument(
            "--html", action="store_true", help="convert only what a reader of the page sees"
        )

    def handle(self, *args, to, html, **options):
        convert = CONVERSIONS[to, html]
        try:
            text = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError as error:
            raise CommandError(f"The text is not UTF-8: {error}") from error
        sys.stdout.buffer.write(convert(text).encode())
