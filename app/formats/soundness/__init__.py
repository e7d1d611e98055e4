"""Checks captures: reports what cannot be correct, where, and what to do about it."""

from .judging import judge, judge_together

__all__ = ["judge", "judge_together"]
