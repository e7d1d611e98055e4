"""A picture of a whole trace, drawn flat."""

from app.trace import RoutingTrace


def draw_preview(trace: RoutingTrace) -> str:
    """An SVG document, 1200 by 630."""
    return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"/>'
