"""The fair lock: one thread at a time, first come, first served."""

from threading import Event, Thread

import pytest

from app.sources.live.fair_lock import FairLock


def test_turns_are_taken_in_the_order_of_asking():
    turns, order, threads = FairLock(), [], []

    def ask(name, asked):
        asked.set()
        with turns:
            order.append(name)

    with turns:
        for name in range(6):
            asked = Event()
            threads.append(Thread(target=ask, args=(name, asked)))
            threads[-1].start()
            asked.wait()
            while len(turns._waiting) <= name:  # it has asked when it stands in the queue
                pass
        order.append("holder")
    for thread in threads:
        thread.join()
    assert order == ["holder", *range(6)]


def test_whoever_leaves_and_asks_again_comes_last():
    turns, order = FairLock(), []

    def other():
        with turns:
            order.append("other")

    with turns:
        thread = Thread(target=other)
        thread.start()
        while not turns._waiting:
            pass
    with turns:
        order.append("first again")
    thread.join()
    assert order == ["other", "first again"]


def test_only_one_is_inside_at_a_time():
    turns, inside, most = FairLock(), [], []

    def work():
        for _ in range(50):
            with turns:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 400 and max(most) == 1


def test_an_error_inside_passes_the_turn_on():
    turns = FairLock()
    with pytest.raises(KeyError), turns:
        raise KeyError
    with turns:
        pass
