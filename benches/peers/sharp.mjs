// The same work with sharp: shrink on load, Laplacian, share of white, base64.
// usage: node sharp.mjs THREADS FILE...   prints milliseconds an image: the best of three passes, start-up left out
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const sharp = createRequire(process.cwd() + '/')('sharp');
const threads = Number(process.argv[2]);
const files = process.argv.slice(3).map(path => readFileSync(path));
sharp.concurrency(1);
sharp.cache(false);

async function inspect(file) {
  const { data, info } = await sharp(file, { failOn: 'truncated' })
    .rotate().resize(1600, 1600, { fit: 'inside' }).raw().toBuffer({ resolveWithObject: true });
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
  const kernel = { width: 3, height: 3, kernel: [0, 1, 0, 1, -4, 1, 0, 1, 0], offset: 128 };
  const edges = await sharp(data, raw).greyscale().convolve(kernel).stats();
  const white = await sharp(data, raw).threshold(250).stats();
  const [sharpness, glare] = [edges.channels[0].stdev ** 2, white.channels[0].mean / 255];
  return JSON.stringify({ sharpness, glare, image: file.toString('base64') });
}

let best = Infinity;
for (let pass = 0; pass < 3; pass++) {
  const start = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: threads }, async () => {
    while (next < files.length) await inspect(files[next++]);
  }));
  best = Math.min(best, performance.now() - start);
}
console.log(best / files.length);
