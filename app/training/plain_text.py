"""Extracts plain text from HTML and from roff manual pages."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    "p div li dt dd tr td th h1 h2 h3 h4 h5 h6 pre br table ul ol dl section blockquote title".split()
)
_SKIPPED = frozenset({"script", "style", "head", "nav"})
_SKIPPED_CLASSES = frozenset(
    {"navheader", "navfooter", "toc", "docnav", "footer", "related", "sphinxsidebar", "legalnotice"}
)
_VOID = frozenset("br img hr meta link input col area base wbr source".split())


class _TextOfHtml(HTMLParser):
    """Collects visible text: a block starts a new paragraph, `pre` keeps its lines, navigation is dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._piece: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._skipping = 0
        self._in_pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_paragraph()
        if tag in _VOID:
            return
        classes = set((dict(attrs).get("class") or "").split())
        skipped = tag in _SKIPPED or bool(classes & _SKIPPED_CLASSES)
        self._open.append((tag, skipped))
        self._skipping += skipped
        self._in_pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_paragraph()
        if tag not in (name for name, _ in self._open):
            return
        while self._open:  # closes elements that the author left open
            name, skipped = self._open.pop()
            self._skipping -= skipped
            self._in_pre -= name == "pre"
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._piece.append(data if self._in_pre else re.sub(r"\s+", " ", data))

    def end_paragraph(self) -> None:
        """Closes the current paragraph, if it holds anything."""
        text = "".join(self._piece)
        text = text.rstrip().lstrip("\n") if self._in_pre else text.strip()
        if text.strip():
            self.paragraphs.append(text)
        self._piece = []


def paragraphs_of_html(source: str) -> list[str]:
    """Returns the visible paragraphs of an HTML page, in order."""
    parser = _TextOfHtml()
    parser.feed(source)
    parser.close()
    parser.end_paragraph()
    return parser.paragraphs


_ROFF_CHARACTERS = {
    "aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "bu": "•", "em": "—", "en": "–",
    "co": "©", "mu": "×", "ha": "^", "ti": "~", "rs": "\\", "ga": "`", "->": "→", "<=": "≤", ">=": "≥",
    "Fo": "«", "Fc": "»",
}  # fmt: skip
_ROFF_FONT = re.compile(r"\\f(?:\[[^\]]*\]|\(..|.)|\\s[+-]?\d+|\\[&%/,:|^]|\\[hv]'[^']*'")
_ROFF_NAMED = re.compile(r"\\\[([^\]]*)\]|\\\((..)")
_BREAKING = frozenset("PP P LP TP IP HP RS RE br sp TQ nf fi EX EE".split())
_FONT_MACROS = frozenset("B I R SM SB".split())
_MIXED_FONT_MACROS = frozenset("BR RB BI IB IR RI".split())


def _unescape(line: str) -> str:
    line = _ROFF_FONT.sub("", line)
    line = _ROFF_NAMED.sub(lambda found: _ROFF_CHARACTERS.get(found.group(1) or found.group(2), ""), line)
    line = (
        line.replace("\\-", "-")
        .replace("\\ ", " ")
        .replace("\\~", " ")
        .replace("\\e", "\\")
        .replace("\\(aq", "'")
    )
    return re.sub(r"\\(?=[.'])", "", line)


def _arguments(rest: str) -> list[str]:
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', rest)]


class _TextOfRoff:
    """Fills lines into paragraphs like man(7); examples keep their lines; tables are left out."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self._lines: list[str] = []
        self._keeps_lines = False
        self._in_table = False

    def end_paragraph(self) -> None:
        text = ("\n" if self._keeps_lines else " ").join(self._lines)
        if text.strip():
            self.paragraphs.append(text.rstrip() if self._keeps_lines else text.strip())
        self._lines = []

    def feed(self, line: str) -> None:
        if line.startswith(('.\\"', "'\\\"", '.\\"')):
            return
        if not line.startswith((".", "'")):
            if not self._in_table:
                self._lines.append(_unescape(line))
            return
        macro, _, rest = line[1:].strip().partition(" ")
        self._macro(macro, _unescape(rest))

    def _macro(self, macro: str, rest: str) -> None:
        if macro in ("TS", "TE"):
            self._in_table = macro == "TS"
        elif macro in ("SH", "SS"):
            self.end_paragraph()
            self._lines = [" ".join(_arguments(rest))]
            self.end_paragraph()
        elif macro in _BREAKING:
            self.end_paragraph()
            self._keeps_lines = (self._keeps_lines or macro in ("nf", "EX")) and macro not in ("fi", "EE")
        elif macro in _FONT_MACROS:
            self._lines.append(" ".join(_arguments(rest)))
        elif macro in _MIXED_FONT_MACROS:
            self._lines.append("".join(_arguments(rest)))


def paragraphs_of_man(source: str) -> list[str]:
    """Returns the paragraphs of a roff manual page in order; `[]` for a page that only links to another."""
    if source.startswith(".so "):
        return []
    reader = _TextOfRoff()
    for line in source.splitlines():
        reader.feed(line)
    reader.end_paragraph()
    return reader.paragraphs
