"""The published mixture-of-experts architectures: the meaning of each config.json."""
