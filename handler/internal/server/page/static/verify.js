// Verifying: POST /api/verify. The report is the service's own page, shown in a frame in which no
// script runs.

import { byId, dropping, make, readable, save } from './dom.js';
import { Problem } from './api.js';
import { Queue } from './queue.js';

// prepareVerifying gives what verifies a file that is at hand already.
export function prepareVerifying(service) {
  const queue = new Queue(byId('verify-list'), byId('verify-summary'), 'Verifying', (row) => verify(service, row));
  const take = (files) => queue.run(queue.add(files));
  dropping(byId('verify-drop'), byId('verify-files'), take);
  return (file) => take([file]);
}

async function ask(service, row, accept) {
  const form = new FormData();
  form.set('document', row.file);
  return (await service.post('verify', form, accept, row.told('Verifying'))).blob;
}

async function verify(service, row) {
  const refused = service.refuse(row.file);
  if (refused) {
    throw new Problem(413, { detail: refused });
  }
  const report = new Blob([await ask(service, row, 'text/html')], { type: 'text/html;charset=utf-8' });
  const frame = await framed(report, row.file.name);
  const details = make('details', { open: true }, make('summary', {}, 'Report'), frame);
  row.more.replaceChildren(details);
  const { word, state } = await loaded(frame);
  row.show('done', word, row.button('Save report', () => save(report, reportName(row.file.name))));
  row.element.dataset.verdict = state;
}

// framed shows a report. allow-same-origin lets this page measure it; without allow-scripts no
// script of the report's would run, and the page's policy, which the frame inherits, forbids it too.
function framed(report, name) {
  const frame = make('iframe', { title: `Report on ${readable(name)}`, className: 'report' });
  frame.setAttribute('sandbox', 'allow-same-origin');
  frame.src = URL.createObjectURL(report);
  return frame;
}

// loaded waits for the report and gives its verdict.
function loaded(frame) {
  return new Promise((resolve, reject) => {
    frame.addEventListener('load', () => {
      URL.revokeObjectURL(frame.src);
      const shown = frame.contentDocument;
      const verdict = shown?.querySelector('.verdict');
      if (!verdict) {
        reject(new Error('the report cannot be shown'));
        return;
      }
      // The height of the content: that of the document is never less than the frame's own.
      const fit = () => { frame.style.height = `${Math.ceil(shown.body.getBoundingClientRect().height) + 2}px`; };
      new ResizeObserver(fit).observe(shown.body);
      fit();
      resolve({
        word: verdict.querySelector('h1').textContent,
        state: ['good', 'doubt', 'bad', 'unknown'].find((one) => verdict.classList.contains(one)) ?? 'unknown',
      });
    }, { once: true });
  });
}

const reportName = (name) => `${readable(name, 200).replace(/\.pdf$/i, '')}-report.html`;
