"""What can go wrong with an engine, each a sentence that a person can act on."""

from __future__ import annotations

from ....problem import BadRequest, Problem

AGAIN = "try again in a moment"


class EngineError(BadRequest):
    """An engine that cannot serve a request. `code` is for programs, the message for the page.

    The message never has the engine's address: people on the page need not know the operator's network.
    """

    def __init__(self, engine: str, code: str, found: str, expected: str, advice: str) -> None:
        super().__init__(Problem(f"engine {engine}", found, expected, advice))
        self.engine = engine
        self.code = code


def problem_of(engine: str, error: EngineError | None) -> Problem:
    """Why a request cannot name this engine as its model; None: nobody has heard of it yet."""
    if error is None:
        return Problem("model", "none yet", f"an answer of engine {engine}", AGAIN)
    problem = error.problems[0]
    return Problem("model", problem.found, f"{problem.expected} (engine {engine})", problem.advice)


def unreachable(engine: str, known: bool) -> EngineError:
    """Nothing answers. `known`: it answered before."""
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
    """Returns the certificate of an https address does not hold."""
    found = "a certificate that nobody here vouches for"
    advice = "the operator sets SSL_CERT_FILE to its authority, or corrects the name in ENGINES"
    return EngineError(engine, "certificate", found, "a trusted certificate", advice)


def broken_off(engine: str) -> EngineError:
    """Returns the connection ended in the middle of an answer."""
    found = "a connection that broke off"
    return EngineError(engine, "restarting", found, "a whole answer", f"it may be restarting, {AGAIN}")


def too_slow(engine: str, secs: float) -> EngineError:
    """No byte came for too long, or not all of them in time."""
    found = f"nothing for {secs:g} seconds"
    return EngineError(engine, "slow", found, "an answer in time", f"it may be overloaded, {AGAIN}")


def key_refused(engine: str, variable: str) -> EngineError:
    """Returns the engine wants another key, or any."""
    advice = f"the operator sets {variable}"
    return EngineError(engine, "key", "a refusal of the server's key", "a key that it takes", advice)


def without_experts(engine: str, found: str = "a model without experts") -> EngineError:
    """Returns the model is dense."""
    return EngineError(engine, "no-moe", found, "a mixture-of-experts model", "choose another engine")


def nonsense(engine: str, found: str, expected: str) -> EngineError:
    """Returns an answer that cannot be routing."""
    advice = "the operator looks at its version and its log"
    return EngineError(engine, "nonsense", found, expected, advice)


def busy(engine: str, most: int) -> EngineError:
    """As many prompts run there for this page as may."""
    return EngineError(engine, "busy", f"{most} already", "fewer prompts at a time", AGAIN)


def refused(engine: str, found: str, advice: str = AGAIN) -> EngineError:
    """Returns the engine said why it does not serve this request."""
    return EngineError(engine, "refused", found, "an answer", advice)
