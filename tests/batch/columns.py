"""Reads what `preflight batch --output report.parquet` wrote with DuckDB, and holds it against the JSON lines.

usage: columns.py PREFLIGHT TESTDATA
"""
import json, pathlib, subprocess, sys, tempfile

import duckdb

program, testdata = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
files = sorted(path for path in testdata.iterdir() if path.suffix in (".jpg", ".png", ".pdf"))
lines = [{"id": path.name, "images": {"FRONT": str(path)}} for path in files]
lines += [{"id": [1, "a"], "token": "TOKENTOKEN", "country": "LT", "document_type": "ID_CARD",
           "images": {step.upper(): str(testdata / f"{step}.jpg") for step in ("front", "back", "face")}}]
lines += [{"id": 7, "images": {"FRONT": "none"}}, "bad"]
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "in").write_text("\n".join(json.dumps(line) for line in lines))
    run = lambda out: subprocess.run([program, "batch", "--input", f"{folder}/in", "--output", out], check=False).returncode
    table, text = f"{folder}/report.parquet", f"{folder}/report.jsonl"
    assert run(table) == run(text) == 1
    answers = [json.loads(line) for line in open(text)]
    sql = lambda query: duckdb.sql(query.replace("REPORT", f"'{table}'")).fetchall()

    images = [(answer, n, image) for answer in answers for n, image in enumerate(answer.get("images") or [None], 1)]
    rows = sql("SELECT line, id, error, verdict, image, step, bytes, width, legibility, deny, image_deny, image_warn, "
               "findings, sent_bytes FROM REPORT ORDER BY line, image")
    assert len(rows) == len(images)
    of = lambda part, level: [f["rule"] for f in part.get("findings", []) if f["level"] == level]
    for row, (answer, n, image) in zip(rows, images, strict=True):
        name = answer["id"] if isinstance(answer["id"], str) else None if answer["id"] is None else json.dumps(answer["id"])
        none = image or {}
        expected = (answer["line"], name and name.replace(", ", ","), answer.get("error"), answer.get("verdict"), image and n,
                    none.get("step"), none.get("bytes"), none.get("width"), none.get("scores", {}).get("legibility"),
                    of(answer, "deny"), of(none, "deny"), of(none, "warn"))
        assert row[:12] == expected, (row, expected)
        assert (json.loads(row[12]) if row[12] else None) == none.get("findings")
        assert row[13] == (none.get("sent") or {}).get("bytes")

    # Questions as they are asked.
    fired = dict(sql("SELECT rule, count(*) FROM (SELECT unnest(image_deny) AS rule FROM REPORT) GROUP BY rule"))
    assert fired["pdf_encrypted"] == 2 and fired["too_blurry"] >= 1, fired
    assert sql("SELECT count(DISTINCT line), count(*) FILTER (image = 1 OR image IS NULL) FROM REPORT") == [(len(lines),) * 2]
    assert sql("SELECT min(milliseconds) > 0 FROM REPORT WHERE error IS NULL") == [(True,)]
    print(f"{len(rows)} rows of {len(lines)} lines read back")
