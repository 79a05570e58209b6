// The same with sharp (libvips): shrink on load, Laplacian by convolution, share of blown-out pixels, base64.
// usage: node batch_sharp.mjs JOBS LINES.jsonl   prints images a second
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'

sharp.concurrency(1)
sharp.cache(false)
const lines = readFileSync(process.argv[3], 'utf8').trim().split('\n')
const laplace = { width: 3, height: 3, kernel: [0, 1, 0, 1, -4, 1, 0, 1, 0], offset: 128 }
let next = 0, images = 0

async function inspect (path) {
  const file = await readFile(path)
  const { data, info } = await sharp(file).rotate().resize(1600, 1600, { fit: 'inside' }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } }
  const edges = await sharp(data, raw).greyscale().convolve(laplace).stats()
  const bright = await sharp(data, raw).threshold(250).stats()
  return { sharpness: edges.channels[0].stdev, glare: bright.channels[0].mean / 255, body: file.toString('base64').length }
}

const start = performance.now()
await Promise.all(Array.from({ length: Number(process.argv[2]) }, async () => {
  while (next < lines.length) {
    for (const path of Object.values(JSON.parse(lines[next++]).images)) {
      await inspect(path).catch(error => ({ error }))
      images++
    }
  }
}))
console.log(images / (performance.now() - start) * 1000)
