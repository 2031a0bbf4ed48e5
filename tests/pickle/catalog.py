"""Pickles of one value of each kind, in every protocol, and the same values as JSON.

Prints a JSON list of [name, value, pickles in hexadecimal]. The value is what the kind means,
in a form that keeps all kinds apart, or null if the kind is not read as data.
"""

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import ipaddress
import json
import operator
import os
import pathlib
import pickle
import re
import struct
import types
import uuid
import zoneinfo


class Person:
    def __init__(self, name, age):
        self.name = name
        self.age = age


class Empty:
    pass


class Slots:
    __slots__ = ("name", "age")

    def __init__(self, name, age):
        self.name, self.age = name, age


class Both(Slots):
    """Slots, and a `__dict__`."""


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int
    y: float


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlots:
    x: int
    y: float


@dataclasses.dataclass(slots=True)
class DataSlots:
    x: int
    y: float


class StateList:
    def __init__(self):
        self.hidden = 1

    def __getstate__(self):
        return [1, "two"]

    def __setstate__(self, state):
        self.hidden = state[0]


class StateText(StateList):
    def __getstate__(self):
        return "state"


class Parent:
    def __init__(self):
        self.child = Person("Ada", 36)
        self.friends = [Person("John", 20), Person("Mary", 30)]


Pair = collections.namedtuple("Pair", "left right")


class Titles(list):
    pass


class Config(dict):
    pass


class Label(str):
    pass


class Count(int):
    pass


class Ratio(float):
    pass


class Triple(tuple):
    pass


class Raw(bytes):
    pass


class Tagged(dict):
    def __init__(self, *args):
        super().__init__(*args)
        self.tag = "attribute"


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Reduced:
    def __reduce__(self):
        return Reduced, (1, 2)


class Harm:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def function():
    pass


def both():
    value = Both("John", 20)
    value.note = "x"
    return value


def shared():
    part = ["x", 1]
    return [part, part, {"part": part}]


UTC = dt.timezone.utc
HOUR = dt.timezone(dt.timedelta(hours=1), "CET")
WEST = dt.timezone(-dt.timedelta(hours=9, minutes=30))
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
REFUSED = object()

