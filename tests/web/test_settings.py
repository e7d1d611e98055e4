"""Wrong settings are reported by name, and every setting is in the help and in the document."""

import pytest

from app.commands.serve import settings_help, warnings
from app.settings import ROOT, Settings, declared, default_of


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "80000", "PORT: expected a number from 0 to 65535, got '80000'"),
        ("HOST", "http://x", "HOST: expected an address such as"),
        ("ORIGIN", "moe.example", "ORIGIN: expected scheme and host"),
        ("ORIGIN", "https://moe.example/moe", "a path belongs in ROOT_PATH"),
        ("ROOT_PATH", "moe", "ROOT_PATH: expected a path such as /moe"),
        ("ROOT_PATH", "/../x", "ROOT_PATH: expected a path such as /moe"),
        ("HOSTS", "https://moe.example", "HOSTS: expected host names without scheme and port"),
        ("FORWARDED_ALLOW_IPS", "nginx", "FORWARDED_ALLOW_IPS: expected addresses or networks"),
        ("FRAME_ANCESTORS", "a; b", "FRAME_ANCESTORS: expected sources"),
        ("MODELS", "/nowhere", "MODELS: expected a folder, got /nowhere, which does not exist"),
        ("SCENARIOS", str(ROOT / "README.md"), "SCENARIOS: expected a folder, got the file"),
        ("VIEWERS", "many", "VIEWERS: expected a whole number from 1 to 100000, got 'many'"),
        ("SEND_SECS", "nan", "SEND_SECS: expected a number"),
        ("TRANSPORT", "pigeon", "TRANSPORT: expected one of socket, http"),
        ("METRICS", "maybe", "METRICS: expected 1 or 0"),
    ],
)
def test_a_wrong_setting_is_told_by_name(name, value, told):
    with pytest.raises(ValueError) as error:
        Settings.from_env({name: value})
    assert told in str(error.value)


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(ValueError) as error:
        Settings.from_env({"PORT": "x", "MODELS": "/nowhere"})
    assert len(str(error.value).splitlines()) == 2


def test_a_folder_of_one_model_means_the_folder_around_it():
    assert Settings.from_env({"MODELS": str(ROOT / "models" / "trio-8")}).models == ROOT / "models"


def test_a_home_folder_is_known_by_its_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "m").mkdir()
    assert Settings.from_env({"MODELS": "~/m"}).models == tmp_path / "m"


def test_brackets_around_an_address_do_no_harm():
    assert Settings.from_env({"HOST": "[::1]"}).host == "::1"


def test_every_setting_is_in_the_help_and_in_the_document_with_its_default():
    help, document = settings_help(), (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in document.splitlines() if line.startswith("| `")}
    assert set(rows) == {f"`{each.metadata['name']}`" for each in declared()}
    for each in declared():
        name, default = each.metadata["name"], default_of(each)
        assert name in help
        assert rows[f"`{name}`"] == f"| `{name}` | {default or '(empty)'} | {each.metadata['help']} |"


@pytest.mark.parametrize(
    ("env", "served"),
    [
        ({}, False),
        ({"ORIGIN": "https://moe.example"}, True),
        ({"HOSTS": "moe.example"}, True),
        ({"HOST": "0.0.0.0"}, True),
        ({"FORWARDED_ALLOW_IPS": "127.0.0.1"}, True),
    ],
)
def test_a_server_on_loopback_serves_loopback_names_unless_it_is_told_more(env, served):
    hosts = Settings.from_env(env).served_hosts
    assert ("*" in hosts or "moe.example" in hosts) is served


@pytest.mark.parametrize(
    ("env", "readable"),
    [
        ({}, True),
        ({"TRACES": "."}, False),
        ({"ENGINES": "a=http://gpu:8000"}, False),
        ({"TRACES": ".", "SANDBOXED": "1"}, True),
        ({"TRACES": ".", "ORIGIN": "https://moe.example"}, True),
        ({"TRACES": ".", "FORWARDED_ALLOW_IPS": "127.0.0.1"}, True),
        ({"TRACES": ".", "HOST": "0.0.0.0"}, True),
        ({"SANDBOXED": "0"}, False),
    ],
)
def test_other_sites_read_what_is_published_and_not_what_a_person_serves_to_themselves(env, readable):
    assert Settings.from_env(env).readable_anywhere is readable


def test_a_server_for_everybody_says_so_and_that_descriptors_are_few():
    told = warnings(Settings(host="0.0.0.0", viewers=1000), descriptors=256)
    assert [each.split(":")[0] for each in told] == ["HOSTS", "VIEWERS"]
    assert warnings(Settings(), descriptors=65536) == []
