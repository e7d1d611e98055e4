"""Interprets the opcodes of a pickle for tensors and plain containers only.

`pickletools.genops` yields the opcodes and runs nothing. A call of any other class is refused by name.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..bounds import too_large, truncated, unsafe
from ..findings import CaptureError
from ..stored import Array
from .files import Bytes
from .numpy_files import widened

STORAGES = {
    **{"DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16"},
    **{"LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1"},
    **{"ByteStorage": "u1", "BoolStorage": "?", "UInt16Storage": "<u2", "UInt32Storage": "<u4"},
}
DTYPES = {
    **{"float64": "<f8", "float32": "<f4", "float16": "<f2", "bfloat16": "bf16", "int64": "<i8"},
    **{"int32": "<i4", "int16": "<i2", "int8": "i1", "uint8": "u1", "bool": "?", "uint16": "<u2"},
    **{"uint32": "<u4", "uint64": "<u8"},
}
CONTAINERS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": dict,
    "torch.Size": tuple,
    "builtins.set": set,
}
TENSORS = (
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor",
    "torch._tensor._rebuild_from_type_v2",
)
PARAMETER = "torch._utils._rebuild_parameter"
MOST_OPCODES = 4_000_000
MOST_CELLS = 2**31  # of all tensors of a pickle together
DEEPEST = 64  # containers in containers
MOST_CONTAINERS = 1_000_000  # a shared one counted as often as it occurs
MARK = object()


@dataclass(frozen=True)
class Name:
    """A class or function that a pickle names; it is never imported."""

    path: str


@dataclass(frozen=True)
class Storage:
    """The raw data of tensors: bytes and their type."""

    data: Bytes
    kind: str

    def numbers(self) -> Array:
        """Returns all numbers [count]; of bfloat16 the bits."""
        return np.frombuffer(self.data, "<u2" if self.kind == "bf16" else self.kind)


LoadStorage = Callable[[tuple[Any, ...]], Storage]


def opcodes(name: str, raw: bytes) -> Iterator[tuple[str, Any, int]]:
    """Yields name, argument and offset of each opcode; nothing is run."""
    try:
        for count, (opcode, argument, at) in enumerate(pickletools.genops(raw)):
            if count > MOST_OPCODES:
                raise too_large(name, f"at most {MOST_OPCODES:,} opcodes", "more")
            yield opcode.name, argument, at or 0
    except CaptureError:
        raise
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError) as error:
        raise truncated(name, "a whole pickle", f"a broken one ({error})"[:200]) from error


class Machine:
    """A stack machine for the opcodes of one pickle that creates tensors and plain containers only."""

    def __init__(self, name: str, load: LoadStorage, build: bool = True, most: int = MOST_CELLS) -> None:
        self.name = name
        self.load = load
        self.build = build
        self.left = most  # numbers that all tensors together may have
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, raw: bytes) -> Any:
        """Returns the value that the pickle describes."""
        for opcode, argument, _ in opcodes(self.name, raw):
            if opcode == "STOP":
                break
            try:
                self.step(opcode, argument)
            except (IndexError, KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
                if isinstance(error, CaptureError):
                    raise
                raise truncated(self.name, "a whole pickle", f"a broken one at {opcode}") from error
        if not self.stack:
            raise truncated(self.name, "a whole pickle", "its beginning")
        check_nesting(self.name, self.stack[-1])
        return self.stack[-1]

    def step(self, opcode: str, argument: Any) -> None:
        """Executes one opcode. Raises CaptureError `unsafe-file` for one that would call anything else."""
        if opcode in VALUES:
            self.stack.append(argument)
        elif opcode in EMPTY:
            self.stack.append(EMPTY[opcode]())
        elif opcode in SAVES:
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif opcode in ("BINGET", "LONG_BINGET", "GET"):
            self.stack.append(self.memo[int(argument)])
        elif (handler := HANDLERS.get(opcode)) is not None:
            handler(self)
        elif opcode in ("GLOBAL", "STACK_GLOBAL"):
            self.name_class(argument)
        elif opcode not in ("PROTO", "FRAME"):
            raise unsafe(self.name, "tensors and containers", f"opcode {opcode}", "save tensors alone")

    def name_class(self, argument: Any) -> None:
        """Pushes the name of a class or function. Unknown ones are refused here."""
        if argument is None:
            second, firstly = self.stack.pop(), self.stack.pop()
            argument = f"{firstly} {second}"
        path = str(argument).replace(" ", ".", 1)
        known = path in CONTAINERS or path in TENSORS or path == PARAMETER
        storage = path.removeprefix("torch.") in STORAGES and path.startswith("torch.")
        if not known and not storage and path.removeprefix("torch.") not in DTYPES:
            advice = "save tensors, numbers and texts alone"
            raise unsafe(self.name, "tensors and plain containers", f"a call of {path[:80]}", advice)
        self.stack.append(Name(path))

    def since_mark(self) -> list[Any]:
        """Pops the values above the last mark."""
        at = next(at for at in reversed(range(len(self.stack))) if self.stack[at] is MARK)
        taken = self.stack[at + 1 :]
        del self.stack[at:]
        return taken

    def pairs(self) -> None:
        """SETITEMS: adds the pairs above the mark to the dictionary below it."""
        taken = self.since_mark()
        self.stack[-1].update(zip(map(hashable, taken[::2]), taken[1::2], strict=True))

    def pair(self) -> None:
        """SETITEM: adds one pair."""
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][hashable(key)] = value

    def extend(self) -> None:
        """APPENDS, ADDITEMS: adds the values above the mark to the list or set below it."""
        taken = self.since_mark()
        target = self.stack[-1]
        target.extend(taken) if isinstance(target, list) else target.update(map(hashable, taken))

    def append(self) -> None:
        """APPEND: adds one value."""
        value = self.stack.pop()
        self.stack[-1].append(value)

    def group(self, make: Callable[[list[Any]], Any]) -> None:
        """TUPLE, LIST, DICT: makes a container of the values above the mark."""
        self.stack.append(make(self.since_mark()))

    def last(self, count: int) -> None:
        """TUPLE1 to TUPLE3: makes a tuple of the last values."""
        taken = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.stack.append(taken)

    def storage(self) -> None:
        """BINPERSID: loads the storage that a persistent id names."""
        self.stack.append(self.load(tuple(self.stack.pop())))

    def call(self) -> None:
        """REDUCE: makes a container, or a tensor from a storage."""
        arguments, name = self.stack.pop(), self.stack.pop()
        if not isinstance(name, Name):
            raise unsafe(self.name, "tensors and plain containers", "another call", "save tensors alone")
        self.stack.append(self.made(name.path, tuple(arguments)))

    def build_state(self) -> None:
        """BUILD: drops the state that a dictionary has beside its items."""
        self.stack.pop()
        if not isinstance(self.stack[-1], dict):
            raise unsafe(self.name, "tensors and plain containers", "an object", "save tensors alone")

    def made(self, path: str, arguments: tuple[Any, ...]) -> Any:
        """Returns the result of a call of a known class."""
        if path in CONTAINERS:
            return CONTAINERS[path](*arguments)
        if path == PARAMETER:
            return arguments[0]
        if path in TENSORS[:2]:
            return self.tensor(*arguments[:4])
        raise unsafe(
            self.name, "tensors and plain containers", f"a call of {path[:80]}", "save tensors alone"
        )

    def tensor(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
        """Returns a view of a storage. Raises CaptureError `truncated` if it reaches past its end."""
        if not self.build:
            return None
        if not isinstance(storage, Storage) or len(shape) != len(strides) or len(shape) > 32:
            raise unsafe(self.name, "a tensor of a storage", "something else", "save tensors alone")
        numbers = storage.numbers()
        steps = [(size - 1) * step for size, step in zip(shape, strides, strict=True)]
        if min((offset, *shape, *strides)) < 0:
            raise truncated(self.name, "sizes and strides from 0 up", f"{shape}, {strides}")
        if 0 in shape:
            return np.zeros([min(size, 1) for size in shape], numbers.dtype)
        if offset + sum(steps) >= len(numbers):
            raise truncated(self.name, f"{offset + sum(steps) + 1:,} numbers", f"{len(numbers):,}")
        count = math.prod(shape)
        self.left -= count
        if count > max(len(numbers) * 64, 1 << 20) or self.left < 0:
            raise too_large(self.name, "tensors about as large as their storage", f"shape {shape}")
        byte_steps = tuple(step * numbers.itemsize for step in strides)
        view = np.lib.stride_tricks.as_strided(numbers[offset:], shape, byte_steps, writeable=False)
        return widened(view) if storage.kind == "bf16" else view


def check_nesting(name: str, value: Any) -> None:
    """Raises CaptureError `too-large` for a value that is deep, or that shares containers to seem endless."""
    count = 0
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        count += 1
        if depth > DEEPEST or count > MOST_CONTAINERS:
            expected = f"at most {MOST_CONTAINERS:,} containers, nested {DEEPEST} deep"
            raise too_large(name, expected, "more, or deeper ones")
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list | tuple | set) else ()
        waiting += [(each, depth + 1) for each in inner if isinstance(each, dict | list | tuple | set)]


def hashable(key: Any) -> Any:
    """Returns a hashable key as it is; a container as its text."""
    return key if isinstance(key, str | int | float | bool | bytes | tuple | type(None)) else repr(type(key))


VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "INT", "LONG", "BINFLOAT", "FLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
EMPTY: dict[str, Callable[[], Any]] = {
    **{"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set, "EMPTY_TUPLE": tuple},
    **{"NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "MARK": lambda: MARK},
}
SAVES = {"BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"}
HANDLERS: dict[str, Callable[[Machine], Any]] = {
    "SETITEMS": Machine.pairs,
    "SETITEM": Machine.pair,
    "APPENDS": Machine.extend,
    "ADDITEMS": Machine.extend,
    "APPEND": Machine.append,
    "TUPLE": lambda machine: machine.group(tuple),
    "LIST": lambda machine: machine.group(list),
    "DICT": lambda machine: machine.group(lambda taken: dict(zip(taken[::2], taken[1::2], strict=True))),
    "TUPLE1": lambda machine: machine.last(1),
    "TUPLE2": lambda machine: machine.last(2),
    "TUPLE3": lambda machine: machine.last(3),
    "BINPERSID": Machine.storage,
    "REDUCE": Machine.call,
    "BUILD": Machine.build_state,
    "POP": lambda machine: machine.stack.pop(),
    "DUP": lambda machine: machine.stack.append(machine.stack[-1]),
}
