"""What the shipped models do on text that their training never saw: `python -m app measure`."""
