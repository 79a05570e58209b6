// See browser.sh. usage: node browser.mjs REPOSITORY CHROMIUM FOLDER [--screenshots]
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [, , repository, executablePath, folder, flag] = process.argv;
const screenshots = flag === '--screenshots';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const file = (name) => `${repository}/testdata/${name}`;
const target = `${repository}/target/debug`;

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const browser = await chromium.launchPersistentContext(`${folder}/profile`, { executablePath, args, viewport: { width: 1200, height: 900 } });
const page = await browser.newPage();
const errors = [];
page.on('console', (said) => said.type() === 'error' && errors.push(said.text()));
page.on('pageerror', (error) => errors.push(String(error)));

// The service says 503 and 413 in this test, which browsers tell on the console.
const quiet = (allowed = /$^/) => assert.deepEqual(errors.splice(0).filter((said) => !allowed.test(said)), []);

async function accessible(name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`), [], `${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

// Every shape of one picture, in pixels of the original by where it is on the screen.
const drawn = (stage) => stage.evaluate((stage, selector) => {
  const img = stage.querySelector('img').getBoundingClientRect();
  const [, , width, height] = stage.querySelector('svg').getAttribute('viewBox').split(' ').map(Number);
  const shapes = [...stage.querySelectorAll(selector)].filter((s) => s.getBoundingClientRect().width > 0);
  return shapes.map((s) => {
    const b = s.getBoundingClientRect();
    return { kind: s.getAttribute('class'), box: [(b.x - img.x) * width / img.width, (b.y - img.y) * height / img.height, b.width * width / img.width, b.height * height / img.height] };
  });
}, 'svg rect:not(.halo), svg polygon:not(.halo)');

function expected(image) {
  const boxes = [['soft', image.places.soft], ['glare', image.places.glare], ['face', image.places.faces]];
  const list = boxes.flatMap(([kind, places]) => places.map((box) => ({ kind, box })));
  if (image.document && image.step !== 'FACE') {
    const [x, y] = [0, 1].map((i) => image.document.quad.map((corner) => corner[i]));
    list.push({ kind: 'quad', box: [Math.min(...x), Math.min(...y), Math.max(...x) - Math.min(...x), Math.max(...y) - Math.min(...y)] });
  }
  return list;
}

function same(shapes, image) {
  const sorted = (list) => list.map(({ kind, box }) => ({ kind, box })).sort((a, b) => (a.kind + a.box[0]).localeCompare(b.kind + b.box[0]));
  const [seen, wanted] = [sorted(shapes), sorted(expected(image))];
  assert.deepEqual(seen.map((s) => s.kind).sort(), wanted.map((s) => s.kind).sort(), image.step);
  for (const { kind, box } of wanted) {
    // Two pixels on the screen, at the scale of the picture.
    const near = (other) => other.kind === kind && other.box.every((v, i) => Math.abs(v - box[i]) < image.width / 150);
    assert.ok(seen.some(near), `${image.step}: ${kind} at ${box} is not in ${JSON.stringify(seen)}`);
  }
}

function preflight(...arguments_) {
  const done = spawnSync(`${target}/preflight`, arguments_, { cwd: repository, encoding: 'utf8', env: { ...process.env, IDENFY_TOKEN: 'EXAMPLETOKEN2026' } });
  assert.notEqual(done.status, 2, done.stderr);
  return done.stdout;
}

// The report's page.
const four = ['check', '--country', 'LT', '--document-type', 'ID_CARD', '--front', 'testdata/glare.jpg', '--back', 'testdata/back.jpg',
  '--face', 'testdata/face.jpg', '--utility-bill', 'testdata/too_blurry.jpg', '--format', 'json'];
const report = JSON.parse(preflight(...four, '--report', `${folder}/report.html`));
await page.goto(`file://${folder}/report.html`);
assert.equal(await page.title(), 'Not ready: 3 findings to settle');
const stages = page.locator('.stage');
const switches = (on) => page.locator('.show').evaluateAll((all, on) => all.forEach((s) => { s.checked = on; }), on);
assert.equal(await stages.count(), report.images.length);
// What no finding is about is switched off at first.
assert.deepEqual((await drawn(stages.nth(1))).map((s) => s.kind), ['quad']);
await switches(false);
assert.deepEqual(await drawn(stages.nth(0)), []);
await switches(true);
for (const [i, image] of report.images.entries()) same(await drawn(stages.nth(i)), image);
for (const finding of report.images.flatMap((image) => image.findings)) assert.ok((await page.content()).includes(finding.rule));
await accessible('report');
if (screenshots) {
  await page.setViewportSize({ width: 1100, height: 1000 });
  await page.locator('section', { has: page.locator('#image-0') }).screenshot({ path: file('report_page.jpg'), type: 'jpeg', quality: 70 });
}
// By keyboard: the first switch is one tab away, and the space bar turns its drawing off and on.
await page.keyboard.press('Tab');
for (const visible of [false, true]) {
  await page.keyboard.press('Space');
  assert.equal(await page.locator('g.quad').first().isVisible(), visible);
}
const focusable = await page.locator('input, pre[tabindex], summary, a[href]').count();
const reached = new Set();
for (let i = 0; i < focusable + 2; i++) {
  reached.add(await page.evaluate(() => [...document.querySelectorAll('input, pre[tabindex], summary, a[href]')].indexOf(document.activeElement)));
  await page.keyboard.press('Tab');
}
assert.equal([...reached].filter((i) => i >= 0).length, focusable, 'everything is reached by the tab key');
// On a phone nothing is cut off, and on paper nothing is lost.
await page.setViewportSize({ width: 360, height: 780 });
assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no scrolling sideways');
for (const [i, image] of report.images.entries()) same(await drawn(stages.nth(i)), image);
await page.emulateMedia({ media: 'print' });
assert.equal(await stages.first().isVisible(), true);
await page.emulateMedia({ media: 'screen' });
quiet();
preflight('inspect', 'testdata/glare.jpg', '--redact', '--report', `${folder}/redacted.html`);
await page.goto(`file://${folder}/redacted.html`);
assert.equal(await page.getByText('glare.jpg').count(), 0);
await accessible('redacted report');
quiet();
// In German: no heading or label is left that the English page has, but the steps' names, and it is read out as German.
const labels = () => page.locator('h1, h2, h3, th, label, .badge').evaluateAll((all) => all.map((e) => [...e.childNodes]
  .filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join(' ')).filter((text) => /[a-z]/.test(text)));
await page.goto(`file://${folder}/report.html`);
const english = new Set(await labels());
preflight(...four, '--language', 'de', '--report', `${folder}/german.html`);
await page.goto(`file://${folder}/german.html`);
assert.equal(await page.title(), 'Nicht bereit: 3 Befunde sind zu klären');
assert.equal(await page.locator('html').getAttribute('lang'), 'de');
const german = await labels();
assert.ok(german.length > 30 && english.size > 10);
assert.deepEqual(german.filter((text) => english.has(text)), []);
await accessible('German report');
await page.setViewportSize({ width: 360, height: 780 });
assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no scrolling sideways in German');
quiet();
console.log('report: right');

// The upload service.
const service = spawn(`${target}/examples/upload_service`, ['127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => service.kill('SIGKILL'));
const [line] = await once(service.stdout, 'data');
const address = String(line).match(/http:\S+/)[0];
await page.setViewportSize({ width: 1100, height: 900 });
// What the page is told, kept for this test.
await page.addInitScript(() => {
  const { fetch } = window;
  window.fetch = async (...call) => {
    const answer = await fetch(...call);
    if (call[0].startsWith('/look/') && answer.ok) window.looked = await answer.clone().json();
    return answer;
  };
});
await page.goto(address);
await accessible('upload page');
async function give(step, name) {
  await page.evaluate(() => { window.looked = null; });
  await page.setInputFiles(`#${step}`, file(name));
  const image = await (await page.waitForFunction(() => window.looked)).jsonValue();
  const box = page.locator('.photo').filter({ has: page.locator(`#${step}`) });
  await box.getByText(image.verdict === 'ready' ? 'This can be sent.' : 'This cannot be sent.').waitFor();
  await box.locator('img').evaluate((img) => img.decode());
  const told = image.findings.some((f) => f.rule === 'too_blurry');
  same(await drawn(box.locator('.shown')), { ...image, places: { ...image.places, soft: told ? image.places.soft : [] } });
  return image;
}
assert.equal((await give('FRONT', 'glare.jpg')).verdict, 'refused');
await give('BACK', 'back.jpg');
await give('FACE', 'face.jpg');
await accessible('upload page with photos');
if (screenshots) await page.screenshot({ path: file('upload_page.jpg'), type: 'jpeg', quality: 70 });
await page.locator('button').click();
await page.getByText('FRONT: A reflection hides print').waitFor();
await give('FRONT', 'front.jpg');
// By keyboard: from the first photo to the button, and sent with Enter.
await page.locator('#FRONT').focus();
const names = [];
for (let i = 0; i < 6; i++) {
  names.push(await page.evaluate(() => document.activeElement.id || document.activeElement.name || document.activeElement.localName));
  if (i < 5) await page.keyboard.press('Tab');
}
assert.deepEqual(names, ['FRONT', 'BACK', 'FACE', 'country', 'documentType', 'button']);
await page.keyboard.press('Enter');
await page.getByText('Sent. The result comes later.').waitFor();
await page.setViewportSize({ width: 360, height: 780 });
assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no scrolling sideways');
if (screenshots) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: file('upload_phone_page.jpg'), type: 'jpeg', quality: 70 });
}
quiet();

// More than it can do at a time, larger than it takes, and a stop in the middle.
const front = readFileSync(file('front.jpg'));
const look = (body) => fetch(`${address}/look/FRONT`, { method: 'POST', body });
const many = await Promise.all(Array.from({ length: 24 }, () => look(front)));
const statuses = new Set(many.map((answer) => answer.status));
assert.deepEqual([...statuses].sort(), [200, 503]);
assert.ok(many.every((answer) => answer.status === 200 || answer.headers.get('retry-after') === '1'));
assert.equal((await look(Buffer.alloc(21 << 20))).status, 413);
const last = look(front);
await new Promise((go) => setTimeout(go, 50));
const exited = once(service, 'exit');
service.kill('SIGINT');
assert.equal((await last).status, 200);
await browser.close(); // its connections end the wait
assert.deepEqual(await exited, [0, null]);
console.log('upload service: right');
