"""The keys of a request: their declaration, how they are read, what they cost."""
