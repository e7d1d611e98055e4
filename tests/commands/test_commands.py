"""The command line, for users and containers."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from app.__main__ import main
from app.commands.serve import address_of
from app.settings import ROOT, Settings
from tests.socket_client import PATIENCE_SECS, ask, hear, viewer

WRONG = 'title = "W"\nteaches = "."\n[groups.g]\nplaces = [7]\n[[tokens]]\ntext = "x"\ngroup = "g"\n'


@contextmanager
def started(**env):
    """`python -m app` and the first line that it prints."""
    env = {**os.environ, "PORT": "0", "OPEN": "0", "PYTHONUNBUFFERED": "1", **env}
    command = [sys.executable, "-m", "app"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True, **pipes) as process:
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


def test_serving_prints_its_address_and_stops_when_told():
    with started() as (process, line):
        address = re.fullmatch(r"Moescope is at (http://127\.0\.0\.1:\d+)\n", line)[1]
        assert httpx.get(f"{address}/healthz").json()["status"] == "ok"
        with viewer(address) as connection:  # a viewer who stays does not hold it up
            ask(connection)
            hear(connection)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE_SECS)
        assert (out, err) == ("", "")
        assert process.returncode in (0, -signal.SIGTERM)
        assert connection.close_code == 1012, "the viewer was not told to come back"


def test_serving_tells_what_is_wrong_with_the_scenarios_and_serves_the_others(tmp_path):
    (tmp_path / "wrong.toml").write_text(WRONG, encoding="utf-8")
    (tmp_path / "right.toml").write_text(WRONG.replace("7", "0.5"), encoding="utf-8")
    with started(SCENARIOS=str(tmp_path)) as (process, line):
        address = line.split()[-1]
        found = httpx.get(f"{address}/api/scenarios").json()
        assert [each["name"] for each in found] == ["right"]
        assert httpx.get(f"{address}/api/trace").status_code == 200
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_SECS)
    assert re.search(r"^wrong\.toml: groups\.g\.places\.0: expected .*, found 7$", err, re.MULTILINE)


def test_check_names_file_field_found_and_expected(tmp_path, monkeypatch, capsys):
    (tmp_path / "wrong.toml").write_text(WRONG, encoding="utf-8")
    monkeypatch.setenv("SCENARIOS", str(tmp_path))
    assert main(["check"]) == 1
    assert re.search(r"wrong\.toml: groups\.g\.places\.0: expected .*, found 7", capsys.readouterr().out)


def test_check_finds_nothing_wrong_with_what_is_shipped(capsys, monkeypatch):
    monkeypatch.delenv("SCENARIOS", raising=False)
    assert main(["check"]) == 0
    assert "nothing wrong" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "PORT: expected a number from 0 to 65535, got 'http'"),
        ("PORT", "70000", "PORT: expected a number from 0 to 65535, got '70000'"),
        ("PORT", "-1", "PORT: expected"),
        ("FRAME_ANCESTORS", "'self'; script-src *", "FRAME_ANCESTORS: expected sources with spaces between"),
        ("HOST", "203.0.113.7", "cannot listen at 203.0.113.7:"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(name, value, words, monkeypatch, capsys):
    monkeypatch.setenv(name, value)
    assert main([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_port_that_is_taken_is_told(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        assert main([]) == 2
    assert "try PORT=0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("moe.local", "http://moe.local:80"),
    ],
)
def test_the_address_is_one_to_type_into_a_browser(host, address):
    assert address_of(host, 80) == address


def test_settings_come_from_the_environment():
    settings = Settings.from_env(
        {"HOST": "0.0.0.0", "PORT": "9", "OPEN": "0", "ORIGIN": "https://a.example/"}
    )
    assert (settings.host, settings.port, settings.open_browser) == ("0.0.0.0", 9, False)
    assert settings.origin == "https://a.example"
    assert Settings.from_env({}) == Settings()
