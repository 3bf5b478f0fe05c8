// Sealing: POST /api/sign, a form for each document.

import { byId, dropping, make, readable, save } from './dom.js';
import { Problem } from './api.js';
import { place, preparePlace } from './place.js';
import { Queue } from './queue.js';

// prepareSealing gives what asks whether leaving the page would lose something.
export function prepareSealing(service, verifyFile) {
  const form = byId('seal-form');
  preparePlace(form);
  const queue = new Queue(byId('seal-list'), byId('seal-summary'), 'Sealing', (row) => seal(service, row, verifyFile));
  const ready = () => queue.rows.filter((row) => row.state === 'waiting');
  const sealed = () => queue.rows.filter((row) => row.result);
  queue.changed = () => {
    byId('seal-start').textContent = ready().length > 1 ? `Seal ${ready().length} documents` : 'Seal';
    byId('seal-save').hidden = sealed().length < 2;
  };
  dropping(byId('seal-drop'), byId('seal-files'), (files) => queue.add(files));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (ready().length === 0) {
      byId('seal-summary').textContent = 'Choose PDF files first.';
      byId('seal-files').focus();
      return;
    }
    const options = chosen(form); // a copy: later changes of the form do not affect these documents
    const rows = ready();
    rows.forEach((row) => { row.options = options; });
    queue.run(rows);
  });
  byId('seal-save').addEventListener('click', () => sealed().forEach(keep));
  return () => queue.rows.some((row) => row.state === 'working' || (row.result && !row.saved));
}

function chosen(form) {
  const options = { ...place(form) };
  for (const name of ['certificate', 'level', 'reason', 'location', 'password']) {
    if (byId(name).value) {
      options[name] = byId(name).value;
    }
  }
  return options;
}

async function seal(service, row, verifyFile) {
  const refused = service.refuse(row.file);
  if (refused) {
    throw new Problem(413, { detail: refused });
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(row.options)) {
    form.set(name, value);
  }
  form.set('document', row.file);
  const answer = await service.post('sign', form, 'application/pdf', row.told('Sealing'));
  row.result = new File([answer.blob], sealedName(row.file.name), { type: 'application/pdf' });
  const download = row.button('Download', () => keep(row));
  row.show('done', `Sealed, ${answer.header('Influxion-Level')}`, download, row.button('Verify', () => verifyFile(row.result)));
  row.more.replaceChildren(make('p', { className: 'soft small' }, 'Certificate ', make('strong', {}, readable(answer.header('Influxion-Certificate')))));
  for (const [name, before] of [['Influxion-Shortfall', 'Lower than requested: '], ['Influxion-Remarks', 'About the document: '], ['Influxion-PDF-UA-Lost', 'No longer accessible as it declares: ']]) {
    if (answer.header(name)) {
      row.more.append(make('p', { className: 'doubt small' }, before + readable(answer.header(name), 500)));
    }
  }
}

function keep(row) {
  row.saved = true;
  save(row.result, row.result.name);
}

const sealedName = (name) => `${readable(name, 200).replace(/\.pdf$/i, '')}-sealed.pdf`;
