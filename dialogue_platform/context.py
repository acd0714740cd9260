"""What every page knows about its reader."""

from dialogue_platform import languages


def reader(request):
    """Return the page's language and the same page's address in every language."""
    return {
        "language": languages.current(),
        "editions": editions(request),
    }


def editions(request):
    """Return [(PublicLanguage, address)] of this page in every language.

    Where the address names no language (a mistyped one, say), the home pages stand in.
    """
    prefix = f"/{languages.current().code}/"
    rest = request.get_full_path().removeprefix(prefix) if request.path.startswith(prefix) else ""
    return [(other, f"/{other.code}/{rest}") for other in languages.PUBLIC]
