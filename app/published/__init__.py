"""Published models: files, configs, parameter counts, papers."""
