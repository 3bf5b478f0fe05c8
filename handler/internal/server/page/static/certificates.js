// What the caller may use: GET /api/certificates.

import { byId, counted, day, make, named, readable, save } from './dom.js';

const soon = 30; // days before expiry from which a warning shows

export async function loadCertificates(service) {
  const list = byId('certificate-list');
  const choice = byId('certificate');
  choice.replaceChildren(make('option', { value: '' }, 'Default of this service'));
  list.replaceChildren(make('p', { className: 'soft' }, 'Asking …'));
  let found;
  let lost;
  try {
    ({ certificates: found, unavailable: lost = [] } = await service.get('certificates'));
  } catch (problem) {
    const again = make('button', { type: 'button' }, 'Try again');
    again.addEventListener('click', () => loadCertificates(service));
    list.replaceChildren(make('p', { className: 'bad' }, readable(problem.message, 500)), again);
    return;
  }
  choice.append(...found.map((one) => make('option', { value: one.name }, `${one.name} (${readable(commonName(one.subject), 60)})`)));
  if (found.length === 0) {
    list.replaceChildren(make('p', { className: 'notice doubt' }, 'No certificate is available to you. Your administrator can give you a role for one.'));
    return;
  }
  list.replaceChildren(...found.map((one) => card(service, one)),
    ...lost.map((one) => make('p', { className: 'notice doubt' }, `${readable(one.name)} cannot be used now: ${readable(one.code, 100)}`)));
}

function card(service, one) {
  const ends = one.days_left <= soon ? make('strong', { className: 'doubt' }, `${day(one.not_after)}, in ${counted(one.days_left, 'day', 'days')}`) : day(one.not_after);
  const chain = make('button', { type: 'button', className: 'plain', 'aria-label': `Download the chain of ${readable(one.name)}` }, 'Download the chain (PEM)');
  const said = make('span', { className: 'bad', role: 'status' });
  chain.addEventListener('click', async () => {
    try {
      said.textContent = '';
      save(await service.get(`certificates/${encodeURIComponent(one.name)}`, 'application/x-pem-file'), `${readable(one.name)}.pem`);
    } catch (problem) {
      said.textContent = ` ${readable(problem.message, 300)}`;
    }
  });
  const facts = make('dl', { className: 'facts' });
  for (const [label, ...values] of [
    ['Subject', named(one.subject)], ['Issuer', named(one.issuer)], ['Valid until', ends], ['Key', readable(one.key_algorithm)],
    ['SHA-256', make('code', {}, readable(one.fingerprint))],
    ...(one.successor ? [['Successor', `version ${readable(one.successor.version)} does not sign yet: ${readable(one.successor.reason, 300)}`]] : []),
  ]) {
    facts.append(make('dt', {}, label), make('dd', {}, ...values));
  }
  return make('article', { className: 'certificate' }, make('h3', {}, named(one.name)), facts, make('p', {}, chain, said));
}

// commonName is that of a subject (RFC 4514), or all of it.
const commonName = (subject) => /(?:^|[,+])CN=((?:\\.|[^,+\\])+)/.exec(subject)?.[1].replace(/\\(.)/g, '$1') ?? subject;
