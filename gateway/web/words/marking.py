"""How a text in code is marked for translation."""


def N_(message: str) -> str:  # noqa: N802 - the name that catalogs are extracted by
    """Mark a text for translation; it is translated when a page shows it."""
    return message
