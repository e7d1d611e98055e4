"""All engines of ENGINES: what each of them serves, and traces on them. One slow engine blocks no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from .ask import Ask
from .background_loop import BackgroundLoop
from .connection import Connection
from .engine_error import EngineError, nonsense, too_slow
from .engines_setting import EngineAddress
from .model_facts import ModelFacts
from .remote_engine import look
from .remote_trace import RemoteTrace

FRESH_SECS = 10.0  # how long an answer counts
LOOK_SECS = 10.0  # for one look


@dataclass
class Entry:
    """One engine, and what the last look at it found."""

    connection: Connection
    found: ModelFacts | EngineError | None = None  # None: nobody has looked yet
    looked_secs: float = float("-inf")
    looking: Future[ModelFacts | EngineError] | None = None


class Cluster:
    """The engines by name. Nothing is asked before somebody wants to know."""

    def __init__(
        self, addresses: Iterable[EngineAddress], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries = {address.name: Entry(Connection(address)) for address in addresses}
        self._background = BackgroundLoop()
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of ENGINES."""
        return tuple(self._entries)

    def known(self) -> dict[str, ModelFacts | EngineError | None]:
        """What is known of each engine, at once; begins a look at those whose answer is old."""
        for name in self._entries:
            self._look(name)
        return {name: entry.found for name, entry in self._entries.items()}

    def facts(self, name: str) -> ModelFacts:
        """What an engine serves; waits for the look at it. Raises EngineError."""
        found = self._look(name).result()
        if isinstance(found, EngineError):
            raise found
        return found

    def open(self, name: str, ask: Ask) -> RemoteTrace:
        """Returns a trace of a prompt on an engine; waits for the first look at it. Raises EngineError.

        Later looks are not waited for: the answer to the prompt is checked against what was known.
        """
        entry = self._entries[name]
        self._look(name)
        known = entry.found if isinstance(entry.found, ModelFacts) else self.facts(name)
        return RemoteTrace(self._background, entry.connection, known, ask)

    def forget(self, name: str) -> None:
        """Makes the next question look anew: what was known turned out to be wrong."""
        self._entries[name].looked_secs = float("-inf")

    def stop(self) -> None:
        """Ends every request and closes the connections."""
        for entry in self._entries.values():
            self._background.submit(entry.connection.close()).result()
        self._background.stop()

    def _look(self, name: str) -> Future[ModelFacts | EngineError]:
        """Returns the look that runs, or a new one where the last is old; only failures are looked at
        sooner.
        """
        entry = self._entries[name]
        if entry.looking is not None and not entry.looking.done():
            return entry.looking
        fresh = FRESH_SECS if isinstance(entry.found, ModelFacts) else FRESH_SECS / 10
        if entry.looking is None or self._clock() - entry.looked_secs > fresh:
            entry.looking = self._background.submit(self._find(entry))
        return entry.looking

    async def _find(self, entry: Entry) -> ModelFacts | EngineError:
        """Returns one look. Whatever goes wrong is the finding, so that it reaches the menu."""
        name = entry.connection.address.name
        try:
            async with asyncio.timeout(LOOK_SECS):
                entry.found = await look(entry.connection)
        except EngineError as error:
            entry.found = error
        except TimeoutError:
            entry.found = too_slow(name, LOOK_SECS)
        except Exception as error:
            entry.found = nonsense(name, f"{type(error).__name__}: {error}", "an answer that can be read")
        entry.looked_secs = self._clock()
        return entry.found
