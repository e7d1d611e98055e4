"""The commands of the command line by name. A new command is one file and one line here.

A command's file has `add_command(commands)`, which adds its parser, and `run`, which takes `settings` (the
environment's), `options` (the parsed arguments), both or neither, and returns an exit status. A file is
imported when its command is asked for.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

COMMANDS = {
    "serve": "serve the page (the default)",
    "inspect": "say what is in a trace file that an engine wrote, and whether it is sound",
    "open": "serve the page on trace files, and open it on the first",
    "convert": "write a trace file in another format",
    "compare": "say where two traces of the same tokens differ",
    "record": "record the routing of a prompt or a corpus through any MoE model",
    "atlas": "ask a corpus of routing",
    "params": "count the parameters of a model",
    "export": "write a view as a file that plays without a server",
    "measure": "measure the models on held-out text",
    "check": "look over scenarios, tours and questions",
}


def load(name: str) -> ModuleType:
    """Returns the module of a command."""
    return import_module(f".{name}", __package__)
