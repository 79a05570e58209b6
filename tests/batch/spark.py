"""Holds the Spark job against `preflight batch` on one machine: two workers, one of them killed half way.

usage: spark.py PREFLIGHT REPOSITORY [LINES]; needs pyspark, pyarrow, duckdb and a Java runtime.
"""
import json, os, pathlib, signal, subprocess, sys, tempfile, time

import duckdb, pyarrow as pa, pyarrow.parquet as pq
import pyspark

program, repository = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
LINES = int(sys.argv[3]) if len(sys.argv) > 3 else 160


def executors(root):
    """Executors that descend from this process."""
    parents, found = {}, []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if b"CoarseGrainedExecutorBackend" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                pass

    def descends(pid):
        while pid > 1:
            if pid == root:
                return True
            pid = parents.get(pid, 0)
        return False
    # Their launchers carry the same words: the executor is the one without such a child.
    return [pid for pid in found if descends(pid) and not any(parents.get(other) == pid for other in found)]


def line(i):
    images = {step.upper(): str(repository / "testdata" / f"{step}.png") for step in ("front", "back", "face")}
    if i % 10 == 3:
        images["FRONT"] = "/none.jpg"
    if i % 10 == 7:
        images["BACK"] = str(repository / "testdata" / "pdf_encrypted.pdf")
    return {"id": f"row {i}", "token": f"TOKENTOKEN{i:06}", "country": "LT", "document_type": "ID_CARD", "images": images}


def essence(answer):
    rules = sorted((f["rule"], f["level"]) for part in [answer, *(answer["images"] or [])] for f in part["findings"] or [])
    scores = [tuple(image["scores"].values()) for image in answer["images"] or []]
    return answer["id"], answer["verdict"], answer["error"], rules, scores


def bodies(path, answers):
    """By id: names come from the lines, which Spark writes without blanks."""
    assert len([file for file in path.iterdir() if not file.name.startswith(".")]) == sum(bool(answer["body"]) for answer in answers)
    return {answer["id"]: (path / answer["body"]).read_bytes() for answer in answers if answer["body"]}


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    lines = [line(i) for i in range(LINES)]
    text = pa.string()
    schema = pa.schema([(name, text) for name in ("id", "token", "country", "document_type")] + [("images", pa.map_(text, text))])
    table = pa.Table.from_pylist([{**row, "images": list(row["images"].items())} for row in lines], schema)
    pq.write_table(table, folder / "submissions.parquet")

    here = subprocess.run([program, "batch", "--requests", folder / "here"], capture_output=True, text=True,
                          input="\n".join(json.dumps(row) for row in lines))
    assert here.returncode == 1, here.stderr
    expected = [json.loads(row) for row in here.stdout.splitlines()]
    for answer in expected:
        for name in ("verdict", "error", "body", "images", "findings"):
            answer.setdefault(name)

    home = pathlib.Path(pyspark.__file__).parent
    job = subprocess.Popen(
        [home / "bin" / "spark-submit", "--master", "local-cluster[2,1,1024]", "--conf", "spark.ui.enabled=false",
         repository / "examples/spark/batch.py", "--submissions", folder / "submissions.parquet", "--reports", folder / "reports",
         "--preflight", program, "--partitions", "16", "--", "--requests", folder / "there"],
        env={**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable,
             "SPARK_LOCAL_IP": "127.0.0.1"}, stderr=open(folder / "log", "w"))
    killed = None
    while job.poll() is None:
        done = len(list(folder.glob("reports/_temporary/0/task_*")))
        if killed is None and done >= 4:
            running = executors(job.pid)
            assert len(running) == 2, running
            killed = running[0]
            os.kill(killed, signal.SIGKILL)
            print(f"killed one of {len(running)} workers after {done} of 16 partitions")
        time.sleep(0.1)
    log = (folder / "log").read_text()
    assert job.returncode == 0, log[-4000:]
    assert killed and "Lost executor" in log, log[-4000:]

    rows = duckdb.sql(f"SELECT * FROM '{folder}/reports/*.parquet'").arrow().read_all().to_pylist()
    order = lambda answer: int(answer["id"].split()[1])
    assert len(rows) == LINES, f"{len(rows)} of {LINES} rows"
    assert [essence(row) for row in sorted(rows, key=order)] == [essence(row) for row in expected], "the results differ"
    there = bodies(folder / "there", rows)
    assert there and there == bodies(folder / "here", expected), "the bodies differ"
    print(f"{LINES} rows answered once, as on one machine")
