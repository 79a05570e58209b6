"""Times preflight and its peers in turn and prints the ratios. Called by peers.sh."""
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time

project, folder = sys.argv[1:3]
here = os.path.join(project, "benches/peers")
preflight = os.path.join(project, "target/release/preflight")
photos = [os.path.join(folder, f"photo{i}.jpg") for i in range(6)]
python = os.path.join(folder, "v/bin/python")
ROUNDS = 7


def run(command, threads=1):
    """User and wall seconds of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "IDENFY_TOKEN": "3FA5TFPA2ZE3LMPGGS1EGOJNJE"}
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, wall


def printed(command):
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)


def peak(command):
    """Peak resident bytes, read from the process itself."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "RAYON_NUM_THREADS": "2"})
    highest = 0
    while child.poll() is None:
        try:
            with open(f"/proc/{child.pid}/status") as status:
                lines = [line.split() for line in status if line.startswith("VmHWM")]
            highest = max([highest] + [int(line[1]) * 1024 for line in lines])
        except OSError:
            pass
    return highest


def inspect(*files):
    return [preflight, "inspect", *files]


def djpeg(file, *options):
    return ["djpeg", *options, "-outfile", os.devnull, file]


def median(pairs):
    return statistics.median(pairs)


def row(what, ours, theirs, ratio):
    print(f"| {what} | {ours:.1f} | {theirs:.1f} | {ratio:.2f} |")


def in_turn(ours, theirs, of=0):
    """Medians of both and of their ratio, run in turn; `of` is 0 for user time, 1 for wall time."""
    a, b = [], []
    for _ in range(ROUNDS):
        a.append(sum(run(c)[of] for c in ours) * 1000)
        b.append(sum(run(c)[of] for c in theirs) * 1000)
    return median(a), median(b), median([x / y for x, y in zip(a, b)])


check = [preflight, "check", "--allow", "all", "--country", "LT", "--document-type", "PASSPORT", "--token-type", "DOCUMENT"]
check += ["--front", photos[0], "--step", f"A={photos[1]}", "--step", f"B={photos[2]}"]

print(f"{platform.machine()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}; medians of {ROUNDS} rounds in turn\n")
print("| | preflight, ms | other, ms | preflight / other |\n| --- | --- | --- | --- |")
n = len(photos)
a, b, ratio = in_turn([inspect(p) for p in photos], [djpeg(p, "-grayscale", "-scale", "1/8") for p in photos])
row("`inspect`, user time, to `djpeg -grayscale -scale 1/8`", a / n, b / n, ratio)
for threads in (1, 2):
    for name, peer in [
        ("OpenCV, reduced", [python, f"{here}/opencv.py", "reduced"]),
        ("pyvips", [python, f"{here}/vips.py"]),
        ("sharp", ["node", f"{here}/sharp.mjs"]),
    ]:
        ours, theirs = [], []
        for _ in range(3):
            ours.append(run(inspect(*photos), threads)[1] * 1000 / n)
            theirs.append(printed([*peer, str(threads), *photos]))
        a, b = min(ours), min(theirs)
        row(f"`inspect`, wall time, {threads} thread{'s' * (threads > 1)}, to {name}", a, b, a / b)
for name, file, options in [
    ("progressive JPEG", "progressive.jpg", ("-grayscale", "-scale", "1/4")),
    ("48 MP JPEG", "large.jpg", ("-grayscale", "-scale", "1/8")),
]:
    path = os.path.join(folder, file)
    row(f"`inspect` of a {name}, user time, to djpeg {' '.join(options)}", *in_turn([inspect(path)], [djpeg(path, *options)]))
png = os.path.join(folder, "photo.png")
load = [python, "-c", "import cv2, sys; cv2.setNumThreads(1); cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE)", png]
empty = [python, "-c", "import cv2, sys; cv2.setNumThreads(1)"]
ours, theirs = [], []
for _ in range(ROUNDS):
    ours.append(run(inspect(png))[0] * 1000)
    theirs.append((run(load)[0] - run(empty)[0]) * 1000)
row("`inspect` of a 12 MP PNG, user time, to OpenCV's imread alone", median(ours), median(theirs), median(ours) / median(theirs))

walls = [[run(inspect(p), 2)[1] for p in photos[:3]] for _ in range(ROUNDS)]
alone = sorted(median(w) for w in zip(*walls))
together = median([run(check, 2)[1] for _ in range(ROUNDS)])
due = alone[2] + (alone[0] + alone[1]) / 2
row("`check` of three that fit, wall time, 2 threads, to the slowest `inspect` and half the rest", together * 1000, due * 1000, together / due)

body = os.path.join(folder, "body.json")
os.environ["IDENFY_TOKEN"] = "3FA5TFPA2ZE3LMPGGS1EGOJNJE"
highest = max(peak([*check, "--out", body]) for _ in range(5))
size = os.path.getsize(body)
print(f"\nPeak memory of `check` of three that fit: {highest / 1e6:.1f} MB, {highest / size:.2f} times the body of {size / 1e6:.1f} MB.")
