"""The effect of a device limit against hand counts and the routers' guarantees."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from app.metrics.device_limits import compare_routers
from app.metrics.placement import place_experts, traffic_of
from app.settings import ROOT
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return SourceRegistry(load_scenarios(ROOT / "scenarios"), tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


def trace_of(sources, **keys):
    return sources.open(sources.parse(keys)).trace()


def test_token_of_a_limited_router_reaches_no_more_devices_than_the_limit(sources):
    trace = trace_of(sources, shape="deepseek-v2", scenario="english")
    own, plain, *limited = compare_routers(trace, 8)
    assert (own.router, plain.router) == ("group_limited", "topk")
    assert [row.limit for row in limited] == [4, 2, 1]
    assert all(row.traffic.most() <= row.limit for row in limited)
    assert own.traffic.most() <= 3


def test_fewer_devices_a_token_mean_fewer_copies_and_less_of_the_probability(sources):
    rows = compare_routers(trace_of(sources, shape="deepseek-v2", scenario="english"), 8)[1:]
    copies = [int(row.traffic.sent.sum()) for row in rows]
    kept = [row.kept for row in rows]
    assert copies == sorted(copies, reverse=True)
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == 1 > kept[-1] > 0
    assert copies[-1] * 2 < copies[0]


def test_rows_count_what_is_sent_and_its_bytes(sources):
    trace = trace_of(sources, shape="mixtral-8x7b", scenario="code")
    own = compare_routers(trace, 4)[0].to_json(4096)
    place = place_experts(8, 4)
    copies = sum(len({int(place[e]) for e in row}) for token in trace.experts for row in token)
    assert own["copies"] == sum(own["sent"]) == copies
    assert own["bytes"] == copies * 4096 * 4
    assert own["reach_mean"] == pytest.approx(copies / trace.experts[..., 0].size)


def test_plain_row_is_what_the_router_topk_does(sources):
    trace = trace_of(sources, shape="qwen1-5-moe-a2-7b")
    own, plain, *_ = compare_routers(trace, 6)
    np.testing.assert_array_equal(own.traffic.sent, plain.traffic.sent)
    place = place_experts(trace.header.shape.experts, 6)
    np.testing.assert_array_equal(own.traffic.sent, traffic_of(trace.experts, place).sent)
    assert own.kept == pytest.approx(1)


def test_experts_that_drop_tokens_keep_less(sources):
    rows = compare_routers(trace_of(sources, router="switch", capacity=0.5), 4)
    assert rows[0].kept < rows[1].kept == 1


@pytest.mark.parametrize(("devices", "rows"), [(1, 2), (3, 2), (4, 4), (8, 2)])
def test_limited_router_stands_there_where_devices_are_groups(sources, devices, rows):
    assert len(compare_routers(trace_of(sources), devices)) == rows


def test_devices_are_asked_for_over_http_and_no_more_than_experts(client):
    found = client.get("/api/devices", params={"shape": "deepseek-v3", "devices": 8}).json()["routers"]
    assert [row["router"] for row in found] == ["sigmoid_bias", "topk", *["group_limited"] * 3]
    assert found[2]["reach_most"] <= found[2]["limit"] == 4
    few = client.get("/api/devices", params={"experts": 8, "devices": 400}).json()["routers"]
    assert len(few[0]["sent"]) == 8


@pytest.mark.parametrize("devices", ["0", "-1", "513", "many", "٨", "8.0"])
def test_wrong_number_of_devices_is_refused_by_name(client, devices):
    answer = client.get("/api/devices", params={"devices": devices})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "devices"
