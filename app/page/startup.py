"""The inline script of a page. It detects that the other scripts fail, and shows the still picture at once.

Its syntax suits old browsers. If inline scripts are blocked too, static/css/base.css shows the picture later.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode

WATCH = """(function (root) {
  function fail(event) {
    var of = event.target;
    if (of && of.nodeName && of.nodeName !== "SCRIPT") return;
    if (document.getElementById("without-script")) root.setAttribute("data-failed", "");
  }
  addEventListener("error", fail, true);
  addEventListener("unhandledrejection", fail);
})(document.documentElement);"""


def hash_of(text: str) -> str:
    """Returns the Content-Security-Policy source that allows exactly this inline text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