# The name of the kind, the value, and what it means if that is not the value itself.
CATALOG = [
    # Plain data.
    ("`None`", None),
    ("`True`", True),
    ("`False`", False),
    ("`int` 0", 0),
    ("`int` of 8 bits", 255),
    ("`int` of 16 bits", 65_535),
    ("`int` below 0", -1),
    ("`int` of 32 bits", -(2**31)),
    ("`int` of 64 bits", 2**63 - 1),
    ("the smallest `i64`", -(2**63)),
    ("the largest `u64`", 2**64 - 1),
    ("the largest `i128`", 2**127 - 1),
    ("the smallest `i128`", -(2**127)),
    ("the largest `u128`", 2**128 - 1),
    ("`int` of 129 bits", 2**128, REFUSED),
    ("`int` of a thousand digits", 10**1000, REFUSED),
    ("`float`", 0.1),
    ("`float` 1e300", 1e300),
    ("`float` -0.0", -0.0),
    ("`float` infinity", float("inf")),
    ("`float` NaN", float("nan")),
    ("`complex`", 1.5 - 2j, [1.5, -2.0]),
    ("`str`", "text"),
    ("`str`, empty", ""),
    ("`str` of other scripts", "Zoë \u65e5\u672c \U0001f98a"),
    ("`str` with escapes", "a\\b\n\r\0\x1a'\"\\u0041\t"),
    ("`str` of 300 characters", "é" * 300),
    ("`str` with half of a surrogate pair", "\ud83e", REFUSED),
    ("`bytes`", b"bytes"),
    ("`bytes`, empty", b""),
    ("`bytes` of every value", bytes(range(256))),
    ("`bytearray`", bytearray(b"\0\xff")),
    ("`bytearray`, empty", bytearray()),
    ("`list`", [1, "two", None]),
    ("`list`, empty", []),
    ("`list` of lists", [[1], [[2]], []]),
    ("`tuple`", (1, 2)),
    ("`tuple`, empty", ()),
    ("`tuple` of one", ("x",)),
    ("`tuple` of four", (1, 2, 3, 4)),
    ("`dict`", {"a": 1, "b": [2]}),
    ("`dict`, empty", {}),
    ("`dict` with integers as keys", {1: "a", -2: "b"}),
    ("`dict` with tuples as keys", {(1, 2): "a"}),
    ("`dict` of dicts", {"a": {"b": {"c": 1}}}),
    ("`set`", {1}),
    ("`set`, empty", set()),
    ("`frozenset`", frozenset([1])),
    ("`frozenset`, empty", frozenset()),
    ("a shared list", shared()),
    ("a list of 1,001 items", [0] * 1001),
    ("a dict of 1,001 items", {i: None for i in range(1001)}),
    # Instances.
    ("an instance", Person("John", 20), {"name": "John", "age": 20}),
    ("an instance without attributes", Empty(), {}),
    ("an instance with slots", Slots("John", 20), {"name": "John", "age": 20}),
    ("an instance with slots and others", both(), {"note": "x", "name": "John", "age": 20}),
    ("an instance of a dataclass", Point(1, 2.5), {"x": 1, "y": 2.5}),
    ("an instance of a frozen dataclass", Frozen(1, 2.5), {"x": 1, "y": 2.5}),
    ("an instance of a frozen dataclass with slots", FrozenSlots(1, 2.5), [1, 2.5]),
    ("an instance of a dataclass with slots", DataSlots(1, 2.5), {"x": 1, "y": 2.5}),
    ("a `__getstate__` of a list", StateList(), [1, "two"]),
    ("a `__getstate__` of text", StateText(), "state"),
    (
        "an instance with instances",
        Parent(),
        {
            "child": {"name": "Ada", "age": 36},
            "friends": [{"name": "John", "age": 20}, {"name": "Mary", "age": 30}],
        },
    ),
    ("a list of instances", [Person("A", 1), Person("B", 2)], [{"name": "A", "age": 1}, {"name": "B", "age": 2}]),
    ("a named tuple", Pair(1, "two")),
    ("a subclass of `list`", Titles(["a", "b"])),
    ("a subclass of `dict`", Config(a=1)),
    ("a subclass of `dict` with attributes", Tagged({"a": 1})),
    ("a subclass of `str`", Label("text")),
    ("a subclass of `int`", Count(7)),
    ("a subclass of `float`", Ratio(0.5)),
    ("a subclass of `tuple`", Triple((1, 2, 3))),
    ("a subclass of `bytes`", Raw(b"raw")),
    ("`SimpleNamespace`", types.SimpleNamespace(a=1, b="x"), {"a": 1, "b": "x"}),
    ("`UserDict`", collections.UserDict(a=1), {"data": {"a": 1}}),
    ("`UserList`", collections.UserList([1]), {"data": [1]}),
    ("`ChainMap`", collections.ChainMap({"a": 1}), {"maps": [{"a": 1}]}),
    # The standard library's values.
    ("`datetime`", dt.datetime(2025, 11, 20, 23, 19, 11)),
    ("`datetime` with microseconds", dt.datetime(2025, 11, 20, 23, 19, 11, 45)),
    ("`datetime` in UTC", dt.datetime(2025, 11, 20, 23, 19, 11, 123456, UTC)),
    ("`datetime` with an offset", dt.datetime(2025, 11, 20, 23, 19, 11, 0, HOUR)),
    ("`datetime` west of Greenwich", dt.datetime(2025, 11, 20, 23, 19, 11, 0, WEST)),
    ("`datetime` in a zone by name", dt.datetime(2025, 7, 1, 12, 0, 0, 0, BERLIN), "2025-07-01T12:00:00[Europe/Berlin]"),
    ("`datetime` in `ZoneInfo(\"UTC\")`", dt.datetime(2025, 7, 1, 12, 0, 0, 0, zoneinfo.ZoneInfo("UTC"))),
    ("the first `datetime`", dt.datetime.min),
    ("the last `datetime`", dt.datetime.max),
    ("`datetime` in a repeated hour", dt.datetime(2025, 10, 26, 2, 30, fold=1)),
    ("`date`", dt.date(2025, 11, 20)),
    ("`date` of a leap day", dt.date(2024, 2, 29)),
    ("`time`", dt.time(23, 19, 11)),
    ("`time` with microseconds and an offset", dt.time(23, 19, 11, 45, HOUR)),
    ("`timezone`", HOUR, "+01:00"),
    ("`ZoneInfo`", BERLIN, "Europe/Berlin"),
    ("`timedelta`", dt.timedelta(days=1, seconds=3, microseconds=5), "PT86403.000005S"),
    ("`timedelta` below 0", -dt.timedelta(seconds=1.5), "-PT1.5S"),
    ("`Decimal`", decimal.Decimal("1.10")),
    ("`Decimal` with an exponent", decimal.Decimal("-1E+30")),
    ("`Fraction`", fractions.Fraction(3, -4)),
    ("`Fraction` of a whole number", fractions.Fraction(3)),
    ("`UUID`", uuid.UUID("12345678-1234-5678-1234-567812345678")),
    ("`UUID` of zeros", uuid.UUID(int=0)),
    ("`OrderedDict`", collections.OrderedDict([("b", 1), ("a", 2)])),
    ("`OrderedDict`, empty", collections.OrderedDict()),
    ("`defaultdict`", collections.defaultdict(list, {"a": [1]})),
    ("`defaultdict` with a function", collections.defaultdict(function, {"a": 1})),
    ("`Counter`", collections.Counter("aab")),
    ("`deque`", collections.deque([1, 2])),
    ("`deque` with a length", collections.deque([1, 2], 5)),
    ("`PurePosixPath`", pathlib.PurePosixPath("/usr/lib/x.so")),
    ("`PosixPath`", pathlib.PosixPath("a/b")),
    ("`PureWindowsPath`", pathlib.PureWindowsPath("c:/a/b")),
    ("`IPv4Address`", ipaddress.ip_address("10.0.0.1")),
    ("`IPv6Address`", ipaddress.ip_address("2001:db8::1")),
    ("`IPv4Network`", ipaddress.ip_network("10.0.0.0/8")),
    ("`IPv6Interface`", ipaddress.ip_interface("2001:db8::1/64")),
    ("`array` of integers", array.array("i", [1, -2])),
    ("`array` of floats", array.array("d", [0.5])),
    # Calls of the program's own, which `PickleOf` reads.
    ("an `Enum`", Color.RED, REFUSED),
    ("an `IntEnum`", Level.HIGH, REFUSED),
    ("a `Flag`", Access.READ | Access.WRITE, REFUSED),
    ("a `__reduce__` of the program", Reduced(), REFUSED),
    # Code.
    ("a function", function, REFUSED),
    ("a function of `builtins`", len, REFUSED),
    ("a class", Person, REFUSED),
    ("a class of `builtins`", dict, REFUSED),
    ("an exception", ValueError("no"), REFUSED),
    ("`functools.partial`", functools.partial(print, 1), REFUSED),
    ("`operator.itemgetter`", operator.itemgetter(1), REFUSED),
    ("`re.Pattern`", re.compile("a+"), REFUSED),
    ("`range`", range(3), REFUSED),
    ("`slice`", slice(1, 2), REFUSED),
    ("a class of `datetime`", dt.datetime, REFUSED),
    ("`NotImplemented`", NotImplemented, REFUSED),
    ("a call of `os.system`", Harm(os.system, "true"), REFUSED),
    ("a call of `eval`", Harm(eval, "1"), REFUSED),
    ("a call of `getattr`", Harm(getattr, "text", "upper"), REFUSED),
    ("a call of `print`, in a list", [1, Harm(print)], REFUSED),
]


def plain(value):
    """The value in a form that JSON keeps apart from all others."""
    if value is REFUSED:
        return None
    if value is None or isinstance(value, bool):
        return {"constant": str(value)}
    if isinstance(value, int):
        return {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": struct.pack(">d", value).hex()}
    if isinstance(value, str):
        return {"text": str(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, dict):
        return {"map": [[plain(k), plain(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple, set, frozenset, collections.deque, array.array)):
        return {"sequence": [plain(item) for item in value]}
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return {"text": value.isoformat()}
    return {"text": str(value)}


def pickled(value, protocol):
    try:
        return pickle.dumps(value, protocol).hex()
    except TypeError:
        # Slots have no form in protocols 0 and 1.
        assert protocol < 2


def row(name, value, *meaning):
    pickles = [pickled(value, protocol) for protocol in range(6)]
    return json.dumps([name, plain(meaning[0] if meaning else value), pickles], separators=(",", ":"))


print("[" + ",\n".join(row(*kind) for kind in CATALOG) + "]")
