"""`make siege`: attacks on a server on loopback. `python -m tests.siege crowd` is one of them.

`python -m tests.siege soak --minutes 30` is mixed traffic for half an hour; without minutes, for two.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

from . import cached, chaos, crowd, greed, seats, soak
from .besieged import ROOT, server


def described() -> None:
    """schemathesis asks every operation of the OpenAPI description, well and badly."""
    with server(METRICS="0") as (_, url):
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--url", url]
        limits = ["--max-examples", "15", "--workers", "2", "--seed", "1", "--request-timeout", "60"]
        limits += ["--exclude-path", "/oembed"]  # 501 is oEmbed's own answer to another format
        checks = ["--checks", "not_a_server_error,response_schema_conformance,content_type_conformance"]
        done = subprocess.run(
            [*command, *limits, *checks, "--no-color"], capture_output=True, text=True, timeout=300, cwd=ROOT
        )
        print("described:", *done.stdout.strip().splitlines()[-12:], sep="\n  ")
        assert done.returncode == 0, done.stdout[-4000:]


def fuzzed() -> None:
    """hypothesis: state machines over the socket, and every format of file that is read."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "tests/siege", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    print("fuzzed:", done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout[-4000:]


ATTACKS: dict[str, Callable[[], None]] = {
    "crowd": crowd.run,
    "greed": greed.run,
    "seats": seats.run,
    "chaos": chaos.run,
    "cached": cached.run,
    "described": described,
    "fuzzed": fuzzed,
    "soak": soak.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.siege", description="Attacks a server on loopback."
    )
    parser.add_argument(
        "attacks", nargs="*", help=f"of {', '.join(ATTACKS)}; all of them where none is named"
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="of mixed traffic")
    options = parser.parse_args()
    failed = []
    for name in options.attacks or ATTACKS:
        began = time.monotonic()
        try:
            if name == "soak":
                soak.run(options.minutes)
            else:
                ATTACKS[name]()
        except Exception as error:
            print(f"{name}: FAILED: {error!r}")
            failed.append(name)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
