"""What a batch in Python would do: a process for each core; read, decode, sharpness, glare and base64 with OpenCV, and
with `faces` also what `batch` does of a FACE: a search for faces, by the cascade that comes with OpenCV.
usage: batch_opencv.py PROCESSES LINES.jsonl [faces]   prints images a second"""
import base64
import json
import sys
import time
from multiprocessing import Pool

import cv2
import numpy as np

cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml") if "faces" in sys.argv else None


def inspect(line):
    results = []
    for step, path in json.loads(line)["images"].items():
        with open(path, "rb") as file:
            content = file.read()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            results.append({"step": step, "error": "unreadable"})
            continue
        scale = 1600 / max(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        sharpness = cv2.Laplacian(gray, cv2.CV_32F).var()
        hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
        glare = ((hsv[..., 2] > 250) & (hsv[..., 1] < 30)).mean()
        faces = []
        if cascade and step == "FACE":
            # Small, as is usual for it: 640 pixels. A tenth between scales is the default, five neighbours keep most
            # false faces out.
            faces = cascade.detectMultiScale(cv2.resize(gray, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), 1.1, 5)
        body = base64.b64encode(content)
        results.append({"step": step, "sharpness": float(sharpness), "glare": float(glare), "faces": len(faces), "body": len(body)})
    return results


if __name__ == "__main__":
    cv2.setNumThreads(1)
    lines = open(sys.argv[2]).read().splitlines()
    with Pool(int(sys.argv[1])) as pool:
        start = time.perf_counter()
        images = sum(len(results) for results in pool.imap(inspect, lines))
        print(images / (time.perf_counter() - start))
