// Lists of files on which something is done, each with its progress and what came of it.

import { counted, make, named, readable, size } from './dom.js';
import { Problem } from './api.js';

const atOnce = 2;

// Row is one file of a list. Its state is waiting, working, done or failed.
export class Row {
  constructor(file, removed) {
    this.file = file;
    this.state = 'waiting';
    this.text = make('span', { className: 'state' });
    this.bar = make('progress', { max: 1, value: 0, hidden: true, 'aria-label': `Progress of ${readable(file.name)}` });
    this.more = make('div', { className: 'more' });
    this.buttons = make('span', { className: 'buttons' });
    this.element = make('li', {},
      make('div', { className: 'row' },
        make('span', { className: 'file' }, named(file.name), make('small', {}, ` ${size(file.size)}`)),
        this.text, this.buttons),
      this.bar, this.more);
    this.removed = removed;
    this.show('waiting', 'Waiting');
  }

  show(state, text, ...buttons) {
    this.state = state;
    this.element.dataset.state = state;
    this.text.textContent = text;
    this.bar.hidden = state !== 'working';
    if (state === 'working') {
      this.bar.removeAttribute('value');
    }
    this.buttons.replaceChildren(...buttons);
    if (state !== 'working') {
      this.buttons.append(this.button('Remove', () => this.removed(this)));
    }
  }

  button(label, act) {
    const button = make('button', { type: 'button', className: 'plain', 'aria-label': `${label}: ${readable(this.file.name)}` }, label);
    button.addEventListener('click', act);
    return button;
  }

  // told is what Service.post tells about the file, while verb is done with it.
  told(verb) {
    return {
      sent: (share) => {
        if (share < 1) {
          this.bar.value = share;
          this.text.textContent = `Sending, ${Math.round(share * 100)} %`;
        } else {
          this.bar.removeAttribute('value');
          this.text.textContent = verb;
        }
      },
      waiting: (seconds, why) => {
        this.bar.removeAttribute('value');
        this.text.textContent = `${why} Next try in ${counted(seconds, 'second', 'seconds')}.`;
      },
    };
  }

  fail(problem, again) {
    // What the service has read and refused, it would refuse again.
    const retry = [0, 401, 403, 404, 408, 429].includes(problem.status) || problem.status >= 500 ? [this.button('Try again', again)] : [];
    this.show('failed', problem.status === 0 ? 'No connection' : 'Refused', ...retry);
    this.more.replaceChildren(make('p', { className: 'bad' }, readable(problem.message, 1000)));
    if (problem.instance) {
      this.more.append(make('p', { className: 'soft small' }, 'Your administrator can find the cause under ',
        make('code', {}, readable(problem.instance)), '.'));
    }
  }
}

// Queue does work on its rows, some at once.
export class Queue {
  constructor(list, summary, verb, work) {
    Object.assign(this, { list, summary, verb, work, rows: [] });
    this.changed = () => {};
  }

  add(files) {
    const fresh = files.map((file) => new Row(file, (row) => this.remove(row)));
    this.rows.push(...fresh);
    this.list.append(...fresh.map((row) => row.element));
    this.tell();
    return fresh;
  }

  remove(row) {
    const at = this.rows.indexOf(row);
    this.rows.splice(at, 1);
    row.element.remove();
    (this.rows[at] ?? this.rows[at - 1])?.buttons.querySelector('button')?.focus();
    this.tell();
  }

  // run works on the rows, and on those that become ready meanwhile.
  async run(rows) {
    const waiting = [...rows];
    const worker = async () => {
      for (let row = waiting.shift(); row; row = waiting.shift()) {
        await this.#one(row);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  async #one(row) {
    if (!this.rows.includes(row) || row.state === 'working') {
      return; // it was removed, or has begun already
    }
    row.more.replaceChildren();
    row.show('working', this.verb);
    this.tell();
    try {
      await this.work(row);
    } catch (error) {
      row.fail(error instanceof Problem ? error : new Problem(500, { detail: `this page failed: ${error.message}` }),
        () => this.run([row]));
    }
    this.tell();
  }

  tell() {
    const count = (state) => this.rows.filter((row) => row.state === state).length;
    const parts = [[count('done'), 'done'], [count('working'), 'under way'], [count('waiting'), 'waiting'], [count('failed'), 'refused']]
      .filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
    this.summary.textContent = parts.length ? `${counted(this.rows.length, 'document', 'documents')}: ${parts.join(', ')}.` : '';
    this.changed(count);
  }
}
