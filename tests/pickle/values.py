"""Pickles of values of other packages, in every protocol, and what each means as JSON.

Prints a JSON list of [name, meaning, pickles in hexadecimal], as `catalog.py`.
"""

import datetime as dt
import json
import pickle
import struct

import attrs
import dateutil.tz
import numpy
import pydantic
import pytz


class Model(pydantic.BaseModel):
    name: str
    age: int


class Extra(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str


@attrs.define
class Slots:
    name: str
    age: int


@attrs.define(slots=False)
class Attributes:
    name: str
    age: int


JOHN = {"map": [[{"text": "name"}, {"text": "John"}], [{"text": "age"}, {"int": "20"}]]}


def number(value):
    return {"int": str(value)}


def floating(value):
    return {"float": struct.pack(">d", value).hex()}


def time(zone):
    return dt.datetime(2025, 11, 20, 1, 2, 3, tzinfo=zone)


BERLIN = pytz.timezone("Europe/Berlin").localize(dt.datetime(2025, 7, 1, 12))

CATALOG = [
    ("a model of pydantic", Model(name="John", age=20), JOHN),
    ("a model of pydantic with an extra field", Extra(name="John", age=20), JOHN),
    ("a class of attrs with slots", Slots("John", 20), JOHN),
    ("a class of attrs", Attributes("John", 20), JOHN),
    ("numpy's int64", numpy.int64(-7), number(-7)),
    ("numpy's int8", numpy.int8(-7), number(-7)),
    ("numpy's uint16", numpy.uint16(65535), number(65535)),
    ("numpy's uint64", numpy.uint64(2**64 - 1), number(2**64 - 1)),
    ("numpy's float64", numpy.float64(0.1), floating(0.1)),
    ("numpy's float32", numpy.float32(0.5), floating(0.5)),
    ("numpy's bool", numpy.bool_(True), {"constant": "True"}),
    ("an array of numpy", numpy.array([1, -2]), {"sequence": [number(1), number(-2)]}),
    ("an empty array of numpy", numpy.array([]), {"sequence": []}),
    ("a part of an array of numpy", numpy.array([0.5, 1, 1.5])[::2], {"sequence": [floating(0.5), floating(1.5)]}),
    ("an array of two dimensions", numpy.array([[1, 2]]), None),
    ("an array of objects", numpy.array([None]), None),
    ("text of numpy", numpy.str_("a"), None),
    ("a time in pytz's UTC", time(pytz.utc), {"text": "2025-11-20T01:02:03+00:00"}),
    ("a time in a zone of pytz", BERLIN, {"text": "2025-07-01T12:00:00+02:00"}),
    ("a time in dateutil's UTC", time(dateutil.tz.tzutc()), {"text": "2025-11-20T01:02:03+00:00"}),
    ("a time in a zone of dateutil", time(dateutil.tz.gettz("Europe/Berlin")), None),
]


def pickled(value, protocol):
    try:
        return pickle.dumps(value, protocol).hex()
    except TypeError:
        # Slots have no form in protocols 0 and 1.
        assert protocol < 2


rows = [[name, meaning, [pickled(value, p) for p in range(6)]] for name, value, meaning in CATALOG]
print(json.dumps(rows))
