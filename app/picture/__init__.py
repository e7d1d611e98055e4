"""A view as a flat picture, drawn from the trace as SVG and as PNG."""
