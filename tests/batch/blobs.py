"""Holds `preflight batch` against Azure's own emulator of its blob storage (Azurite) on loopback: images are read from
the store and bodies written to it, as from and to disk.

usage: blobs.py PREFLIGHT TESTDATA AZURITE_BLOB
"""
import json, os, pathlib, socket, subprocess, sys, tempfile, time

from azure.storage.blob import BlobServiceClient

program, testdata, azurite = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
STEPS = ["front", "back", "face"]
# The emulator's published account, which opens nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
base = f"http://127.0.0.1:{port}"
ENVIRONMENT = {"PATH": os.environ["PATH"], "AZURE_STORAGE_USE_EMULATOR": "true", "AZURE_ALLOW_HTTP": "true",
               "AZURITE_BLOB_STORAGE_URL": base}


def run(lines, *arguments):
    done = subprocess.run([program, "batch", *arguments], input="\n".join(map(json.dumps, lines)), text=True,
                          capture_output=True, timeout=120, env=ENVIRONMENT)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(place):
    return [{"id": i, "token": f"TOKENTOKEN{i:04}", "country": "LT", "document_type": "ID_CARD",
             "images": {step.upper(): place(step) for step in STEPS}} for i in range(8)]


def without_names(answer):
    return {key: value for key, value in answer.items() if key not in ("images", "body")}


command = [azurite, "--silent", "--blobPort", str(port), "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    for _ in range(120):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.5)
    client = BlobServiceClient(f"{base}/{ACCOUNT}", credential={"account_name": ACCOUNT, "account_key": KEY})
    archive = client.create_container("archive")
    for step in STEPS:
        archive.upload_blob(f"2026/{step} é.png", (testdata / f"{step}.png").read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        local = run(lines(lambda step: str(testdata / f"{step}.png")), "--requests", folder)
        there = run(lines(lambda step: f"az://archive/2026/{step} é.png"), "--requests", "az://archive/bodies/run-1")
        assert [answer["verdict"] for answer in there] == ["ready"] * 8, there
        assert list(map(without_names, there)) == list(map(without_names, local))
        for here, answer in zip(local, there, strict=True):
            kept = archive.download_blob(f"bodies/run-1/{answer['body']}").readall()
            assert kept == pathlib.Path(folder, here["body"]).read_bytes()
    none = run(lines(lambda step: "az://archive/none")[:1])
    assert "az://archive/none: there is no such object" in none[0]["error"], none
    print("az://: images and bodies as from and to disk")
finally:
    server.kill()
