"""ENGINES, keys and configs in the environment."""

import pytest

from app.settings import ROOT
from app.sources.engines.cluster import read_engines

TRIO = ROOT / "models" / "trio-16"


def test_engines_are_read_in_order_with_their_own_keys_and_configs():
    first, second = read_engines(
        {
            "ENGINES": "qwen3-30b=https://gpu-1:8000/v1/  trio=http://[::1]:8417",
            "ENGINE_KEY_QWEN3_30B": "secret",
            "ENGINE_CONFIG_TRIO": str(TRIO / "config.json"),
        }
    )
    assert (first.name, first.url, first.key) == ("qwen3-30b", "https://gpu-1:8000", "secret")
    assert (second.name, second.url, second.key) == ("trio", "http://[::1]:8417", "")
    assert (first.config, second.config) == (None, TRIO)


def test_no_engines_is_none():
    assert read_engines({}) == ()


def test_key_is_in_no_printed_address():
    (address,) = read_engines({"ENGINES": "a=http://h", "ENGINE_KEY_A": "secret"})
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("engines", "said"),
    [
        ("https://gpu-1:8000", "expected name=URL"),
        ("=http://h", "expected name=URL"),
        ("Qwen=http://h", "small letters"),
        ("a/b=http://h", "small letters"),
        (f"{'a' * 61}=http://h", "up to 60"),
        ("a=gpu-1:8000", "expected http://HOST:PORT"),
        ("a=ftp://h", "expected http://HOST:PORT"),
        ("a=file:///etc/passwd", "expected http://HOST:PORT"),
        ("a=http://h?key=1", "expected http://HOST:PORT"),
        ("a=http://h:99999", "expected a URL"),
        ("a=http://user:secret@h", "without a key; set ENGINE_KEY_A"),
        ("a=http://h a=http://i", "each name once"),
        ("a-b=http://h a.b=http://i", "each name once"),
        (" ".join(f"e{n}=http://h" for n in range(33)), "at most 32"),
    ],
)
def test_wrong_entry_is_refused_with_the_variable_and_a_remedy(engines, said):
    with pytest.raises(ValueError, match="ENGINES: ") as error:
        read_engines({"ENGINES": engines})
    assert said in str(error.value)


@pytest.mark.parametrize("key", ["two\nlines", "clé", "\x00"])
def test_key_that_no_header_carries_is_refused_without_being_repeated(key):
    with pytest.raises(ValueError, match="ENGINE_KEY_A: expected printable ASCII") as error:
        read_engines({"ENGINES": "a=http://h", "ENGINE_KEY_A": key})
    assert key not in str(error.value)


@pytest.mark.parametrize("variable", ["ENGINE_KEY_B", "ENGINE_CONFIG_B"])
def test_variable_of_an_engine_that_is_not_named_is_refused(variable):
    with pytest.raises(ValueError, match=f"{variable}: expected one of A behind"):
        read_engines({"ENGINES": "a=http://h", variable: "x"})


def test_config_without_a_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ENGINE_CONFIG_A: expected a folder with a config\.json"):
        read_engines({"ENGINES": "a=http://h", "ENGINE_CONFIG_A": str(tmp_path)})
