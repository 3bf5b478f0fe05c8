// A browser whose every fault is one of the page's: what its policy refuses, what goes to other origins, what fails in a script.

import assert from 'node:assert/strict';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const site = process.env.INFLUXION_CLIENT_URL;
const authority = new URL(process.env.LOCALAZURE_CONTROL).origin;
export const person = 'signer@example.org';

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

// Visit is one browser profile, as a fresh person has it.
export class Visit {
  static async start(browser, options = {}) {
    const visit = new Visit();
    visit.faults = [];
    visit.context = await browser.newContext({ acceptDownloads: true, locale: 'en-GB', ...options });
    visit.context.setDefaultTimeout(90_000); // a busy machine must not fail the page
    await visit.context.exposeBinding('violated', (_, text) => visit.faults.push(`policy: ${text}`));
    await visit.context.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
      globalThis.violated?.(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)));
    visit.context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'blob:' && ![site, authority].includes(origin)) {
        visit.faults.push(`a request to ${request.url()}`);
      }
    });
    visit.asked = 0; // whether to leave the page
    visit.context.on('dialog', (dialog) => {
      if (dialog.type() === 'beforeunload') {
        visit.asked++;
        dialog.accept();
        return;
      }
      visit.faults.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    visit.context.on('weberror', (error) => visit.faults.push(`a script: ${error.error()}`));
    visit.context.on('console', (message) => {
      // The browser itself reports answers of 400 and above, and lost connections, which are wanted here.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
        visit.faults.push(`the console: ${message.text()}`);
      }
    });
    visit.page = await visit.context.newPage();
    return visit;
  }

  async open(path = '/api/', page = this.page) {
    await page.goto(site + path);
    await page.locator('body').waitFor();
  }

  async signIn(page = this.page) {
    await this.open('/api/', page);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: person }).click();
    await page.getByRole('tab', { name: 'Seal' }).waitFor();
  }

  // row is the list entry of a file.
  row(name, list = 'Documents to seal') {
    return this.page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: name });
  }

  async choose(files, tab = 'seal') {
    await this.page.setInputFiles(`#${tab}-files`, [files].flat());
  }

  async accessible(what) {
    // Frames are left out: no script runs in that of a report, axe's neither.
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`), [], `axe: ${what}`);
    assert.ok(found.passes.length > 10, `axe checked too little: ${what}`);
  }

  // whole asserts that no word goes on in a second line, in the page and in the reports on it. A word that is longer than any line of a phone is let off.
  async whole(what) {
    const found = await this.page.evaluate(() => {
      const broken = new Set();
      const documents = [document, ...[...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument)];
      for (const one of documents) {
        const walker = one.createTreeWalker(one.body, NodeFilter.SHOW_TEXT);
        const range = one.createRange();
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          for (const { 0: word, index } of node.data.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]{2,24}(?![\p{L}\p{N}])/gu)) {
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1) {
              broken.add(`${word} in ${node.data.slice(Math.max(0, index - 40), index + 40)}`);
            }
          }
        }
      }
      return [...broken];
    });
    assert.deepEqual(found, [], `${what}: words broken in the middle`);
  }

  // end closes the profile and fails where there are faults other than those wanted. What the browser says of a click can come after it.
  async end(wanted) {
    await this.context.close();
    assert.deepEqual(this.faults.filter((fault) => !wanted?.test(fault)), []);
  }
}

export const pdf = (name, buffer) => ({ name, mimeType: 'application/pdf', buffer });
