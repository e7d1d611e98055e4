"""A view as a flat picture: drawn as SVG from the trace, and as PNG."""
