"""Writes to a server what Python's packages write: the server's socket is the argument.

Each package writes by its own code. Django, django-redis, Flask-Session and RQ also choose
the key.
"""

import datetime as dt
import decimal
import pickle
import sys
import types

import redis

SOCKET = sys.argv[1]
URL = "unix://" + SOCKET
PERSON = {
    "name": "Zoë",
    "visits": 3,
    "seen": dt.datetime(2025, 11, 20, 23, 19, 11, 123456, dt.timezone.utc),
    "balance": decimal.Decimal("1.10"),
}
client = redis.Redis(unix_socket_path=SOCKET)


def django_and_django_redis():
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="of a test",
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
        USE_TZ=True,
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": URL,
            },
            "compressed": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": URL,
                "KEY_PREFIX": "shop",
                "OPTIONS": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
            },
        },
    )
    django.setup()
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.cache import SessionStore
    from django.core.cache import caches

    caches["default"].set("person:7", PERSON, 60)
    caches["default"].set("count:7", 7)
    caches["default"].set("user:7", User(id=7, username="ada", date_joined=PERSON["seen"]))
    caches["compressed"].set("person:7", {**PERSON, "note": "x" * 500}, 60)
    caches["compressed"].set("short:7", "a")
    session = SessionStore("abcdefghijklmnopqrstuvwxyz012345")
    session["_auth_user_id"] = "7"
    session["cart"] = [1, 2]
    session["seen"] = PERSON["seen"]
    session.save(must_create=False)


def aiocache():
    from aiocache.serializers import PickleSerializer

    client.set("aio:person:7", PickleSerializer().dumps(PERSON))


def celery():
    from celery import Celery

    for name in ["json", "pickle"]:
        app = Celery(backend="redis+socket://" + SOCKET)
        app.conf.update(result_serializer=name, accept_content=["json", "pickle"])
        app.backend.store_result("task-" + name, {"sum": 7, "items": [1, 2]}, "SUCCESS")


def flask_session():
    from flask import Flask, session
    from flask_session import Session

    app = Flask("test")
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client)
    Session(app)

    @app.route("/")
    def index():
        session["user"] = "ada"
        session["cart"] = [1, 2]
        session["seen"] = PERSON["seen"]
        return "done"

    with app.test_client() as browser:
        cookie = browser.get("/").headers["Set-Cookie"]
        client.set("flask-session-id", cookie.split("=")[1].split(";")[0])


def rq():
    from rq import Queue

    module = types.ModuleType("app_jobs")
    exec("def add(a, b=2):\n    return a + b", module.__dict__)
    sys.modules["app_jobs"] = module
    job = Queue(connection=client).enqueue(module.add, 1, b=PERSON["seen"], job_id="job-7")
    assert job.id == "job-7"


django_and_django_redis()
aiocache()
celery()
flask_session()
rq()
