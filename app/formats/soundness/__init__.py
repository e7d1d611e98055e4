"""Judges captures: what in them cannot be believed, where, and what to do about it."""

from .judging import judge, judge_together

__all__ = ["judge", "judge_together"]
