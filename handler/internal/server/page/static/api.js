// Calling the API with the token of whoever has signed in.

import { size } from './dom.js';

const tries = 5;
const longest = 60; // seconds to wait for the next try

// Problem is an answer that is none, RFC 9457; status 0 is no answer at all.
export class Problem extends Error {
  constructor(status, problem, wait = 0) {
    super(status === 0 ? 'The service cannot be reached. Check your connection, and try again.' : sentence(problem, status));
    this.status = status;
    this.code = problem?.code ?? '';
    this.instance = (problem?.instance ?? '').replace('urn:uuid:', '');
    this.wait = wait;
  }
}

// What the service says is for programs and their makers; these refusals are met by everybody.
const plain = {
  __proto__: null, // a code is no name of an object's own
  not_a_pdf: 'This is not a PDF document.',
  password_required: 'The document needs a password: enter it under “More options”.',
  password_wrong: 'This password does not open the document.',
  document_damaged: 'The document is damaged. Save it again with the program that made it.',
  changes_forbidden: 'A signature in this document forbids another one.',
  certificate_not_found: 'You may not use this certificate, or it cannot sign now. “What I may use” lists those that you may.',
  insufficient_scope: 'You may not use this service. Your administrator can give you the right.',
};

function sentence(problem, status) {
  return [plain[problem?.code], said(problem, status)].filter(Boolean).join(' ');
}

function said(problem, status) {
  const detail = problem?.detail || `The service answered with the status ${status}.`;
  return detail[0].toUpperCase() + detail.slice(1) + (/[.!?]$/.test(detail) ? '' : '.');
}

// Service makes calls. expired is told when the token is no longer taken.
export class Service {
  constructor(session, settings, expired) {
    this.session = session;
    this.settings = settings;
    this.expired = expired;
  }

  // get reads a resource, as JSON or as a blob.
  async get(path, accept = 'application/json') {
    const answer = await this.#request('GET', path, null, accept);
    return accept === 'application/json' ? JSON.parse(await answer.blob.text()) : answer.blob;
  }

  // post sends a form. told gets the share that has been sent, and words while it waits for another
  // try: where the service says when, it is tried again.
  async post(path, form, accept, told) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#request('POST', path, form, accept, told.sent);
      } catch (problem) {
        const again = problem instanceof Problem && [429, 503].includes(problem.status);
        if (!again || attempt === tries || problem.wait > longest) {
          throw problem;
        }
        told.waiting(problem.wait, problem.status === 429 ? 'You have sent too many requests.' : 'The service is busy.');
        await new Promise((resolve) => setTimeout(resolve, problem.wait * 1000));
      }
    }
  }

  // refuse says before anything is sent why the service would not take a file; null = it may.
  refuse(file) {
    const most = this.settings.maxBytes;
    if (most > 0 && file.size > most) {
      return `It has ${size(file.size)}; this service takes documents of up to ${size(most)}.`;
    }
    return file.size === 0 ? 'The file is empty.' : null;
  }

  // XMLHttpRequest, because fetch does not tell how much has been sent.
  #request(method, path, body, accept, sent) {
    return new Promise((resolve, reject) => {
      if (Date.now() >= this.session.expires) {
        this.expired();
        reject(new Problem(401, { detail: 'your sign-in has expired', code: 'invalid_token' }));
        return;
      }
      const request = new XMLHttpRequest();
      request.open(method, path);
      request.responseType = 'blob';
      request.setRequestHeader('Authorization', `Bearer ${this.session.token}`);
      request.setRequestHeader('Accept', `${accept}, application/problem+json`);
      request.upload.onprogress = (event) => event.lengthComputable && sent?.(event.loaded / event.total);
      request.onerror = () => reject(new Problem(0));
      request.onload = async () => {
        if (request.status >= 200 && request.status < 300) {
          resolve({ blob: request.response, header: (name) => request.getResponseHeader(name) ?? '' });
          return;
        }
        if (request.status === 401) {
          this.expired();
        }
        reject(new Problem(request.status, await read(request.response),
          Math.max(1, Number(request.getResponseHeader('Retry-After')) || 5)));
      };
      request.send(body);
    });
  }
}

// read gives the problem in an answer; something else, such as a proxy's page, is none. A gateway
// answers with JSON of its own, in which these members can be anything.
async function read(blob) {
  try {
    const { detail, code, instance } = JSON.parse(await blob.text());
    return { detail: text(detail), code: text(code), instance: text(instance) };
  } catch {
    return null;
  }
}

const text = (value) => (typeof value === 'string' ? value : '');
