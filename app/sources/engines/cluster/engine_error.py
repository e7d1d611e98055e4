"""Errors of an engine; each message says what to do."""

from __future__ import annotations

from ....problem import BadRequest, Problem

AGAIN = "try again in a moment"


class EngineError(BadRequest):
    """An engine that cannot serve a request. `code` is for programs, the message for the page.

    The message never contains the engine's address, because it shows the operator's network.
    """

    def __init__(self, engine: str, code: str, found: str, expected: str, advice: str) -> None:
        super().__init__(Problem(f"engine {engine}", found, expected, advice))
        self.engine = engine
        self.code = code


def problem_of(engine: str, error: EngineError | None) -> Problem:
    """Returns the reason why a request cannot use this engine as its model; `error` None: not queried yet."""
    if error is None:
        return Problem("model", "none yet", f"an answer of engine {engine}", AGAIN)
    problem = error.problems[0]
    return Problem("model", problem.found, f"{problem.expected} (engine {engine})", problem.advice)


def unreachable(engine: str, known: bool) -> EngineError:
    """Returns the error for an engine that does not answer. `known`: it answered before."""
    if known:
        return EngineError(
            engine,
            "restarting",
            "nothing, though it answered before",
            "an answer",
            f"it may be restarting, {AGAIN}",
        )
    advice = "the operator starts it or corrects ENGINES"
    return EngineError(engine, "unreachable", "nothing: no server answers", "an answer", advice)


def untrusted(engine: str) -> EngineError:
    """Returns the error for an https address whose certificate is not valid."""
    found = "a certificate that nobody here vouches for"
    advice = "the operator sets SSL_CERT_FILE to its authority, or corrects the name in ENGINES"
    return EngineError(engine, "certificate", found, "a trusted certificate", advice)


def broken_off(engine: str) -> EngineError:
    """Returns the error for a connection that ended during an answer."""
    found = "a connection that broke off"
    return EngineError(engine, "restarting", found, "a whole answer", f"it may be restarting, {AGAIN}")


def too_slow(engine: str, secs: float) -> EngineError:
    """Returns the error for an answer that exceeded a time limit."""
    found = f"nothing for {secs:g} seconds"
    return EngineError(engine, "slow", found, "an answer in time", f"it may be overloaded, {AGAIN}")


def key_refused(engine: str, variable: str) -> EngineError:
    """Returns the error for a key that the engine refuses or lacks."""
    advice = f"the operator sets {variable}"
    return EngineError(engine, "key", "a refusal of the server's key", "a key that it takes", advice)


def without_experts(engine: str, found: str = "a model without experts") -> EngineError:
    """Returns the error for a dense model."""
    return EngineError(engine, "no-moe", found, "a mixture-of-experts model", "choose another engine")


def nonsense(engine: str, found: str, expected: str) -> EngineError:
    """Returns the error for an answer that cannot be routing."""
    advice = "the operator looks at its version and its log"
    return EngineError(engine, "nonsense", found, expected, advice)


def busy(engine: str, most: int) -> EngineError:
    """Returns the error for an engine at its limit of concurrent prompts."""
    return EngineError(engine, "busy", f"{most} already", "fewer prompts at a time", AGAIN)


def refused(engine: str, found: str, advice: str = AGAIN) -> EngineError:
    """Returns the error with the engine's own reason for its refusal."""
    return EngineError(engine, "refused", found, "an answer", advice)
