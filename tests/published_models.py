"""Published models by their keys, for tests."""

from app.published.catalogue import Published, catalogue


def find_published(key: str) -> Published:
    return next(entry for entry in catalogue() if entry.key == key)
