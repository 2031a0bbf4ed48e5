"""The other side of python.rs: reads what it wrote, and writes what it reads.

Called with what to do and its arguments; values go over as hexadecimal.
"""

import json
import pickle
import sys

import cbor2
import msgpack

VALUE = {
    "id": 18446744073709551615,
    "name": "Zoë \U0001f98a \"quoted\"\n",
    "score": 0.1,
    "huge": -1.7976931348623157e308,
    "low": -9223372036854775808,
    "admin": True,
    "tags": ["a", "", "b" * 300],
    "counts": {"visits": 3, "größe": -70000},
    "avatar": bytes(range(256)),
    "nick": None,
    "kind": "Paid",
    "home": {"street": "High Street", "at": [51.5, -0.1]},
}

JSON = {**VALUE, "avatar": list(VALUE["avatar"])}

READERS = {"json": json.loads, "msgpack": msgpack.unpackb, "cbor": cbor2.loads}

WRITERS = {
    "json": lambda value: json.dumps({**value, "avatar": list(value["avatar"])}).encode(),
    "msgpack": msgpack.packb,
    "cbor": cbor2.dumps,
}


class Harm:
    """What runs a command when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.system, ("touch " + self.path,)


def check(codec, version, value):
    """A value of ours, as the documented reader reads it."""
    loaded, stored = read(bytes.fromhex(value), "Profile", READERS[codec])
    expected = JSON if codec == "json" else VALUE
    assert loaded == expected, (loaded, expected)
    assert stored == int(version), stored


def dump(codec, version):
    """A value for the other side to read, in an envelope if it has a version."""
    payload = WRITERS[codec](VALUE)
    if int(version):
        number = 1 + list(WRITERS).index(codec)
        header = b"\xc1\xfc" + bytes([number, int(version)])
        payload = header + fnv("Profile").to_bytes(4, "little") + payload
    print(payload.hex())


def pickled(protocol, number):
    """The same as a pickle, with a set and a tuple, and a part that is there twice."""
    shared = ["b" * 300]
    tags = ["a", "", shared[0]]
    value = {**VALUE, "id": int(number), "tags": tags, "home": {**VALUE["home"], "at": (51.5, -0.1)}}
    value["seen"] = {1, 2, 3}
    value["again"] = [shared, shared]
    print(pickle.dumps(value, int(protocol)).hex())


def harm(protocol, path):
    """A pickle that would make a file, where a name should be."""
    print(pickle.dumps({**VALUE, "id": 7, "name": Harm(path)}, int(protocol)).hex())


def load(value):
    """What Python makes of a pickle, for better or worse."""
    pickle.loads(bytes.fromhex(value))


def redis_py_reads(url):
    """What a structure wrote, as redis-py reads it."""
    import redis

    con = redis.Redis.from_url(url)
    text, name = VALUE["name"], VALUE["name"].encode()
    infinite = float("inf")
    read = {
        "text": con.get("ours:text").decode(),
        "bytes": con.get("ours:bytes"),
        "json": json.loads(con.get("ours:json")),
        "bool": bool(int(con.get("ours:bool"))),
        "counter": con.incr("ours:counter", 0),
        "large": int(con.get("ours:large")),
        "float": con.incrbyfloat("ours:float", 0),
        "list": con.lrange("ours:list", 0, -1),
        "floats": [float(item) for item in con.lrange("ours:floats", 0, -1)],
        "set": {int(member) for member in con.smembers("ours:set")},
        "scores": con.zrange("ours:scores", 0, -1, withscores=True),
        "map": con.hgetall("ours:map"),
        "log": [fields for _, fields in con.xrange("ours:log")],
    }
    expected = {
        "text": text,
        "bytes": bytes(range(256)),
        "json": [7, text],
        "bool": True,
        "counter": -41,
        "large": 2**64 - 1,
        "float": 2.25,
        "list": [b"a", b"", name],
        "floats": [0.1, -1e300],
        "set": {1, 2, 2**64 - 1},
        "scores": [(b"low", -infinite), (b"a", 0.1), (name, 9e15)],
        "map": {b"a": b"1", name: b"-2"},
        "log": [{b"sensor": b"7", b"note": name}, {b"sensor": b"8"}],
    }
    for key, value in expected.items():
        found = read[key]
        # RESP3 has pairs as lists.
        if key == "scores":
            found = [tuple(pair) for pair in found]
        assert found == value, (key, found, value)


def redis_py_writes(url):
    """The same, written by redis-py."""
    import redis

    con = redis.Redis.from_url(url)
    text = VALUE["name"]
    con.set("theirs:text", text)
    con.set("theirs:bytes", bytes(range(256)))
    con.set("theirs:json", json.dumps([7, text]))
    con.set("theirs:bool", int(True))
    con.decr("theirs:counter", 41)
    con.set("theirs:large", 2**64 - 1)
    con.incrbyfloat("theirs:float", 2.25)
    con.rpush("theirs:list", "a", "", text)
    con.rpush("theirs:floats", 0.1, -1e300)
    con.sadd("theirs:set", 1, 2, 2**64 - 1)
    con.zadd("theirs:scores", {"low": float("-inf"), "a": 0.1, text: 9e15})
    con.hset("theirs:map", mapping={"a": 1, text: -2})
    con.xadd("theirs:log", {"sensor": 7, "note": text})
    con.xadd("theirs:log", {"sensor": 8})


def redis_py_publishes(url):
    import redis

    assert redis.Redis.from_url(url).publish("theirs:topic", VALUE["name"]) == 1


def redis_py_listens(url):
    import redis

    listener = redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=True)
    listener.subscribe("ours:topic")
    for message in listener.listen():
        assert message["data"] == VALUE["name"].encode(), message
        return


def forms():
    from datetime import datetime, timezone

    created = datetime(2025, 11, 20, 23, 19, 11, 123456, tzinfo=timezone.utc)
    return {
        "created": created.isoformat(),
        "seen": int(created.timestamp()),
        "seen_ms": int(created.timestamp() * 1000),
        "logged": created.timestamp(),
        "active": str(True),
        "admin": str(False),
        "note": "",
        "parent": str(None),
        "visits": 41,
    }


def redis_py_writes_forms(url):
    """A record as programs with redis-py write it."""
    import redis

    redis.Redis.from_url(url).hset("forms:theirs", mapping=forms())


def redis_py_checks_forms(url, key, time, visits, *changed):
    """Checks that a record is as redis-py would write it, but for what was changed."""
    import redis

    con = redis.Redis.from_url(url, decode_responses=True)
    stored = con.hgetall(key)
    expected = {name: str(value) for name, value in forms().items()}
    expected.update(visits=visits, created=time, **dict(zip(changed[::2], changed[1::2])))
    # An increment writes more digits.
    assert float(stored.pop("logged")) == float(expected.pop("logged"))
    assert stored == expected, (stored, expected)
    assert con.hincrby(key, "seen", 60) == int(expected["seen"]) + 60
    con.hincrbyfloat(key, "logged", 0.5)
    con.hset(key, mapping={"note": "from python", "admin": str(True)})


globals()[sys.argv[1]](*sys.argv[2:])
