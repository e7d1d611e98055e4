"""Jobs for processes of their own; the first argument is what their setup made."""

import os
import time

from app.problem import BadRequest, Problem


def getpid(_):
    return os.getpid()


def divide(_, number):
    return 1 / number


def die(_):
    os.abort()


def spin(_):
    while True:
        pass


def refuse(_):
    raise BadRequest(Problem("k", "9", "1 to 8", "choose fewer"))


def nap(_):
    time.sleep(0.3)
