"""Decode, sharpness (variance of the Laplacian), glare (saturated, low chroma) and base64 with OpenCV.
usage: opencv.py full|reduced THREADS FILE...   prints milliseconds an image: the best of three passes, start-up left out"""
import base64
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

cv2.setNumThreads(1)
flag = cv2.IMREAD_COLOR if sys.argv[1] == "full" else cv2.IMREAD_REDUCED_COLOR_2
threads = int(sys.argv[2])
files = [open(path, "rb").read() for path in sys.argv[3:]]


def inspect(file):
    picture = cv2.imdecode(np.frombuffer(file, np.uint8), flag)
    scale = 1600 / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sharpness = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var()
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    glare = ((hsv[..., 2] > 250) & (hsv[..., 1] < 30)).mean()
    return json.dumps({"sharpness": float(sharpness), "glare": float(glare), "image": base64.b64encode(file).decode()})


best = float("inf")
with ThreadPoolExecutor(threads) as pool:
    for _ in range(3):
        start = time.perf_counter()
        list(pool.map(inspect, files))
        best = min(best, time.perf_counter() - start)
print(best / len(files) * 1000)
