"""docs/PROTOCOL.md says what the code does."""

import json
import re
from typing import get_args

from app.settings import ROOT, Settings
from app.stream.session import BURST, RATE
from app.stream.wire import HEADER, MAX_ID, MESSAGE_BYTES, NO_EXPERT, Code, from_client

TEXT = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\w*\n(.*?)```", TEXT, re.DOTALL)
GOLDEN = json.loads((ROOT / "tests" / "golden" / "steps.json").read_text(encoding="utf-8"))


def test_the_messages_of_a_viewer_are_understood():
    for line in BLOCKS[0].splitlines():
        from_client.validate_python(json.loads(line))


def test_the_messages_to_a_viewer_have_the_keys_of_the_golden_ones():
    golden = json.loads((ROOT / "tests" / "golden" / "messages.json").read_text(encoding="utf-8"))[
        "to_client"
    ]
    keys = {message["op"]: set(message) for message in (json.loads(each["text"]) for each in golden)}
    for line in BLOCKS[1].splitlines():
        message = json.loads(line)
        assert set(message) == keys[message["op"]]


def test_the_codes_of_errors_are_named():
    for code in get_args(Code):
        assert f"`{code}`" in TEXT


def test_the_table_is_the_header():
    rows = re.findall(r"^\| (\d+) \| (u\d+) \| (.*) \|$", TEXT, re.MULTILINE)
    sizes = {"u8": 1, "u16": 2, "u32": 4}
    offsets = [int(offset) for offset, _, _ in rows]
    assert offsets == [sum(sizes[kind] for _, kind, _ in rows[:i]) for i in range(len(rows))]
    golden = bytes.fromhex(GOLDEN[0]["hex"])
    found = {int(at): golden[int(at) :][: sizes[kind]] for at, kind, _ in rows}
    values = {at: int.from_bytes(data, "little") for at, data in found.items()}
    expected = {0: 2, 1: 1, 2: 0, 3: 0, 4: GOLDEN[0]["id"], 8: 0, 12: 2, 14: 4, 16: 2, 18: 0}
    assert values == expected
    assert offsets[-1] + 2 == HEADER.size


def test_the_example_is_the_golden_one():
    assert BLOCKS[2].strip() == GOLDEN[0]["hex"]


def test_the_limits_are_those_of_the_code():
    for words in (
        f"0 to {MAX_ID},",
        f"more than {BURST:.0f} messages at once, or a sustained rate over {RATE:.0f} per second",
        f"nothing read for {Settings.send_secs:.0f} seconds",
        f"more than {MESSAGE_BYTES} bytes",
        f"{NO_EXPERT}: none",
    ):
        assert words in TEXT, words


def test_it_is_one_page():
    assert len(TEXT.splitlines()) < 100
    assert max(map(len, TEXT.splitlines())) <= 140
