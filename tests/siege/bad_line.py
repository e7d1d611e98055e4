"""A line between two network namespaces that loses packets and delays them, where the kernel has no netem."""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
SPACE, HERE, THERE = "moescope-siege", "10.213.77.1", "10.213.77.2"
DEVICES = ("moescope0", "moescope1")
PACKET_BYTES = 65536


class NoLine(Exception):
    """This machine has no namespaces, or no devices for tunnels."""


def command(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoLine(f"{' '.join(words)}: {done.stderr.strip()}")


def tunnel(name: str) -> int:
    """Returns the descriptor of a new tunnel; packets are read from it and written to it."""
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise NoLine(f"/dev/net/tun: {error.strerror}") from error
    return descriptor


def carry(ends: tuple[int, int], loss: float, delay_secs: float, stopped: threading.Event) -> None:
    """Carries packets from each end to the other, later, and not all of them."""
    dice = random.Random(1)
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    while not stopped.is_set():
        for end in select.select(ends, [], [], 0.001 if waiting else 0.05)[0]:
            packet = os.read(end, PACKET_BYTES)
            number += 1
            if dice.random() >= loss:
                other = ends[1] if end == ends[0] else ends[0]
                heapq.heappush(waiting, (time.monotonic() + delay_secs, number, other, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(waiting)
            os.write(end, packet)


@contextmanager
def bad_line(loss: float, delay_secs: float) -> Iterator[tuple[str, ...]]:
    """Yields the prefix of a command that runs at the other end, THERE. Raises NoLine."""
    inside = ("ip", "netns", "exec", SPACE)
    with ExitStack() as stack:
        command("ip", "netns", "add", SPACE)
        stack.callback(subprocess.run, ("ip", "netns", "del", SPACE), check=False)
        ends = tunnel(DEVICES[0]), tunnel(DEVICES[1])
        for end in ends:
            stack.callback(os.close, end)
        command("ip", "link", "set", DEVICES[1], "netns", SPACE)
        for before, device, address in (((), DEVICES[0], HERE), (inside, DEVICES[1], THERE)):
            command(*before, "ip", "address", "add", f"{address}/30", "dev", device)
            command(*before, "ip", "link", "set", device, "up")
        stopped = threading.Event()
        thread = threading.Thread(target=carry, args=(ends, loss, delay_secs, stopped), daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stopped.set)
        yield inside
