"""Renders a conversation as text, with the chat template of the model's tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .engine_error import EngineRefusal


def read_template(folder: Path) -> tuple[str, dict[str, str]]:
    """Returns a checkpoint's chat template and special tokens. Raises EngineRefusal if it has no template."""
    settings: dict[str, Any] = {}
    path = folder / "tokenizer_config.json"
    if path.exists():
        settings = json.loads(path.read_text(encoding="utf-8"))
    template = settings.get("chat_template")
    if (folder / "chat_template.jinja").exists():
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    if isinstance(template, list):  # several templates by name
        template = next((each["template"] for each in template if each.get("name") == "default"), None)
    if not isinstance(template, str):
        raise EngineRefusal(f"{folder}: expected a chat template, got none; use --prompt with the whole text")
    names = ("bos_token", "eos_token", "pad_token", "unk_token")
    tokens = {name: settings.get(name) for name in names}
    plain = {name: each.get("content") if isinstance(each, dict) else each for name, each in tokens.items()}
    return template, {name: value for name, value in plain.items() if isinstance(value, str)}


def render(template: str, messages: list[dict[str, str]], special: dict[str, str]) -> str:
    """Returns the text of a conversation, ready for the answer. Raises EngineRefusal if the template refuses
    it.

    The template runs in Jinja's sandbox, which has no access to anything but its own values.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    try:
        compiled = environment.from_string(template)
        return compiled.render(messages=messages, add_generation_prompt=True, **special)
    except TemplateError as error:
        raise EngineRefusal(
            f"chat: expected a conversation that the model's template takes; {error}"
        ) from error


def refuse(message: str) -> None:
    """Raises the error with which a template refuses a conversation."""
    raise TemplateError(message)


def read_chat(path: Path) -> list[dict[str, str]]:
    """Returns the messages of a JSON file: a list of {"role", "content"}, or an object with `messages`."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineRefusal(f"{path}: expected a conversation in JSON; {error}") from error
    messages = values.get("messages") if isinstance(values, dict) else values
    if not isinstance(messages, list) or not messages or not all(map(is_message, messages)):
        raise EngineRefusal(
            f'{path}: expected a list of {{"role": ..., "content": ...}}, got something else; '
            'for example [{"role": "user", "content": "Hello"}]'
        )
    return messages


def is_message(value: object) -> bool:
    """Returns whether a value is one text message."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("role"), str)
        and isinstance(value.get("content"), str)
    )
