"""Clients share the work equally, independent of their requests."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stream.fair_queue import FairQueue, client_of

JOBS = st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.001, 10)), min_size=1, max_size=60)


@given(JOBS, st.data())
def test_every_job_is_taken_once_or_forgotten(jobs, data):
    queue = FairQueue()
    numbers = [queue.push(client, cost, index) for index, (client, cost) in enumerate(jobs)]
    forgotten = data.draw(st.sets(st.sampled_from(range(len(jobs)))))
    for index in forgotten:
        queue.discard(numbers[index])
    taken = []
    while (item := queue.pop()) is not None:
        taken.append(item)
    assert sorted(taken) == [index for index in range(len(jobs)) if index not in forgotten]
    assert len(queue) == queue.secs == 0
    assert not queue.count_of and not queue.secs_of and not queue.finish and not queue.heap


@given(JOBS)
def test_no_waiting_client_is_behind_another_by_more_than_the_largest_job(jobs):
    queue = FairQueue()
    for index, (client, cost) in enumerate(jobs):
        queue.push(client, cost, index)
    largest, served = max(cost for _, cost in jobs), Counter()
    while (item := queue.pop()) is not None:
        client, cost = jobs[item]
        served[client] += cost
        left = [each for each in queue.count_of if queue.count_of[each]]
        for other in left:
            assert served[client] <= served[other] + 2 * largest + 1e-6


def test_a_client_that_waited_for_nothing_saves_up_nothing():
    queue = FairQueue()
    for index in range(10):
        queue.push("early", 1.0, ("early", index))
    taken = [queue.pop()[0] for _ in range(5)]
    for index in range(10):
        queue.push("late", 1.0, ("late", index))
    taken += [queue.pop()[0] for _ in range(10)]
    assert 4 <= Counter(taken[5:])["late"] <= 6


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_a_client_is_an_address_or_a_household(address, client):
    assert client_of(address) == client
