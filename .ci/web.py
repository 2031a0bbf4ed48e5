"""Drives examples/web.rs by real HTTP requests, 200 at once."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

USERS = 200


def request(method, path, cookie=None):
    """Returns the status, the body and the cookie that the service sets."""
    headers = {"Cookie": cookie} if cookie else {}
    sent = urllib.request.Request(address + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(sent, timeout=30) as reply:
            cookie = (reply.headers.get("Set-Cookie") or "").split(";")[0]
            return reply.status, reply.read().decode(), cookie
    except urllib.error.HTTPError as error:
        return error.code, "", ""


def visit(number):
    """One user's visit. Returns the statuses of 30 quotes."""
    name = f"user{number}"
    assert request("POST", f"/sign-up?name={name}")[0] == 200
    status, _, cookie = request("POST", f"/log-in?name={name}")
    assert status == 200 and cookie.startswith("session="), (status, cookie)
    assert request("GET", "/me", cookie)[:2] == (200, name)
    for _ in range(3):
        assert request("POST", f"/score?points={number}", cookie)[0] == 200
    assert request("POST", "/mail", cookie)[0] == 202
    status, quote, _ = request("GET", "/quote", cookie)
    assert status == 200 and quote.startswith("Weeks")
    return cookie


def flood(cookie):
    """Asks for quotes as fast as possible."""
    return [request("GET", "/quote", cookie)[0] for _ in range(60)]


service = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
try:
    address = service.stdout.readline().strip()
    with ThreadPoolExecutor(USERS) as pool:
        # All want the same name: one gets it.
        taken = list(pool.map(lambda _: request("POST", "/sign-up?name=ada")[0], range(USERS)))
        assert sorted(set(taken)) == [200, 409] and taken.count(200) == 1, taken
        cookies = list(pool.map(visit, range(USERS)))
    assert request("GET", "/me")[0] == 401
    assert request("GET", "/me", "session=forged")[0] == 401
    # A window of a second begins at most every second.
    started = time.monotonic()
    statuses = flood(cookies[0])
    windows = int(time.monotonic() - started) + 2
    assert set(statuses) <= {200, 429} and statuses.count(200) <= 20 * windows, statuses
    deadline = time.monotonic() + 30
    while True:
        stats = json.loads(request("GET", "/stats")[1])
        if stats["sent"] >= USERS or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert stats["sent"] >= USERS and stats["players"] == USERS, stats
    # Several callers at once, one load.
    assert stats["loads"] == 1, stats
    page = request("GET", "/")[1]
    assert f"<tr><td>1<td>user{USERS - 1}<td>{3 * (USERS - 1)}\n" in page, page
    assert request("POST", "/log-out", cookies[5])[:2] == (200, "1")
    assert request("GET", "/me", cookies[5])[0] == 401
    print(f"{USERS} visitors at once: {stats}")
finally:
    service.terminate()
    service.wait()
