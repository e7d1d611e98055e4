"""Actor, action, condition; what is sent is written out as it is sent."""

import json

import pytest

from app.stream.session import BURST, RATE, CloseConnection, SendError, Session, StartStream, StopStream


@pytest.fixture
def session():
    return Session()


def open_text(id=7, request=None, **more):
    return json.dumps({"op": "open", "version": 2, "id": id, "request": request or {}, **more})


def begin(id=7, keys=None, changed=(), second=None, start=0):
    return StartStream(id, keys or {}, changed, second or {}, start)


def error_of(actions):
    (action,) = actions
    assert isinstance(action, SendError)
    return action.message


def test_viewer_opens_a_trace(session):
    message = '{"op":"open","version":2,"id":7,"request":{"scenario":"code","k":1},"from":0}'
    assert session.receive(message, 0.0) == [begin(7, {"scenario": "code", "k": 1})]


def test_viewer_opens_a_trace_with_defaults_left_out(session):
    assert session.receive('{"op":"open","version":2,"id":0}', 0.0) == [begin(0)]


def test_viewer_resumes_a_trace(session):
    assert session.receive(open_text(**{"from": 12}), 0.0) == [begin(7, start=12)]


def test_viewer_opens_another_trace_while_one_runs(session):
    session.receive(open_text(7), 0.0)
    assert session.receive(open_text(8), 0.0) == [begin(8)]
    assert session.receive('{"op":"stop","id":7}', 0.0) == []


def test_viewer_stops_the_running_trace(session):
    session.receive(open_text(7), 0.0)
    assert session.receive('{"op":"stop","id":7}', 0.0) == [StopStream()]
    assert session.receive('{"op":"stop","id":7}', 0.0) == []


def test_viewer_names_the_key_that_a_person_just_changed(session):
    message = open_text(7, {"experts": 8, "k": 16}, changed=["experts"])
    assert session.receive(message, 0.0) == [begin(7, {"experts": 8, "k": 16}, ("experts",))]


def test_viewer_opens_the_trace_of_a_second_stack(session):
    message = open_text(7, {"scenario": "code"}, second={"k": 1})
    assert session.receive(message, 0.0) == [begin(7, {"scenario": "code"}, second={"k": 1})]
    assert session.receive(open_text(8, second=None), 0.0) == [begin(8)]


def test_viewer_opens_with_keys_that_cannot_be_used_and_they_are_read_later(session):
    absurd = {"k": 9, "experts": [1], "nonsense": None}
    assert session.receive(open_text(8, absurd), 0.0) == [begin(8, absurd)]


def test_viewer_sends_no_message_while_a_trace_runs(session):
    session.receive(open_text(7), 0.0)
    assert error_of(session.receive(open_text(8, [1]), 0.0)).code == "bad_message"
    assert session.receive('{"op":"stop","id":7}', 0.0) == [StopStream()], "the running trace was given up"


@pytest.mark.parametrize(
    ("message", "code", "id", "field", "words"),
    [
        ("", "bad_message", None, None, "expected a JSON object with an op, got ''"),
        ("{", "bad_message", None, None, "got '{'"),
        ("null", "bad_message", None, None, "got None"),
        ("[1]", "bad_message", None, None, "got [1]"),
        ("{}", "bad_message", None, None, "got {}"),
        ("[" * 65000, "bad_message", None, None, "(65002 characters)"),
        ("9" * 65000, "bad_message", None, None, "(65002 characters)"),
        ('{"op":"play","id":3}', "unknown_op", 3, "op", "expected one of open, stop, got 'play'"),
        ('{"op":null}', "unknown_op", None, "op", "got None"),
        ('{"op":["open"],"id":true}', "unknown_op", None, "op", "got ['open']"),
        ('{"op":"open","version":1,"id":3}', "bad_message", 3, "version", "expected 2, the version"),
        ('{"op":"open","version":"2","id":3}', "bad_message", 3, "version", "got '2'"),
        ('{"op":"open","id":3}', "bad_message", 3, "version", "got nothing"),
        (
            '{"op":"open","version":2}',
            "bad_message",
            None,
            "id",
            "expected a whole number from 0 to 4294967295",
        ),
        ('{"op":"open","version":2,"id":"3"}', "bad_message", None, "id", "got '3'"),
        ('{"op":"open","version":2,"id":4294967296}', "bad_message", 4294967296, "id", "got 4294967296"),
        ('{"op":"open","version":2,"id":3,"from":-1}', "bad_message", 3, "from", "got -1"),
        ('{"op":"open","version":2,"id":3,"from":1.5}', "bad_message", 3, "from", "got 1.5"),
        (
            '{"op":"open","version":2,"id":3,"request":[]}',
            "bad_message",
            3,
            "request",
            "an object of request keys",
        ),
        (
            '{"op":"open","version":2,"id":3,"extra":1}',
            "bad_message",
            3,
            "extra",
            "expected no such key, got 1",
        ),
        (
            '{"op":"open","version":2,"id":3,"changed":{}}',
            "bad_message",
            3,
            "changed",
            "expected a list of request keys, got {}",
        ),
        (
            '{"op":"open","version":2,"id":3,"changed":[1]}',
            "bad_message",
            3,
            "changed",
            "expected a list of request keys, got [1]",
        ),
        (
            '{"op":"open","version":2,"id":3,"second":"k"}',
            "bad_message",
            3,
            "second",
            "expected an object of request keys, got 'k'",
        ),
        ('{"op":"stop","id":3,"x":"\\ud800"}', "bad_message", 3, "x", "got '\\ud800'"),
        ('{"op":"stop","id":3,"\\ud800":1}', "bad_message", 3, "\\ud800", "expected no such key, got 1"),
    ],
)
def test_viewer_sends_what_is_no_message(session, message, code, id, field, words):
    error = error_of(session.receive(message, 0.0))
    assert (error.code, error.id, error.field) == (code, id, field)
    assert words in error.message
    error.model_dump_json()


def test_viewer_sends_bytes(session):
    (close,) = session.receive(b"\1\1\0\0", 0.0)
    assert isinstance(close, CloseConnection)
    assert close.code == 1003
    assert session.receive(open_text(), 0.0) == [], "something came after the close"


def test_viewer_sends_too_much_at_once(session):
    answers = [session.receive('{"op":"stop","id":1}', 5.0) for _ in range(int(BURST) + 1)]
    assert answers[:-1] == [[]] * int(BURST)
    assert answers[-1] == [CloseConnection(1008, "too many messages: at most 60 a second")]
    assert session.receive(open_text(), 1000.0) == []


def test_viewer_sends_a_thousand_messages_a_second(session):
    closed = next(i for i in range(1000) if session.receive('{"op":"stop","id":1}', i / 1000))
    assert BURST <= closed <= 1.1 * BURST


def test_viewer_sends_as_much_as_is_allowed_for_ten_minutes(session):
    for i in range(int(600 * RATE)):
        assert session.receive('{"op":"stop","id":1}', i / RATE) == []


def test_clock_goes_back(session):
    session.receive(open_text(), 10.0)
    assert session.receive(open_text(), 9.0) == [begin(7)]
