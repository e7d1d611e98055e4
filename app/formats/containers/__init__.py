"""Opens files by their kind: arrays, JSON, tables. Sizes are checked first, and nothing in a file is run."""
