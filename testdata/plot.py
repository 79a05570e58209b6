#!/usr/bin/env python3
"""Draws `legibility.svg`: the score against what an OCR engine read, and the trade-off between the two kinds of error.

usage: plot.py BINARY CAPTURES_DIR > testdata/legibility.svg    (CAPTURES_DIR holds *.jpg and labels.jsonl)
Standard library only.
"""
import json, os, random, subprocess, sys

COLOURS = dict(none='#333', defocus='#1f77b4', misfocus='#17becf', motion='#2ca02c', glare='#ff7f0e', dark='#9467bd',
               noise='#8c564b', small='#e377c2', lowq='#7f7f7f', cutoff='#d62728', shadow='#bcbd22', partial='#0a5')


def main():
    binary, folder = sys.argv[1:]
    labels = [json.loads(line) for line in open(os.path.join(folder, 'labels.jsonl'))]
    files = [os.path.join(folder, l['file']) for l in labels]
    out = subprocess.run([binary, 'inspect', '--format', 'jsonl', '--', *files], stdout=subprocess.PIPE).stdout
    points = []
    for label, line in zip(labels, out.splitlines()):
        score = json.loads(line)['scores']['legibility']
        points.append((label['read'], 50 if score is None else score, label['fault']))
    rng, svg = random.Random(1), []
    text = lambda x, y, s, more='': svg.append(f'<text x="{x:.0f}" y="{y:.0f}" {more}>{s}</text>')
    # Scatter, 360 x 300 at (60, 30).
    x = lambda v: 60 + 360 * v
    y = lambda v: 330 - 3 * v
    svg.append(f'<rect x="{x(0):.0f}" y="{y(100):.0f}" width="{x(.6) - x(0):.0f}" height="300" fill="#fbeaea"/>')
    svg.append(f'<rect x="{x(.85):.0f}" y="{y(100):.0f}" width="{x(1) - x(.85):.0f}" height="300" fill="#eaf6ea"/>')
    for cut, name in ((20, 'low'), (50, 'medium'), (80, 'high')):
        svg.append(f'<path d="M60 {y(cut)}H420" stroke="#999" stroke-dasharray="4 3"/>')
        text(424, y(cut) + 4, name)
    for read, score, fault in points:
        jx, jy = rng.uniform(-5, 5), rng.uniform(-2, 2)
        svg.append(f'<circle cx="{x(read) + jx:.1f}" cy="{y(score) + jy:.1f}" r="3.2" fill="{COLOURS.get(fault, "#000")}" fill-opacity=".75"/>')
    svg.append('<rect x="60" y="30" width="360" height="300" fill="none" stroke="#333"/>')
    text(240, 362, 'share of fields that the OCR engine read', 'text-anchor="middle"')
    text(20, 180, 'legibility', 'text-anchor="middle" transform="rotate(-90 20 180)"')
    for v in (0, .6, .85, 1): text(x(v), 345, v, 'text-anchor="middle"')
    for v in (0, 50, 100): text(54, y(v) + 4, v, 'text-anchor="end"')
    for i, fault in enumerate(sorted({p[2] for p in points})):
        text(74 + 72 * (i % 5), 386 + 15 * (i // 5), fault)
        svg.append(f'<circle cx="{67 + 72 * (i % 5)}" cy="{382 + 15 * (i // 5)}" r="4" fill="{COLOURS.get(fault, "#000")}"/>')
    # Both kinds of error for every cut-off, 300 x 300 at (540, 30), up to 30 %.
    good = [s for r, s, f in points if r >= .85 and f != 'cutoff']
    bad = [s for r, s, f in points if r < .6]
    rate = lambda n, of: 100 * n / max(1, len(of))
    pair = lambda cut: (rate(sum(s < cut for s in good), good), rate(sum(s >= cut for s in bad), bad))
    place = lambda p: (540 + 10 * min(p[0], 30), 330 - 10 * min(p[1], 30))
    curve = [place(pair(cut)) for cut in range(0, 102)]
    svg.append('<path d="M' + 'L'.join(f'{a:.1f} {b:.1f}' for a, b in curve) + '" fill="none" stroke="#1f77b4" stroke-width="2"/>')
    for cut, name in ((20, 'low'), (50, 'medium'), (80, 'high')):
        a, b = place(pair(cut))
        svg.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="#d62728"/>')
        text(a + 7, b - 5, name)
    svg.append('<rect x="540" y="30" width="300" height="300" fill="none" stroke="#333"/>')
    text(690, 362, 'readable under the cut-off, %', 'text-anchor="middle"')
    text(505, 180, 'unreadable over it, %', 'text-anchor="middle" transform="rotate(-90 505 180)"')
    for v in (0, 10, 20, 30):
        text(540 + 10 * v, 345, v, 'text-anchor="middle"')
        text(534, 334 - 10 * v, v, 'text-anchor="end"')
    print('<svg xmlns="http://www.w3.org/2000/svg" width="860" height="420" font-family="sans-serif" font-size="11">')
    print('<rect width="860" height="420" fill="#fff"/>', *svg, '</svg>', sep='\n')


if __name__ == '__main__':
    main()
