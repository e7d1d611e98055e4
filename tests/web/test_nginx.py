"""Behind a real nginx: under a path, and with its cache in front."""

import os
import random
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest

from app.settings import Settings
from tests.live_server import serving
from tests.socket_client import PATIENCE_SECS, ask, watch

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: .ci/nginx installs it")

CONFIG = """
{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=moe:8m max_size=256m;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{ listen 127.0.0.1:{port}; {server} }}
}}
"""

USER = "user root;" if os.geteuid() == 0 else ""  # whose folders those of a test are

UNDER_A_PATH = """
location /moe/ {{
  proxy_pass {url}{slash};
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  {headers}
}}
"""
FORWARDED = """
  proxy_set_header Host $host:$server_port;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Prefix /moe;
"""
CACHED = """
location / {{
  proxy_pass {url};
  proxy_cache moe; proxy_cache_lock on; proxy_cache_use_stale updating; proxy_cache_background_update on;
  proxy_set_header Host $host:$server_port;
  proxy_set_header Accept-Encoding gzip;
  add_header X-Cache $upstream_cache_status;
}}
"""


def listens(port):
    """Whether somebody listens at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    """A port that nobody has. The system gives none below 32768 to who asks it for any."""
    while True:
        if not listens(port := random.randrange(10_000, 32_000)):
            return port


@contextmanager
def answering(command, port, **options):
    """Yields a process that listens at a port."""
    process = subprocess.Popen(command, **options)
    try:
        end = time.monotonic() + PATIENCE_SECS
        while not listens(port):
            assert process.poll() is None and time.monotonic() < end, f"{command[0]} does not listen"
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECS)


@contextmanager
def nginx(folder, server):
    """Yields the address of an nginx with this server block."""
    port = free_port()
    (folder / "nginx.conf").write_text(CONFIG.format(user=USER, folder=folder, port=port, server=server))
    with answering([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("slash", ["/", ""], ids=["stripped", "passed on"])
@pytest.mark.parametrize("headers", [FORWARDED, ""], ids=["forwarded", "nginx's own headers"])
def test_everything_works_under_a_path(tmp_path, slash, headers):
    with (
        serving(Settings(port=0, root_path="/moe")) as url,
        nginx(tmp_path, UNDER_A_PATH.format(url=url, slash=slash, headers=headers)) as front,
        httpx.Client(base_url=f"{front}/moe/", follow_redirects=True) as client,
    ):
        page = client.get("").text
        for attribute in ("href", "src"):
            for part in page.split(f'{attribute}="')[1:]:
                address = part.split('"')[0].replace("&amp;", "&")
                if not address.startswith(("data:", "http")):
                    assert client.get(address).status_code == 200, address
        if headers:
            assert f'<link rel="canonical" href="{front}/moe/"' in page
            found = client.get("oembed", params={"url": f"{front}/moe/?scenario=code"})
            assert f'src="{front}/moe/embed?scenario=code"' in found.json()["html"]
        assert httpx.get(f"{front}/moe", follow_redirects=True).status_code == 200
        assert client.get("api/stream").content == httpx.get(f"{url}/api/stream").content
        from websockets.sync.client import connect

        with connect(
            f"{front.replace('http', 'ws')}/moe/ws",
            origin=front if headers else None,
            open_timeout=PATIENCE_SECS,
        ) as connection:
            ask(connection)
            assert watch(connection)[1]


def test_a_cache_in_front_answers_all_but_the_first(tmp_path):
    with serving(Settings(port=0)) as url, nginx(tmp_path, CACHED.format(url=url)) as front:
        views = [f"/api/stream?scenario=code&experts={n}" for n in range(8, 18)]
        with httpx.Client(base_url=front, headers={"accept-encoding": "gzip"}) as client:
            first = {view: client.get(view) for view in views}
            again = [client.get(view) for view in views * 5]
        assert {answer.headers["x-cache"] for answer in first.values()} == {"MISS"}
        assert {answer.headers["x-cache"] for answer in again} == {"HIT"}
        assert all(
            answer.content == first[view].content for answer, view in zip(again, views * 5, strict=True)
        )
