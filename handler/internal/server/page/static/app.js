// The page: sign in, then seal, verify, and see what may be used.

import { byId, counted, make, named, notice } from './dom.js';
import { Service } from './api.js';
import { loadCertificates } from './certificates.js';
import { prepareSealing } from './seal.js';
import { prepareVerifying } from './verify.js';
import { SignInError, begin, complete } from './signin.js';

const warning = 5 * 60_000; // before the sign-in expires
const settings = JSON.parse(document.querySelector('meta[name=influxion]').content);

async function signIn(prompt) {
  try {
    await begin(settings, prompt);
  } catch (error) {
    notice('sign-in', 'bad', error instanceof SignInError ? error.message : 'Signing in needs a page that is served by https.');
  }
}

function again(label = 'Sign in again') {
  const button = make('button', { type: 'button' }, label);
  button.addEventListener('click', () => signIn(''));
  return button;
}

// work shows the page of somebody who has signed in.
function work(session) {
  const service = new Service(session, settings, () => expire());
  let verifyFile;
  const unsaved = prepareSealing(service, (file) => {
    open('verify', true);
    verifyFile(file);
  });
  verifyFile = prepareVerifying(service);
  byId('welcome').hidden = true;
  byId('work').hidden = false;
  byId('who').replaceChildren(named(session.name));
  byId('account').hidden = false;
  byId('main').focus({ preventScroll: true });
  loadCertificates(service);
  watch(session);
  let leaving = false;
  addEventListener('beforeunload', (event) => {
    if (unsaved() && !leaving) {
      event.preventDefault();
    }
  });
  byId('sign-out').addEventListener('click', () => {
    if (unsaved() && !confirm('Sealed documents that you have not downloaded will be lost. Sign out?')) {
      return;
    }
    leaving = true;
    location.replace(location.pathname); // this clears the memory, and so the token
  });
}

// expire says that the token is no longer taken. What has been sealed stays until the page is left.
function expire() {
  notice('session', 'doubt', 'Your sign-in has expired. Download what is sealed first: documents are not kept while you sign in again. ', again());
}

function watch(session) {
  const check = () => {
    const left = session.expires - Date.now();
    if (left <= 0) {
      expire();
    } else if (left <= warning) {
      notice('session', 'doubt', `Your sign-in expires in ${counted(Math.ceil(left / 60_000), 'minute', 'minutes')}. `, again());
      setTimeout(check, Math.min(left, 60_000));
    } else {
      setTimeout(check, Math.min(left - warning, 60_000));
    }
  };
  check();
}

// Tabs by the pattern of WAI-ARIA: arrow keys, Home and End move and open.
const tabs = [...document.querySelectorAll('[role=tab]')];

function open(panel, focus = false) {
  for (const tab of tabs) {
    const selected = tab.getAttribute('aria-controls') === panel;
    tab.setAttribute('aria-selected', selected);
    tab.tabIndex = selected ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !selected;
    if (selected && focus) {
      tab.focus();
    }
  }
}

function prepareTabs() {
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => open(tab.getAttribute('aria-controls')));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        open(tabs.at(to % tabs.length).getAttribute('aria-controls'), true);
      }
    });
  });
}

// A file that is dropped beside a place for it must not replace the page.
for (const kind of ['dragover', 'drop']) {
  addEventListener(kind, (event) => event.preventDefault());
}
const connection = () => notice('offline', 'doubt', navigator.onLine ? '' : 'You are offline. What you start now will fail until the connection is back.');
addEventListener('offline', connection);
addEventListener('online', connection);
byId('sign-in')?.addEventListener('click', () => signIn(''));
prepareTabs();
connection();

try {
  const session = await complete(settings);
  if (session) {
    work(session);
  } else {
    byId('welcome').hidden = false;
  }
} catch (error) {
  byId('welcome').hidden = false;
  notice('sign-in', 'bad', error instanceof SignInError ? error.message : `This page failed: ${error.message}`);
}
