"""One file an engine or kind: what recognises its captures, and what reads them."""
