// What a person does on the page, in Chromium: check.sh starts what it needs. node check.mjs FOLDER [--shots FOLDER]

import assert from 'node:assert/strict';
import { readFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Visit, launch, pdf, person, site } from './browser.mjs';

const [folder, , shots] = process.argv.slice(2);
const [plain, signed] = await Promise.all(['in.pdf', 'first.pdf'].map((name) => readFile(join(folder, name))));
const markup = '</bdi></dd><img src=x onerror=alert(1)>"\'<script>alert(2)</script>';
const long = 'Framework_agreement_on_electronic_procurement_2026-11-30_final.version_for_signature.pdf';
const browser = await launch();
if (shots) {
  await mkdir(shots, { recursive: true });
}

async function shot(visit, name) {
  if (shots) {
    await visit.page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
}

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  'dark-phone': { colorScheme: 'dark', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

async function looksRight(name, options) {
  const visit = await Visit.start(browser, options);
  await visit.open();
  await visit.page.getByRole('button', { name: 'Sign in' }).waitFor();
  await shot(visit, `${name}-1-welcome`);
  await visit.accessible(`${name}: welcome`);
  await visit.signIn();
  await visit.page.getByLabel('In a place of my choice').check();
  await visit.page.getByText('More options').click();
  await visit.choose([pdf(long, plain), pdf('Contract 2026.pdf', plain), pdf('no document.pdf', Buffer.from('no PDF'))]);
  await visit.page.getByRole('button', { name: 'Seal 3 documents' }).click();
  await visit.row('Contract 2026').getByText('Sealed, B-B').waitFor();
  await visit.row('no document').getByText('Refused').waitFor();
  await shot(visit, `${name}-2-seal`);
  await visit.accessible(`${name}: seal`);
  await visit.whole(`${name}: seal`);
  await visit.page.getByRole('tab', { name: 'Verify' }).click();
  await visit.choose([pdf('first.pdf', signed)], 'verify');
  await visit.row('first.pdf', 'Documents to verify').getByText('Valid', { exact: true }).first().waitFor();
  await shot(visit, `${name}-3-verify`);
  await visit.accessible(`${name}: verify`);
  await visit.whole(`${name}: verify`);
  await visit.page.getByRole('tab', { name: 'What I may use' }).click();
  await visit.page.getByRole('heading', { name: 'company-seal' }).waitFor();
  await shot(visit, `${name}-4-certificates`);
  await visit.accessible(`${name}: certificates`);
  await visit.whole(`${name}: certificates`);
  const overflow = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${name}: the page is ${overflow} px wider than the window`);
  await visit.open('/api/docs');
  await shot(visit, `${name}-5-docs`);
  await visit.accessible(`${name}: docs`);
  await visit.page.evaluate(() => { for (const one of document.querySelectorAll('details')) { one.open = true; } });
  await visit.whole(`${name}: docs`);
  await visit.end();
}

const tests = {
  ...Object.fromEntries(Object.entries(looks).map(([name, options]) =>
    [`looks right and is accessible: ${name}`, () => looksRight(name, options)])),

  async 'signs in without leaving a trace'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    let code;
    page.on('response', (response) => {
      const to = response.headers().location ?? '';
      code ??= to.startsWith(site) ? new URLSearchParams(new URL(to).hash.slice(1)).get('code') : undefined;
    });
    await visit.signIn();
    assert.ok(code, 'the code comes in the fragment');
    assert.equal(page.url(), `${site}/api/`);
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    assert.deepEqual(await page.evaluate(() => indexedDB.databases()), []);
    assert.equal(await page.locator('#who').textContent(), person);
    await page.reload(); // the token was in memory alone
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.goto(`${site}/api/#code=${code}&state=stolen`);
    await page.reload();
    await page.getByText('This answer belongs to no sign-in of this tab').waitFor();
    assert.equal(page.url(), `${site}/api/`);
    await visit.end();
  },

  async 'says why nobody has signed in'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await visit.open();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You have not signed in').waitFor();
    await visit.context.setOffline(true);
    await page.getByText('You are offline').waitFor();
    await visit.context.setOffline(false);
    await page.getByText('You are offline').waitFor({ state: 'detached' });
    // The authority's own words are text, whatever they are.
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: person }).waitFor();
    await page.goBack();
    await page.waitForURL(`${site}/api/`);
    const state = await page.evaluate(() => JSON.parse(sessionStorage.getItem('influxion.sign-in')).state);
    await page.goto(`${site}/api/#${new URLSearchParams({ error: 'server_error', error_description: markup, state })}`);
    await page.reload();
    await page.getByText(`The authority says: ${markup}`).waitFor();
    await visit.end();
  },

  async 'seals several documents, which verify'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await visit.signIn();
    await page.getByLabel('Certificate').selectOption('hardware-seal');
    await page.getByLabel('Level').selectOption('B-LTA');
    await page.getByLabel('Reason').fill(markup);
    await page.getByLabel('In a place of my choice').check();
    await page.locator('#sheet').click({ position: { x: 30, y: 20 } });
    const names = [`${markup.replaceAll('/', '')}.pdf`, 'fdp.\u202eexe.pdf', 'Prüfung.pdf'];
    await visit.choose(names.map((name) => pdf(name, plain)));
    await page.evaluate(() => {
      const { set } = FormData.prototype;
      FormData.prototype.set = function (name, ...value) {
        globalThis.sent = { ...globalThis.sent, [name]: value[0] };
        set.call(this, name, ...value);
      };
    });
    await page.getByRole('button', { name: 'Seal 3 documents' }).click();
    await page.getByText('3 documents: 3 done.').waitFor();
    assert.equal(await page.getByText('fdp.\ufffdexe.pdf').count(), 1, 'what turns a name around is shown as such');
    const row = visit.row('Prüfung');
    assert.match(await row.textContent(), /Sealed, B-LTA.*hardware-seal/);
    const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('button', { name: 'Download' }).click()]);
    assert.equal(download.suggestedFilename(), 'Prüfung-sealed.pdf');
    const sealed = await readFile(await download.path());
    assert.ok(sealed.subarray(0, plain.length).equals(plain) && sealed.length > plain.length, 'the original is its beginning');
    assert.match(await page.evaluate(() => globalThis.sent.box), /^[0-9]\.[0-9]{2},7[0-9]{2}\.[0-9]{2},198.43,62.36$/, 'where the sheet was clicked');
    await visit.row('<img').getByRole('button', { name: 'Verify' }).click();
    const verified = visit.row('<img', 'Documents to verify');
    await verified.getByText('Valid', { exact: true }).first().waitFor();
    const report = verified.locator('iframe').contentFrame();
    await report.getByText(markup).first().waitFor({ state: 'attached' });
    await report.locator('summary').first().click();
    await page.waitForFunction(() => {
      const frame = document.querySelector('iframe');
      const { height } = frame.contentDocument.body.getBoundingClientRect();
      return height > 300 && frame.clientHeight >= height && frame.clientHeight < height + 20;
    });
    const [kept] = await Promise.all([page.waitForEvent('download'), verified.getByRole('button', { name: 'Save report' }).click()]);
    assert.match(await readFile(await kept.path(), 'utf8'), /^<!DOCTYPE html>/);
    await page.goto('about:blank');
    assert.equal(visit.asked, 1, 'leaving asks, because not all is downloaded');
    await visit.end();
  },

  async 'tells a changed document from a good one'() {
    const visit = await Visit.start(browser);
    await visit.signIn();
    await visit.page.getByRole('tab', { name: 'Verify' }).click();
    const changed = Buffer.from(signed);
    changed[changed.indexOf('/Contents') - 40] ^= 1;
    changed.write('%PDF-1.6', 0);
    await visit.choose([pdf('changed.pdf', changed), pdf('unsigned.pdf', plain), pdf('none.pdf', Buffer.from('none'))], 'verify');
    await visit.row('changed.pdf', 'Documents to verify').getByText('Not valid', { exact: true }).first().waitFor();
    await visit.row('none.pdf', 'Documents to verify').getByText('Refused').waitFor();
    await visit.row('unsigned.pdf', 'Documents to verify').locator('iframe').waitFor();
    await visit.end();
  },

  async 'shows hostile certificates and reports as what they are'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    const hostile = { name: 'seal', version: '0', subject: `CN=${markup}`, issuer: markup, not_after: markup, key_algorithm: markup, fingerprint: markup, days_left: 3, successor: { version: markup, reason: markup } };
    await page.route('**/api/certificates', (route) => route.fulfill({ json: { certificates: [hostile], unavailable: [{ name: markup, code: markup }] } }));
    await visit.signIn();
    await page.getByRole('tab', { name: 'What I may use' }).click();
    await page.getByText(`CN=${markup}`).waitFor();
    await page.getByText(`${markup} cannot be used now: ${markup}`).waitFor();
    assert.equal(await page.locator('img[src=x], #work script').count(), 0);
    // The report that the verifier's own tests fill with markup, control characters and long words.
    const made = await readFile(join(folder, 'hostile.html'), 'utf8');
    await page.route('**/api/verify', (route) => route.fulfill({ contentType: 'text/html', body: made }));
    await page.getByRole('tab', { name: 'Verify' }).click();
    await visit.choose(pdf('hostile.pdf', plain), 'verify');
    const shown = visit.row('hostile.pdf', 'Documents to verify').locator('iframe').contentFrame();
    await shown.getByText('<script>alert(1)</script>').first().waitFor({ state: 'attached' });
    assert.equal(await shown.locator('script, img[src=x]').count(), 0);
    assert.deepEqual(visit.faults, []);
    await page.unroute('**/api/verify');
    // Were a report itself to hold a script, the frame would not run it.
    await page.route('**/api/verify', (route) => route.fulfill({ contentType: 'text/html', body:
      `<section class="verdict good"><h1>Valid</h1></section><script>parent.document.title = 'taken over'</script>${markup}<a href="javascript:alert(3)">x</a>` }));
    await page.getByRole('tab', { name: 'Verify' }).click();
    await visit.choose(pdf('a.pdf', plain), 'verify');
    const row = visit.row('a.pdf', 'Documents to verify');
    await row.getByText('Valid', { exact: true }).first().waitFor();
    await row.locator('iframe').contentFrame().getByText('x', { exact: true }).click();
    assert.notEqual(await page.title(), 'taken over');
    // The browser says that it has refused just these.
    await visit.end(/^(policy: (script-src|img-src)|the console: .*(script|violates|Content Security))/i);
    assert.ok(visit.faults.length > 0);
  },

  async 'waits where the service is busy'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await visit.signIn();
    let refused = 0;
    await page.route('**/api/sign', (route) => (refused++ === 0
      ? route.fulfill({ status: 503, headers: { 'Retry-After': '1' }, contentType: 'application/problem+json', body: '{"code":"busy","detail":"busy"}' })
      : route.continue()));
    await visit.choose(pdf('a.pdf', plain));
    await page.getByRole('button', { name: 'Seal', exact: true }).click();
    await visit.row('a.pdf').getByText('The service is busy. Next try in 1 second.').waitFor();
    await visit.row('a.pdf').getByText('Sealed, B-B').waitFor();
    await visit.row('a.pdf').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('1 document').waitFor({ state: 'detached' });
    await visit.end();
  },

  async 'tells what a gateway answers as a refusal'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await visit.signIn();
    const answers = ['{"detail":[{"msg":"no"}],"instance":7}', '{"detail":5,"code":"constructor"}', 'null', '"busy"', '[]', '<h1>Blocked</h1>', ''];
    await page.route('**/api/sign', (route) => route.fulfill({ status: 400, contentType: 'application/json', body: answers.pop() }));
    const names = answers.map((_, i) => `${i}.pdf`);
    await visit.choose(names.map((name) => pdf(name, plain)));
    await page.getByRole('button', { name: `Seal ${names.length} documents` }).click();
    for (const name of names) {
      await visit.row(name).getByText('The service answered with the status 400.').waitFor();
    }
    await visit.end(/status of 400/);
  },

  async 'says that the sign-in has expired, and keeps what is sealed'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await page.clock.install();
    await visit.signIn();
    await visit.choose(pdf('a.pdf', plain));
    await page.getByRole('button', { name: 'Seal', exact: true }).click();
    await visit.row('a.pdf').getByText('Sealed, B-B').waitFor();
    // The service no longer takes the token: the same as when the clocks of both differ.
    await page.route('**/api/sign', (route) => route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer over' } }));
    await visit.choose(pdf('b.pdf', plain));
    await page.getByRole('button', { name: 'Seal', exact: true }).click();
    await visit.row('b.pdf').getByText('Refused').waitFor();
    await page.getByText('Your sign-in has expired').waitFor();
    await page.unroute('**/api/sign');
    await visit.row('b.pdf').getByRole('button', { name: 'Try again' }).click();
    await visit.row('b.pdf').getByText('Sealed, B-B').waitFor();
    // The token's time is over: nothing is sent any more.
    let sent = 0;
    page.on('request', () => sent++);
    await page.clock.fastForward('02:00:00');
    await visit.choose(pdf('c.pdf', plain));
    await page.getByRole('button', { name: 'Seal', exact: true }).click();
    await visit.row('c.pdf').getByText('Refused').waitFor();
    assert.equal(sent, 0);
    for (const name of ['a.pdf', 'b.pdf']) {
      await Promise.all([page.waitForEvent('download'), visit.row(name).getByRole('button', { name: 'Download' }).click()]);
    }
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.getByRole('button', { name: person }).waitFor();
    await visit.end();
  },

  async 'goes on when the connection is back'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    await visit.signIn();
    await visit.context.setOffline(true);
    await visit.choose(pdf('a.pdf', plain));
    await page.getByRole('button', { name: 'Seal', exact: true }).click();
    await visit.row('a.pdf').getByText('No connection').waitFor();
    await page.getByText('You are offline').waitFor();
    await visit.context.setOffline(false);
    await visit.row('a.pdf').getByRole('button', { name: 'Try again' }).click();
    await visit.row('a.pdf').getByText('Sealed, B-B').waitFor();
    await Promise.all([page.waitForEvent('download'), visit.row('a.pdf').getByRole('button', { name: 'Download' }).click()]);
    await visit.end();
  },

  async 'keeps two tabs apart'() {
    const visit = await Visit.start(browser);
    const [first, second] = [visit.page, await visit.context.newPage()];
    for (const page of [first, second]) {
      await visit.open('/api/', page);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: person }).waitFor();
    }
    for (const page of [second, first]) {
      await page.getByRole('button', { name: page === first ? person : 'operator@example.org' }).click();
      await page.getByRole('tab', { name: 'Seal' }).waitFor();
    }
    assert.deepEqual(await Promise.all([first, second].map((page) => page.locator('#who').textContent())), [person, 'operator@example.org']);
    await first.getByRole('button', { name: 'Sign out' }).click();
    await first.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.equal(await second.getByRole('tab', { name: 'Seal' }).isVisible(), true);
    await visit.end();
  },

  async 'works by the keyboard alone'() {
    const visit = await Visit.start(browser);
    const { page } = visit;
    const press = async (...keys) => { for (const key of keys) { await page.keyboard.press(key); } };
    // From the beginning: Playwright tells Chromium to hand the chooser over only once somebody listens, and a key may overtake that.
    const opened = new Promise((resolve) => { page.on('filechooser', resolve); });
    await visit.open();
    await press('Tab', 'Tab', 'Tab', 'Enter'); // past the link to the content and the one to the API
    await page.getByRole('button', { name: person }).waitFor();
    await press('Tab', 'Enter');
    await page.getByRole('tab', { name: 'Seal' }).waitFor();
    await page.getByRole('tab', { name: 'Seal' }).focus();
    await press('ArrowRight');
    assert.equal(await page.getByRole('tab', { name: 'Verify', selected: true }).count(), 1);
    await press('End');
    assert.equal(await page.getByRole('heading', { name: 'What I may use' }).isVisible(), true);
    await press('ArrowRight', 'Tab');
    await page.waitForFunction(() => document.activeElement.id === 'seal-files');
    await press('Enter');
    await (await opened).setFiles(pdf('a.pdf', plain));
    await press('Tab', 'Tab', 'Tab', 'Enter'); // Enter in the reason sends the form
    await visit.row('a.pdf').getByText('Sealed, B-B').waitFor();
    await Promise.all([page.waitForEvent('download'), visit.row('a.pdf').getByRole('button', { name: 'Download' }).press('Enter')]);
    await visit.end();
  },

  async 'is in no frame of others'() {
    const visit = await Visit.start(browser);
    await visit.page.route('http://127.0.0.1:1/', (route) => route.fulfill({ contentType: 'text/html', body: `<iframe src="${site}/api/"></iframe>` }));
    await visit.page.goto('http://127.0.0.1:1/');
    await visit.page.waitForFunction(() => document.querySelector('iframe').contentDocument === null);
    const frame = visit.page.frames().find((one) => one !== visit.page.mainFrame());
    assert.equal(await frame.locator('#main').count(), 0);
    await visit.end(/127\.0\.0\.1:1\/|frame-ancestors|X-Frame-Options/); // the other's own address
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests).filter(([one]) => !process.env.ONLY || one.includes(process.env.ONLY))) {
  const begin = performance.now();
  try {
    await Promise.race([test(), new Promise((_, reject) => setTimeout(reject, 240_000, new Error('no end')).unref())]);
    console.log(`ok    ${name} (${Math.round(performance.now() - begin)} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}
await browser.close();
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
