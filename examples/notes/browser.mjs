// Uses the page of `main.fl` as a person does, in Debian's Chromium without a window:
//
//     node browser.mjs http://localhost:8080/
//
// It types notes, ticks one, removes one, loads the page anew, and compares what is seen each time with what should be.
// Chromium (or CHROMIUM) is driven over a pipe by its DevTools protocol. Exits with 1 and says why when something is wrong.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const url = process.argv[2];
if (!url) {
  console.error('usage: node browser.mjs URL');
  process.exit(1);
}
const profile = mkdtempSync(join(tmpdir(), 'flash-chromium-'));
const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
  '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true });
let problem = null, isOver = false;
browser.on('error', (error) => { problem = `chromium does not start: ${error.message}`; leave(); });
browser.on('exit', leave);
const watchdog = setTimeout(() => end('chromium has not finished in 60 seconds'), 60000);

/** Ends the browser with all its processes, and then this one. */
function end(reason) {
  problem = reason;
  isOver = true;
  try { process.kill(-browser.pid, 'SIGKILL'); } catch { leave(); }
}
function leave() {
  if (!isOver) problem ??= 'chromium has ended too early';
  clearTimeout(watchdog);
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  if (problem) console.error(problem);
  process.exit(problem ? 1 : 0);
}
function fail(reason) { throw new Error(reason); }

// The protocol: a document of JSON, a zero byte.
let last = 0, input = '', session;
const waiting = new Map(), seen = [];
browser.stdio[3].on('error', () => {});
browser.stdio[4].setEncoding('utf8').on('data', (piece) => {
  const messages = (input + piece).split('\0');
  input = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
    } else seen.push(message);
  }
});
function call(method, params = {}) {
  const id = ++last;
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + '\0');
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
async function evaluate(expression) {
  const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) fail(`the page throws: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return result.value;
}

/** What a person sees: the title, and the notes with a mark for those that are done. */
const view = `document.title + ': ' + [...document.querySelectorAll('li')].map((item) =>
  (item.querySelector('input').checked && item.className == 'done' ? '[x] ' : '[ ] ') + item.querySelector('span').textContent).join(', ')`;
async function expect(step, expected) {
  let shown;
  for (let tries = 0; tries < 100; tries++) {
    shown = await evaluate(view);
    if (shown === expected) return console.log(`${step}: ${shown}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  fail(`${step}: the page shows "${shown}" instead of "${expected}"`);
}
/** Clicks into the middle of what a selector finds. */
async function click(selector) {
  const at = await evaluate(`(() => { const r = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
    return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`);
  for (const type of ['mousePressed', 'mouseReleased']) {
    await call('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
  }
}
async function add(text) {
  await click('input[name=text]');
  await call('Input.insertText', { text });
  await click('form button');
}

try {
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  ({ sessionId: session } = await call('Target.attachToTarget', { targetId, flatten: true }));
  await call('Runtime.enable');
  await call('Page.enable');
  const { errorText } = await call('Page.navigate', { url });
  if (errorText) fail(`${url}: ${errorText}`);
  await expect('at first', '0 notes: ');
  await add('milk');
  await expect('one note', '1 note: [ ] milk');
  await add('<b>bread & "butter" ünïcode 🙂');
  await expect('two notes', '2 notes: [ ] milk, [ ] <b>bread & "butter" ünïcode 🙂');
  await click('li:nth-child(1) input');
  await expect('one is done', '2 notes: [x] milk, [ ] <b>bread & "butter" ünïcode 🙂');
  await call('Page.reload', { ignoreCache: true });
  await expect('loaded anew', '2 notes: [x] milk, [ ] <b>bread & "butter" ünïcode 🙂');
  await click('li:nth-child(2) button');
  await expect('one is removed', '1 note: [x] milk');
  const thrown = seen.filter((message) => message.method === 'Runtime.exceptionThrown');
  if (thrown.length > 0) fail(`the page throws: ${JSON.stringify(thrown[0].params.exceptionDetails)}`);
  console.log('the page works');
  end(null);
} catch (error) {
  end(error.message);
}
