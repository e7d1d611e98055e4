"""Pictures in other themes: app/picture/preview.py draws the dark theme; this maps each of its colours."""

from __future__ import annotations

import re

COLOUR = re.compile("#[0-9a-f]{6}")

LIGHT = {
    **{"#2a1013": "#fffdfb", "#140b0d": "#fbf5f1", "#0b0709": "#f6efeb"},  # behind the stack
    **{"#1c080b": "#efe0da", "#3b1317": "#e3cdc6", "#4a191d": "#ead8d2", "#6e2529": "#b5857c"},  # unused
    **{"#20090c": "#eccfc6", "#5e1a1b": "#dfae9f", "#7c2520": "#e6bcae", "#953730": "#b06a58"},
    **{"#24090c": "#e8b8a8", "#7e251c": "#d88a70", "#a03320": "#df9a82", "#b24632": "#a8503a"},
    **{"#280a0d": "#e09a82", "#a0331d": "#cc6244", "#c84526": "#d67558", "#d65a3c": "#9c3a20"},
    **{"#2c0b0d": "#d2745a", "#c64425": "#b83a1c", "#ee6038": "#c94e30", "#f57a52": "#8a2410"},
    **{"#4a1410": "#8f1504", "#ff6a3c": "#6b0e02", "#fff0dc": "#4d0a02", "#ffd9a0": "#8a3a05"},  # the path
    **{"#ff7a48": "#e8714f", "#ff5233": "#c0260c", "#ffa85c": "#b5571f", "#fff8ee": "#4d0a02"},  # glow
    **{"#8a2a2c": "#b5857c", "#d8431f": "#c0452a", "#ff9a5c": "#b8421f", "#ffb888": "#a82a10"},  # lines
    **{"#f3e9e6": "#2a1613", "#a58f8b": "#68534e", "#b3a6cc": "#5a5180", "#7fd694": "#1b6b41"},  # words
    **{"#ff8a6a": "#a8280c"},
    **{"#8ccaf6": "#1e43c3", "#0fa596": "#0a8a7c", "#f2e84a": "#756400"},  # groups of tokens
    **{"#b56cf7": "#6a1a9c", "#d2f6f8": "#2b2a3c", "#62709c": "#7480c4"},
}
CONTRAST = {
    **{"#2a1013": "#000000", "#140b0d": "#000000", "#0b0709": "#000000"},
    **{"#6e2529": "#ff9c92", "#953730": "#ff9c92", "#b24632": "#ff9c92", "#8a2a2c": "#d98a84"},
    **{"#f3e9e6": "#ffffff", "#a58f8b": "#e4dfdd", "#b3a6cc": "#dcd2ff", "#7fd694": "#7dffb4"},
    **{"#8ccaf6": "#95d0f6", "#0fa596": "#22b892", "#f2e84a": "#e8ff3a"},
    **{"#b56cf7": "#b870ff", "#d2f6f8": "#ffffff", "#62709c": "#6b7a9c"},
}


def repaint(svg: str, theme: str) -> str:
    """Recolours a picture of the dark theme for another theme."""
    colours = {"light": LIGHT, "contrast": CONTRAST}.get(theme, {})
    return COLOUR.sub(lambda found: colours.get(found[0], found[0]), svg) if colours else svg
