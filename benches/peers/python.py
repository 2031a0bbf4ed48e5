"""Prints the microseconds of a save and of a get with Redis OM Python.

    python3 benches/peers/python.py SOCKET CALLS
"""

import sys, time
from typing import Optional

from redis_om import HashModel, get_redis_connection


class User(HashModel, index=True):
    name: str
    email: str
    bio: Optional[str] = None
    visits: int
    score: float
    active: int
    country: str
    level: int
    city: Optional[str] = None
    created: int

    class Meta:
        global_key_prefix = "redis-om-python"
        database = get_redis_connection(url=f"unix://{sys.argv[1]}", decode_responses=True)


def micros(work, calls):
    work()
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) * 1e6 / calls


user = User(
    name="Ada Lovelace",
    email="ada.lovelace@example.com",
    bio="wrote the first program, for a machine that nobody had built",
    visits=1_234_567,
    score=98.6,
    active=1,
    country="GB",
    level=-7,
    city="London",
    created=1_763_683_200,
)
print(micros(user.save, int(sys.argv[2])), micros(lambda: User.get(user.pk), int(sys.argv[2])))
