"""The routing that a vLLM server computed with: recorded on its workers, handed over by HTTP."""

__version__ = "0.1.0"

VLLM = "0.32"  # the only release whose internals these hooks were checked against
FORMAT = "moescope.route/1"
ASKS = "moescope"  # the name in `extra_args` (HTTP: `vllm_xargs`) under which a request gives its key
