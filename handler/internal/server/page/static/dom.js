// Building the page. Texts of others only ever become text: there is no markup from a string here,
// and the page's policy (Trusted Types) would refuse it.

export const byId = (id) => document.getElementById(id);

// make gives an element with properties and children. Properties that have a hyphen, and role, are
// attributes.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') {
      element.setAttribute(name, value);
    } else {
      element[name] = value;
    }
  }
  element.append(...children);
  return element;
}

// readable gives a text of others without the characters that would hide or turn around what is
// there, and not endless.
export function readable(text, most = 120) {
  const plain = String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
  return plain.length <= most ? plain : plain.slice(0, most - 1) + '…';
}

// breakable is a text that goes on in a new line after the marks that join words in a name, rather
// than in the middle of a word.
const breakable = (text) => (text.match(/[^-_.,:;@/\\]*[-_.,:;@/\\]+|[^-_.,:;@/\\]+/gu) ?? [])
  .flatMap((part, index) => (index > 0 ? [make('wbr'), part] : [part]));

// named is a name of others, kept from changing the direction of what is around it.
export const named = (text) => make('bdi', {}, ...breakable(readable(text)));

export function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) {
    bytes /= 1000;
  }
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

export const day = (text) => new Date(text).toLocaleDateString(undefined, { dateStyle: 'medium' });

export const counted = (n, one, many) => `${n} ${n === 1 ? one : many}`;

// notice shows a message at the top of the page, one for each key; without a text it goes away.
export function notice(key, kind, text, ...buttons) {
  const id = `notice-${key}`;
  byId(id)?.remove();
  if (text) {
    byId('notices').append(make('p', { id, className: `notice ${kind}` }, text, ...buttons));
  }
}

// dropping has files that are chosen or dropped handed to take.
export function dropping(zone, input, take) {
  input.addEventListener('change', () => {
    take([...input.files]);
    input.value = '';
  });
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    take([...event.dataTransfer.files]);
  });
}

// save has the browser store a file.
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
}
