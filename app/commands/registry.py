"""The commands of the command line by name. A new command is one file and one line here.

A command's file has `add_command(commands)`, which adds its parser, and `run`, which takes `settings`
(from the environment), `options` (the parsed arguments), both or neither, and returns an exit status. A
file is imported when its command is used.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

COMMANDS = {
    "serve": "serve the page (the default)",
    "inspect": "list the content of a capture, and check whether it is sound",
    "open": "serve the page with captures, and open the first",
    "convert": "convert a capture to another format",
    "compare": "report where two captures of the same tokens differ",
    "record": "record the routing of a prompt or a corpus through any MoE model",
    "atlas": "query a corpus of routing",
    "params": "count the parameters of a model",
    "export": "write a view as a file that plays without a server",
    "measure": "measure the models on held-out text",
    "check": "check scenarios, tours and questions",
}


def load(name: str) -> ModuleType:
    """Returns the module of a command."""
    return import_module(f".{name}", __package__)
