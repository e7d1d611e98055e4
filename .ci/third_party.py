"""Writes THIRD_PARTY.md: what is shipped or installed for serving, with its licence.

Python packages are read from requirements.lock and, by pip-licenses, from this environment. JavaScript
and fonts from the licences that the build copies beside them.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("three", "uqr", "@expo-google-fonts/inter")
HEAD = """# Licences of others

Made by `make lock`; do not edit. The page ships these:

| part | version | licence |
|---|---|---|
"""
SERVING = """
Serving installs these, with the versions and hashes of requirements.lock:

| package | version | licence |
|---|---|---|
"""


def javascript() -> list[str]:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    rows = []
    for name in SHIPPED:
        folder = ROOT / "node_modules" / name / "package.json"
        told = json.loads(folder.read_text())
        rows.append(f"| {name} | {packages[f'node_modules/{name}']['version']} | {told.get('license', '')} |")
    return rows


def python() -> list[str]:
    locked = dict(
        re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--with-system", "--from=mixed"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    licences = {re.sub(r"[._]", "-", each["Name"].lower()): each["License"] for each in told}
    one_line = {name: " ".join(text.split())[:80] for name, text in licences.items()}
    return [
        f"| {name} | {version} | {one_line.get(name, 'not installed on the machine that made this')} |"
        for name, version in sorted(locked.items())
    ]


lines = [HEAD.rstrip(), *javascript(), SERVING.rstrip(), *python()]
(ROOT / "THIRD_PARTY.md").write_text("\n".join(lines) + "\n")
