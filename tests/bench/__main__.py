"""`python -m tests.bench [topic ...]`: measure and print, one file a topic, each with a function `main`."""

import sys
from importlib import import_module
from pathlib import Path

TOPICS = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))

for topic in sys.argv[1:] or TOPICS:
    import_module(f"tests.bench.{topic}").main()
