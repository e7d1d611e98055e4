"""docs/DEPLOY.md as a stranger follows it: its blocks, pasted into nginx and Caddy, with its own commands.

Only what this machine decides is changed: ports, the folder of the cache, and HTTPS, which needs a name.
"""

import re
import shutil
import socket
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from app.settings import ROOT, Settings, declared
from tests.live_server import serving
from tests.socket_client import PATIENCE_SECS, ask, watch
from tests.web.test_nginx import NGINX, USER, answering, free_port

PAGE = (ROOT / "docs" / "DEPLOY.md").read_text(encoding="utf-8")
CADDY = shutil.which("caddy")
# Debian's /etc/nginx/nginx.conf, as far as it matters to a file of conf.d.
AROUND = """
{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; gzip on; default_type application/octet-stream;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  include {folder}/moescope.conf;
}}
"""


def section(title):
    """Returns the blocks of a section: those of its proxy, and the settings of each command."""
    text = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)
    configs = [block for kind, block in blocks if kind in ("nginx", "caddy")]
    commands = [line for kind, block in blocks if kind == "sh" for line in block.splitlines()]
    return configs, [dict(re.findall(r"(\w+)=(\S+)", line)) for line in commands]


@contextmanager
def moescopes(envs):
    """Servers with the settings of these commands; what stands for each of their ports."""
    with ExitStack() as stack:
        ports = {}
        for env in envs:
            url = stack.enter_context(serving(Settings.from_env({**env, "PORT": "0"})))
            ports[env.get("PORT", "8000")] = url.rsplit(":", 1)[1]
        yield ports


def moved(config, ports):
    """Returns the block with other ports."""
    for port, other in ports.items():
        assert f"127.0.0.1:{port}" in config
        config = config.replace(f"127.0.0.1:{port}", f"127.0.0.1:{other}")
    return config


@contextmanager
def nginx(folder, config):
    """Yields the port of an nginx of Debian with this file in conf.d."""
    port = free_port()
    config = config.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/cache", str(folder))
    (folder / "moescope.conf").write_text(config)
    (folder / "nginx.conf").write_text(AROUND.format(user=USER, folder=folder))
    with answering([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield port


@contextmanager
def caddy(folder, config):
    """Yields the port of a Caddy with this Caddyfile, without HTTPS."""
    port = free_port()
    config = config.replace("moe.example {", f"http://moe.example:{port} {{\n  bind 127.0.0.1")
    (folder / "Caddyfile").write_text(f"{{\n  admin off\n}}\n{config}")
    command = [CADDY, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with answering(command, port, env={"HOME": str(folder), "PATH": "/usr/bin"}):
        yield port


def visit(port, prefix=""):
    """Returns what a visitor of moe.example sees, and what a stranger tries."""
    host = f"moe.example:{port}"
    base = f"http://127.0.0.1:{port}{prefix}"
    with httpx.Client(headers={"host": host}) as client:
        forged = {
            "x-forwarded-prefix": "/evil",
            "x-forwarded-host": "evil.example",
            "x-forwarded-for": "6.6.6.6",
        }
        page = client.get(f"{base}/?scenario=code", headers=forged)
        assert page.status_code == 200, page.text
        assert f'<link rel="canonical" href="http://{host}{prefix}/?scenario=code"' in page.text
        assert "evil" not in page.text
        for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            if not address.startswith(("data:", "http")):
                assert client.get(f"{base}/{address.replace('&amp;', '&')}").status_code == 200, address
        assert client.get(f"{base}/metrics").status_code == 404
        assert client.get(f"{base}/readyz").status_code == 200
        assert client.post(f"{base}/api/capture", content=b"\0" * 3_000_000).status_code == 422
        whole = client.get(f"{base}/api/stream?scenario=code").content
        if prefix:
            bare = client.get(f"http://127.0.0.1:{port}{prefix}")
            assert bare.is_redirect and bare.headers["location"].endswith(f"{prefix}/")
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        connect(
            f"ws://{host}{prefix}/ws", origin=f"http://{host}", sock=line, open_timeout=PATIENCE_SECS
        ) as viewer,
    ):
        ask(viewer, scenario="code")
        assert watch(viewer)[1]
    return whole


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: .ci/nginx installs it")
@pytest.mark.parametrize(("number", "prefix"), [(0, ""), (1, "/moe")])
def test_the_page_on_nginx_works_as_it_stands(tmp_path, number, prefix):
    configs, envs = section("Behind nginx")
    with moescopes([envs[number]]) as ports, nginx(tmp_path, moved(configs[number], ports)) as port:
        visit(port, prefix)


@pytest.mark.skipif(CADDY is None, reason="Caddy is not installed")
@pytest.mark.parametrize(("number", "prefix"), [(0, ""), (1, "/moe")])
def test_the_page_on_caddy_works_as_it_stands(tmp_path, number, prefix):
    configs, envs = section("Behind Caddy")
    with moescopes(envs) as ports, caddy(tmp_path, moved(configs[number], ports)) as port:
        visit(port, prefix)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: .ci/nginx installs it")
def test_the_page_on_replicas_works_as_it_stands_and_when_one_is_gone(tmp_path):
    (config,), envs = section("Replicas")
    with ExitStack() as stack:
        first = stack.enter_context(moescopes(envs[:1]))
        with moescopes(envs[1:]) as second:
            port = stack.enter_context(nginx(tmp_path, moved(config, {**first, **second})))
            both = {visit(port) for _ in range(4)}
            assert len(both) == 1, "replicas answer differently"
        assert {visit(port) for _ in range(3)} == both


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: .ci/nginx installs it")
def test_the_page_on_a_cache_works_as_it_stands_and_answers_all_but_the_first(tmp_path):
    (config,), envs = section("A cache or CDN in front")
    with moescopes(envs) as ports, nginx(tmp_path, moved(config, ports)) as port:
        visit(port)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"host": f"moe.example:{port}"}
        ) as client:
            for path in ("/?k=3", "/embed?k=3", "/api/stream?k=3", "/preview.svg?k=3"):
                kept = [client.get(path).headers["x-cache"] for _ in range(3)]
                assert kept == ["MISS", "HIT", "HIT"], path
            poisoned = client.get("/?k=4", headers={"x-forwarded-prefix": "/evil"}).text
            assert "evil" not in poisoned and client.get("/?k=4").text == poisoned


def test_the_base_of_the_container_is_named_by_digest():
    docker = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", docker, re.M)
    assert re.findall(r"^FROM (\S+)", docker, re.M) == ["${BASE}", "${BASE}"]


def test_a_command_of_the_page_has_only_settings_that_there_are():
    lines = re.findall(r"^(?:docker run.*|[A-Z_]+=.*)$", PAGE, re.M)
    assert len(lines) >= 6
    for line in lines:
        env = dict(re.findall(r"\b([A-Z_]+)=(\S+)", line))
        assert Settings.from_env(env)
        assert set(env) <= {each.metadata["name"] for each in declared()}
