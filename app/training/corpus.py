"""The training text: packages by name -> documents -> training and held-out text per language.

A document is a whole book, a manual page, a help page, or a top-level Python module with its submodules.
Documents are held out whole, a translation together with its original. A paragraph that occurs twice
(licence notes, menus) is kept once, in training text if possible, so that no held-out paragraph occurs in
training text.
"""

import gzip
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .plain_text import paragraphs_of_html, paragraphs_of_man

LANGUAGES = ("english", "french", "python")
PACKAGES = (
    "debian-handbook", "debian-reference-en", "debian-reference-fr", "developers-reference",
    "developers-reference-fr", "debian-faq", "debian-faq-fr", "maint-guide", "maint-guide-fr",
    "debian-edu-doc-en", "debian-edu-doc-fr", "installation-guide-amd64",
    "aptitude-doc-en", "aptitude-doc-fr",
    "gimp-help-en", "gimp-help-fr",
    "manpages", "manpages-dev", "manpages-fr", "manpages-fr-dev",
    "libpython3.11-stdlib", "libpython3.11-minimal",
)  # fmt: skip

# (language, book, files below the unpacked packages); `*` as book: each file is a separate document
_DOC = "*/usr/share/doc"
SOURCES = (
    ("english", "debian-handbook", f"{_DOC}/debian-handbook/html/en-US/*.html"),
    ("french", "debian-handbook", f"{_DOC}/debian-handbook/html/fr-FR/*.html"),
    ("english", "debian-reference", "*/usr/share/debian-reference/*.en.html"),
    ("french", "debian-reference", "*/usr/share/debian-reference/*.fr.html"),
    ("english", "developers-reference", "developers-reference/usr/share/developers-reference/*.html"),
    ("french", "developers-reference", "developers-reference-fr/usr/share/developers-reference/**/*.html"),
    ("english", "debian-faq", f"{_DOC}/debian/FAQ/*.en.html"),
    ("french", "debian-faq", f"{_DOC}/debian/FAQ/fr/*.html"),
    ("english", "maint-guide", f"{_DOC}/maint-guide/html/*.html"),
    ("french", "maint-guide", f"{_DOC}/maint-guide-fr/html/*.html"),
    ("english", "debian-edu", f"{_DOC}/debian-edu-doc-en/*-manual.html"),
    ("french", "debian-edu", f"{_DOC}/debian-edu-doc-fr/*-manual.html"),
    ("english", "installation-guide", f"{_DOC}/installation-guide-amd64/en/*.html"),
    ("french", "installation-guide", f"{_DOC}/installation-guide-amd64/fr/*.html"),
    ("english", "aptitude", f"{_DOC}/aptitude/html/en/*.html"),
    ("french", "aptitude", f"{_DOC}/aptitude/html/fr/*.html"),
    ("english", "*", "*/usr/share/gimp/2.0/help/en/*.html"),
    ("french", "*", "*/usr/share/gimp/2.0/help/fr/*.html"),
    ("english", "*", "*/usr/share/man/man[1-9]/*.gz"),
    ("french", "*", "*/usr/share/man/fr/man[1-9]/*.gz"),
    ("python", "*", "*/usr/lib/python3.11/**/*.py"),
)
HELD_OUT_BOOKS = frozenset({"debian-faq", "maint-guide"})
HELD_OUT_ONE_IN = 16
# Tables and generated lists, which are not code for readers.
_NOT_CODE = ("encodings/", "pydoc_data/", "_sysconfigdata", "html/entities", "lib2to3/tests")
_SHORTEST_REPEAT_CHARS = 40


@dataclass(frozen=True, slots=True)
class Document:
    """One whole text. `name` is the same for a text and its translation."""

    language: str
    name: str
    paragraphs: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        """Returns whether training never uses the document."""
        return self.name in HELD_OUT_BOOKS or zlib.crc32(self.name.encode()) % HELD_OUT_ONE_IN == 0


def fetch(folder: Path) -> None:
    """Downloads and unpacks the packages below `folder` without installing them; existing ones stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if (folder / package).is_dir():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True)
        archive = next(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive.name, f"{package}.part"], cwd=folder, check=True)
        (folder / f"{package}.part").rename(folder / package)


def _document_name(language: str, book: str, path: Path) -> str:
    if book != "*":
        return book
    if language == "python":  # the whole top-level module or package is one document
        below = path.parts[path.parts.index("python3.11") + 1 :]
        return f"python/{below[0].removesuffix('.py')}"
    return (
        f"{path.parent.name[:3]}/{path.name.removesuffix('.gz').removesuffix('.html')}"
        if path.suffix == ".gz"
        else f"gimp/{path.stem}"
    )


def _paragraphs(path: Path) -> list[str]:
    if path.suffix == ".py":
        return [path.read_text(encoding="utf-8", errors="replace")]
    if path.suffix == ".gz":
        return paragraphs_of_man(gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace"))
    return paragraphs_of_html(path.read_text(encoding="utf-8", errors="replace"))


def documents(folder: Path) -> Iterator[Document]:
    """Yields every document below the unpacked packages, files in sorted order."""
    for language, book, pattern in SOURCES:
        by_name: dict[str, list[str]] = {}
        for path in sorted(folder.glob(pattern)):
            if path.is_symlink() or (language == "python" and any(part in str(path) for part in _NOT_CODE)):
                continue
            by_name.setdefault(_document_name(language, book, path), []).extend(_paragraphs(path))
        for name, paragraphs in by_name.items():
            yield Document(language, name, tuple(paragraphs))


def without_repeats(documents: Iterable[Document]) -> Iterator[Document]:
    """Yields the documents, training ones first, without repeated longer paragraphs of a language."""
    seen: set[tuple[str, str]] = set()
    for document in sorted(documents, key=lambda each: each.held_out):
        kept = []
        for paragraph in document.paragraphs:
            key = (document.language, paragraph)
            if key in seen and len(paragraph) >= _SHORTEST_REPEAT_CHARS:
                continue
            seen.add(key)
            kept.append(paragraph)
        if sum(map(len, kept)) >= _SHORTEST_REPEAT_CHARS:
            yield Document(document.language, document.name, tuple(kept))


def text_of(document: Document) -> str:
    """Returns the document as one string; code keeps its own blank lines."""
    return ("\n" if document.language == "python" else "\n\n").join(document.paragraphs).strip() + "\n"


def split(folder: Path) -> dict[tuple[str, bool], list[Document]]:
    """Returns (language, held out) -> documents."""
    parts: dict[tuple[str, bool], list[Document]] = {
        (language, side): [] for language in LANGUAGES for side in (False, True)
    }
    for document in without_repeats(documents(folder)):
        parts[document.language, document.held_out].append(document)
    return parts
