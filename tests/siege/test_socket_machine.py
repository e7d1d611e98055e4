"""A machine that does to a socket whatever a client can, and holds each answer against the protocol."""

import json

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.problem import BadRequest
from app.request.schema import TraceRequest
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.stream.session import Action, CloseConnection, SendError, Session, StartStream
from app.stream.wire import VERSION

SOURCES = SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
KEYS = st.dictionaries(
    st.sampled_from([*TraceRequest.model_json_schema()["properties"], "x"]), JSON, max_size=4
)


class SocketMachine(RuleBasedStateMachine):
    """One connection."""

    def __init__(self):
        super().__init__()
        self.session = Session()
        self.now = 0.0

    def receive(self, message):
        running = self.session.running
        actions = self.session.receive(message, self.now)
        assert all(isinstance(each, Action) for each in actions)
        if any(isinstance(each, SendError) for each in actions):
            assert self.session.running == running, "an error changed what runs"
        for each in actions:
            if isinstance(each, SendError):
                json.loads(each.message.model_dump_json())
            if isinstance(each, CloseConnection):
                assert 1000 <= each.code < 5000 and len(each.reason.encode()) <= 123
        return actions

    @rule(secs=st.floats(0, 10))
    def wait(self, secs):
        self.now += secs

    @rule(id=st.integers(-1, 2**33), start=st.integers(-1, 300), keys=KEYS)
    def open(self, id, start, keys):
        message = {"op": "open", "version": VERSION, "id": id, "request": keys, "from": start}
        for action in self.receive(json.dumps(message)):
            if isinstance(action, StartStream):
                assert self.session.running == id and start >= 0
                try:
                    SOURCES.read(action.keys, action.changed, action.second)
                except BadRequest as error:
                    assert error.problems

    @rule(id=st.integers(0, 3))
    def stop(self, id):
        running = self.session.running
        actions = self.receive(json.dumps({"op": "stop", "id": id}))
        if not self.session.closed:
            assert bool(actions) is (id == running)

    @rule(value=JSON)
    def say_any_json(self, value):
        self.receive(json.dumps(value))

    @rule(text=st.text(max_size=200))
    def say_any_text(self, text):
        self.receive(text)

    @rule(data=st.binary(max_size=20))
    def say_bytes(self, data):
        self.receive(data)
        assert self.session.closed

    @rule(number=st.sampled_from(['"\\ud800"', "1e999", "-0", "9" * 400, "NaN", "[" * 5000]))
    def say_odd_values(self, number):
        self.receive(
            f'{{"op":"open","version":{VERSION},"id":1,"request":{{"prompt":{number},"source":"live"}}}}'
        )

    @invariant()
    def nothing_runs_after_a_close(self):
        assert not (self.session.closed and self.session.running is not None)


SocketMachine.TestCase.settings = hypothesis.settings(max_examples=60, stateful_step_count=30, deadline=None)
test_a_socket_keeps_its_rules_whatever_a_client_does = SocketMachine.TestCase
