"""Opens files by their kind: arrays, JSON, tables. Sizes are checked first; no code in a file is run."""
