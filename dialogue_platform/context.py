"""What every page knows about its reader."""

from dialogue_platform import languages


def reader(request):
    """Return the page's language and the same page's address in every language."""
    return {
        "language": languages.current(),
        "editions": editions(request),
    }


def editions(request):
    """Return [(PublicLanguage, address)] of this page, [] where the address has no language."""
    language = languages.current()
    prefix = f"/{language.code}/"
    if not request.path.startswith(prefix):
        return []
    rest = request.get_full_path()[len(prefix) :]
    return [(other, f"/{other.code}/{rest}") for other in languages.PUBLIC]
