"""All engines of ENGINES: the model that each serves, and traces on them. A slow engine blocks no other."""

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

FRESH_SECS = 10.0  # age at which an answer is stale
LOOK_SECS = 10.0  # time limit of one query


@dataclass
class Entry:
    """One engine, and the result of the last query about its model."""

    connection: Connection
    found: ModelFacts | EngineError | None = None  # None: not queried yet
    looked_secs: float = float("-inf")
    looking: Future[ModelFacts | EngineError] | None = None


class Cluster:
    """The engines by name. No engine is contacted before its first use."""

    def __init__(
        self, addresses: Iterable[EngineAddress], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries = {address.name: Entry(Connection(address)) for address in addresses}
        self._background = BackgroundLoop()
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names in the order of ENGINES."""
        return tuple(self._entries)

    def known(self) -> dict[str, ModelFacts | EngineError | None]:
        """Returns what is known of each engine without waiting; starts a query where the answer is stale."""
        for name in self._entries:
            self._look(name)
        return {name: entry.found for name, entry in self._entries.items()}

    def facts(self, name: str) -> ModelFacts:
        """Returns the facts of an engine's model; waits for a running query. Raises EngineError."""
        found = self._look(name).result()
        if isinstance(found, EngineError):
            raise found
        return found

    def open(self, name: str, ask: Ask) -> RemoteTrace:
        """Opens a trace of a prompt on an engine; waits for the first query. Raises EngineError.

        Does not wait for later queries: the answer to the prompt is checked against the known facts.
        """
        entry = self._entries[name]
        self._look(name)
        known = entry.found if isinstance(entry.found, ModelFacts) else self.facts(name)
        return RemoteTrace(self._background, entry.connection, known, ask)

    def forget(self, name: str) -> None:
        """Discards the known facts, because they turned out to be wrong. The next use queries again."""
        self._entries[name].looked_secs = float("-inf")

    def stop(self) -> None:
        """Ends all requests and closes the connections."""
        for entry in self._entries.values():
            self._background.submit(entry.connection.close()).result()
        self._background.stop()

    def _look(self, name: str) -> Future[ModelFacts | EngineError]:
        """Returns the running query, or a new one if the last is stale. Failures become stale sooner."""
        entry = self._entries[name]
        if entry.looking is not None and not entry.looking.done():
            return entry.looking
        fresh = FRESH_SECS if isinstance(entry.found, ModelFacts) else FRESH_SECS / 10
        if entry.looking is None or self._clock() - entry.looked_secs > fresh:
            entry.looking = self._background.submit(self._find(entry))
        return entry.looking

    async def _find(self, entry: Entry) -> ModelFacts | EngineError:
        """Queries one engine. Any failure becomes the result, so that the menu can show it."""
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
