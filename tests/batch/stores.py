"""Holds `preflight batch` against a real S3-compatible server on loopback (moto), with and without faults between.

usage: stores.py PREFLIGHT TESTDATA
"""
import http.client, http.server, json, logging, os, pathlib, random, subprocess, sys, tempfile, threading, urllib.parse

import boto3
from moto.server import ThreadedMotoServer

program, testdata = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
LINES = 40
ENVIRONMENT = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "HUSHHUSH",
               "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}


class Proxy(http.server.BaseHTTPRequestHandler):
    """Hands requests on, and breaks a share of them: 503, silence, and answers that end half way."""
    protocol_version = "HTTP/1.1"
    upstream, faults, dice, lock, told = None, 0.0, random.Random(7), threading.Lock(), {}

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.lock:
            fault = self.dice.choice(["503", "silence", "cut"]) if self.dice.random() < self.faults else None
        if "denied" in self.path:
            fault = "403"
        if fault:
            with self.lock:
                self.told[fault] = self.told.get(fault, 0) + 1
        self.close_connection = True
        if fault == "silence":
            return
        if fault in ("503", "403"):
            text = b"<Error><Code>SlowDown</Code></Error>"
            self.send_response(int(fault))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(content[:len(content) // 2] if fault == "cut" else content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Of what is too large the head suffices.

    do_GET = do_PUT = do_HEAD = do_POST = hand_on

    def log_message(self, *_):
        pass


def run(lines, endpoint, *arguments):
    text = "\n".join(json.dumps(line) for line in lines)
    done = subprocess.run([program, "batch", *arguments], input=text, capture_output=True, text=True, timeout=240,
                          env={**ENVIRONMENT, "AWS_ENDPOINT": endpoint})
    assert done.returncode in (0, 1), done.stderr
    assert "HUSH" not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_names(answer):
    answer = json.loads(json.dumps(answer))
    answer.pop("body", None)
    for image in answer.get("images", []):
        del image["file"]
    return answer


logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, Proxy.upstream = server.get_host_and_port()
proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=proxy.serve_forever, daemon=True).start()
direct, faulty = f"http://127.0.0.1:{Proxy.upstream}", f"http://127.0.0.1:{proxy.server_address[1]}"

store = boto3.client("s3", endpoint_url=direct, aws_access_key_id="key", aws_secret_access_key="HUSHHUSH",
                     region_name="us-east-1")
store.create_bucket(Bucket="archive")
for step in ("front", "back", "face"):
    store.put_object(Bucket="archive", Key=f"2026/{step} é.png", Body=(testdata / f"{step}.png").read_bytes(), ACL="public-read")
store.put_object(Bucket="archive", Key="large", Body=bytes((64 << 20) + 1))
store.put_object(Bucket="archive", Key="empty", Body=b"")


def line(i, place):
    return {"id": i, "token": f"TOKENTOKEN{i:04}", "country": "LT", "document_type": "ID_CARD",
            "images": {"FRONT": place("front"), "BACK": place("back"), "FACE": place("face")}}


local = run([line(i, lambda step: str(testdata / f"{step}.png")) for i in range(LINES)], direct)
assert all(answer["verdict"] == "ready" for answer in local)
remote = [line(i, lambda step: f"s3://archive/2026/{step} é.png") for i in range(LINES)]
with tempfile.TemporaryDirectory() as folder:
    there = run(remote, direct, "--requests", folder)
    assert list(map(without_names, there)) == list(map(without_names, local)), "from the store it is something else"
    bodies = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
print(f"{LINES} lines from the store as from disk")

# With a fault in every fourth request, reading and writing.
Proxy.faults = 0.25
broken = run(remote, faulty, "--requests", "s3://archive/bodies/run-1")
assert list(map(without_names, broken)) == list(map(without_names, local)), "faults show"
assert len(Proxy.told) == 3 and sum(Proxy.told.values()) > LINES // 2, Proxy.told
kept = {item["Key"].rsplit("/", 1)[1] for item in store.list_objects_v2(Bucket="archive", Prefix="bodies/run-1/")["Contents"]}
assert kept == set(bodies) == {answer["body"] for answer in broken}
for name in kept:
    assert store.get_object(Bucket="archive", Key=f"bodies/run-1/{name}")["Body"].read() == bodies[name], name
print(f"the same with {Proxy.told}")

# What cannot be had is an answer.
Proxy.faults = 0.0
plain = f"{direct}/archive/2026/{urllib.parse.quote('front é.png')}"
cases = [
    (plain, None),
    ("s3://archive/none", "FRONT: s3://archive/none: there is no such object"),
    ("s3://nobody/none", "there is no such object"),
    ("s3://archive/denied", "the store denies access"),
    ("s3://archive/large", "file_too_large"),
    ("s3://archive/empty", "empty_file"),
    (f"{plain}?X-Amz-Signature=HUSH", "with a query"),
    ("https://user:HUSH@127.0.0.1/x", "holds a password"),
    ("gopher://127.0.0.1/x", "FRONT: gopher://127.0.0.1/x: "),
]
answers = run([{"id": uri, "images": {"FRONT": uri.replace("HUSH", "H")}} for uri, _ in cases if "HUSH" not in uri]
              + [{"images": {"FRONT": uri}} for uri, _ in cases if "HUSH" in uri], faulty)
ordered = [case for case in cases if "HUSH" not in case[0]] + [case for case in cases if "HUSH" in case[0]]
for (uri, said), answer in zip(ordered, answers, strict=True):
    assert (said or '"width": 800') in json.dumps(answer), (uri, answer)
print(f"{len(cases)} places that are odd or not there have their answers")

# A store that is gone ends what writes to it, and is an answer for what reads from it.
gone = subprocess.run([program, "batch", "--requests", "s3://archive/x"], input=json.dumps(line(1, lambda s: str(testdata / f"{s}.png"))),
                      capture_output=True, text=True, env={**ENVIRONMENT, "AWS_ENDPOINT": f"{faulty}/denied"})
assert gone.returncode == 2 and "the store denies access" in gone.stderr and not gone.stdout, gone
print("a body that cannot be kept ends the run")
proxy.shutdown()
server.stop()
