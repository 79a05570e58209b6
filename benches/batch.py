"""The figures of testdata/SIZING.md: one run, one table.

usage: batch.py PREFLIGHT PHOTOS rate|bends|memory|killed|peers [PYTHON_WITH_OPENCV FOLDER_WITH_SHARP]

PHOTOS is what `cargo run --release --example photos -- PHOTOS` writes. A machine that does other work meanwhile shows in
the seconds, less so in the seconds of CPU; both are printed.
"""
import json, os, pathlib, random, shutil, signal, subprocess, sys, tempfile, time

program, photos, what = os.path.realpath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
here = pathlib.Path(__file__).resolve().parent
testdata = here.parent / "testdata"
cores = os.cpu_count()


def timed(command, **more):
    """Seconds, seconds of CPU and the most memory (MiB) of a command."""
    start = time.perf_counter()
    child = subprocess.Popen(list(map(str, command)), **more)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in (0, 1), command
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def lines(path, rows):
    with open(path, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def mixed(copies):
    """Submissions as they come: phone photos, smaller pictures, scans; one line in ten with a faulty file."""
    names = [str(photos / f"photo{i}.jpg") for i in range(6)] + [str(testdata / f) for f in ("front.jpg", "back.jpg", "front.png", "bill.pdf")]
    faulty = [str(testdata / f) for f in ("pdf_encrypted.pdf", "damaged.jpg", "too_blurry.jpg", "unreadable.jpg")]
    dice = random.Random(1)
    for i in range(copies):
        images = {"FRONT": dice.choice(names), "BACK": dice.choice(names), "FACE": str(testdata / "face.jpg")}
        if i % 10 == 9:
            images["FRONT"] = dice.choice(faulty)
        yield {"id": i, "images": images}


def bad(i):
    """One line in a hundred of each kind of bad input, and otherwise a small picture."""
    kinds = [lambda: "", lambda: "{", lambda: '"text"', lambda: json.dumps({"id": i}), lambda: json.dumps({"id": i, "images": {"FRONT": 5}}),
             lambda: json.dumps({"id": i, "images": {"FRONT": "/none"}}), lambda: json.dumps({"id": i, "images": {"FRONT": "/"}}),
             lambda: json.dumps({"id": i, "images": {"FRONT": "/dev/zero"}}), lambda: json.dumps({"id": i, "images": {"FRONT": "data:;base64,#"}}),
             lambda: json.dumps({"id": i, "images": {"FRONT": "x://y/z"}}), lambda: json.dumps({"id": i, "token": 7, "images": {}}),
             lambda: "\x00\x01", lambda: json.dumps({"id": i, "session": "none", "images": {"FRONT": "x"}})]
    faulty = ["empty_file.jpg", "unsupported_format.jpg", "unsupported_coding.jpg", "unreadable.jpg", "too_many_pixels.png", "pdf_encrypted.pdf",
              "pdf_no_pages.pdf", "damaged.jpg", "wrong_extension.png", "polyglot.jpg"]
    kind = i % 100
    if kind < len(kinds):
        return kinds[kind]()
    kind -= len(kinds)
    name = faulty[kind] if kind < len(faulty) else "flattened.png"
    return json.dumps({"id": i, "images": {"FRONT": str(testdata / name)}})


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    table = folder / "in.jsonl"
    if what == "rate":
        rows = list(mixed(int(os.environ.get("SUBMISSIONS", 200))))
        lines(table, rows)
        for step in ("FRONT", "FACE"):
            files = [row["images"][name] for row in rows for name in row["images"] if (name == "FACE") == (step == "FACE")]
            wall, cpu, _ = timed([program, "inspect", "--format", "jsonl", "--step", step, *files],
                                 stdout=subprocess.DEVNULL, env={**os.environ, "RAYON_NUM_THREADS": "1"})
            print(f"inspect --step {step}, one thread: {len(files) / wall:.1f} images/s, {1000 * cpu / len(files):.1f} ms CPU each")
            one = (one[0] + wall, one[1] + cpu) if step == "FACE" else (wall, cpu)
        images = sum(len(row["images"]) for row in rows)
        print(f"both: {images / one[0]:.1f} images/s")
        for threads in sorted({1, cores}):
            wall, cpu, memory = timed([program, "batch", "--input", table, "--output", folder / f"out{threads}", "--threads", threads])
            print(f"batch, {threads} threads: {images / wall:.1f} images/s, {one[0] / wall / threads:.3f} of {threads} x inspect; "
                  f"{1000 * cpu / images:.1f} ms CPU each ({one[1] / cpu:.3f} of inspect's), {memory:.0f} MiB")
    elif what == "bends":
        # How the rate changes with threads beyond the cores, and with a window that is too small.
        rows = list(mixed(60))
        lines(table, rows)
        images = sum(len(row["images"]) for row in rows)
        for flags in (["--threads", 1], ["--threads", cores], ["--threads", 2 * cores], ["--window", 4 << 20], ["--window", 16 << 20], ["--window", 64 << 20],
                      ["--readers", 1], ["--unordered"]):
            wall, cpu, memory = timed([program, "batch", "--input", table, "--output", folder / "out", *flags])
            print(f"{' '.join(map(str, flags))}: {images / wall:.1f} images/s, {1000 * cpu / images:.1f} ms CPU each, {memory:.0f} MiB")
    elif what == "memory":
        for count in (1_000, 10_000, int(os.environ.get("LINES", 100_000))):
            # A photo in every hundredth line, so that the window is used.
            with open(table, "w") as file:
                for i in range(count):
                    photo = json.dumps({"id": i, "images": {"FRONT": str(photos / f"photo{i // 100 % 6}.jpg")}})
                    file.write((photo if i % 100 == 50 else bad(i)) + "\n")
            wall, cpu, memory = timed([program, "batch", "--input", table, "--output", folder / "out"])
            print(f"{count} lines: {memory:.0f} MiB at most, {wall:.0f} s, {cpu:.0f} s of CPU")
    elif what == "killed":
        count = int(os.environ.get("LINES", 100_000))
        table.write_text("\n".join(map(bad, range(count))) + "\n")
        dice, out = random.Random(3), folder / "out"
        for kill in range(10):
            child = subprocess.Popen([program, "batch", "--input", table, "--output", out, "--resume"], stderr=subprocess.DEVNULL)
            before = out.stat().st_size if out.exists() else 0
            more = dice.randrange(1_000_000, 12_000_000)
            while child.poll() is None and (out.stat().st_size if out.exists() else 0) < before + more:
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
            child.wait()
            with open(out, "rb") as file:
                file.seek(-1, os.SEEK_END)
                where = "between" if file.read() == b"\n" else "within"
            print(f"killed at {out.stat().st_size} bytes, {where} lines")
            # A power cut may take more of the last line.
            os.truncate(out, out.stat().st_size - dice.randrange(3000))
        subprocess.run([program, "batch", "--input", table, "--output", out, "--resume"], check=False)
        numbers = [json.loads(line)["line"] for line in open(out)]
        assert numbers == list(range(1, count + 1)), "not every line is answered once, in order"
        print(f"{count} lines answered once, in order")
    elif what == "peers":
        rows = [row for row in mixed(120) if not any(path.endswith(".pdf") for path in row["images"].values())]
        lines(table, rows)
        images = sum(len(row["images"]) for row in rows)
        wall, cpu, _ = timed([program, "batch", "--input", table, "--output", folder / "out"])
        own = images / wall
        print(f"preflight batch: {own:.1f} images/s")
        # Modules are looked for beside the script.
        shutil.copy(here / "peers/batch_sharp.mjs", sys.argv[5])
        opencv = [sys.argv[4], here / "peers/batch_opencv.py", cores, table]
        for name, command in (("OpenCV, multiprocessing, no faces", opencv), ("OpenCV, multiprocessing, faces", [*opencv, "faces"]),
                              ("sharp", ["node", "batch_sharp.mjs", cores, table])):
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, cwd=sys.argv[5])
            rate = float(done.stdout)
            print(f"{name}: {rate:.1f} images/s; we do {own / rate:.2f} times as many")
