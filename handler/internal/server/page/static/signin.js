// Signing in: OAuth 2.0 authorization code with PKCE (RFC 6749, RFC 7636) by a full redirect. The
// answer comes in the fragment, which reaches no server and no log. The token lives in the memory of
// this tab; there is no refresh token. What sessionStorage holds in between is of no use without the
// answer, and is taken out before the answer is used.

const key = 'influxion.sign-in';

export class SignInError extends Error {}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// address is the redirect URI: that of the page without query and fragment.
const address = () => location.origin + location.pathname;

// begin leaves the page for the authority. prompt is that of OpenID Connect; "" = none.
export async function begin(settings, prompt = '') {
  const sent = { state: random(), verifier: random(), nonce: random() };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sent.verifier));
  try {
    sessionStorage.setItem(key, JSON.stringify(sent));
  } catch {
    throw new SignInError('Your browser does not let this page store data, which signing in needs.');
  }
  const query = new URLSearchParams({
    client_id: settings.clientId,
    response_type: 'code',
    response_mode: 'fragment',
    redirect_uri: address(),
    scope: `openid profile ${settings.scope}`,
    state: sent.state,
    nonce: sent.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  });
  if (prompt) {
    query.set('prompt', prompt);
  }
  location.assign(`${settings.authorize}?${query}`);
}

// complete takes the authority's answer out of the address. Without one it gives null; else who has
// signed in, and the token.
export async function complete(settings) {
  const answer = new URLSearchParams(location.hash.slice(1));
  if (!answer.has('code') && !answer.has('error')) {
    return null;
  }
  history.replaceState(null, '', address()); // the code stays in no history
  const sent = taken();
  if (!sent || answer.get('state') !== sent.state) {
    throw new SignInError('This answer belongs to no sign-in of this tab. Please sign in again.');
  }
  if (answer.has('error')) {
    throw new SignInError(refusal(answer.get('error'), answer.get('error_description')));
  }
  const tokens = await redeem(settings, answer.get('code'), sent.verifier);
  const person = claims(tokens.id_token);
  if (person.nonce !== sent.nonce || person.aud !== settings.clientId) {
    throw new SignInError('The authority’s answer belongs to another sign-in. Please sign in again.');
  }
  return {
    name: person.preferred_username || person.name || '',
    token: tokens.access_token,
    expires: Date.now() + Number(tokens.expires_in) * 1000,
  };
}

// taken gives what begin has stored, once.
function taken() {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function redeem(settings, code, verifier) {
  let response, tokens;
  try {
    response = await fetch(settings.token, {
      method: 'POST',
      credentials: 'omit',
      body: new URLSearchParams({
        client_id: settings.clientId,
        grant_type: 'authorization_code',
        code,
        redirect_uri: address(),
        code_verifier: verifier,
        scope: `openid profile ${settings.scope}`,
      }),
    });
    tokens = await response.json();
  } catch {
    throw new SignInError('The authority that signs you in does not answer. Check your connection, and sign in again.');
  }
  if (!response.ok || !tokens.access_token || !tokens.id_token) {
    throw new SignInError(refusal(tokens.error, tokens.error_description));
  }
  return tokens;
}

function refusal(error, description) {
  if (error === 'access_denied') {
    return 'You have not signed in: it was cancelled, or this page is not allowed to act for you.';
  }
  const first = String(description ?? '').split(/ Trace ID:|[\r\n]/)[0].slice(0, 300);
  return `You could not be signed in. The authority says: ${first || error || 'nothing'}`;
}

// claims reads an ID token. It came from the authority itself over TLS (OpenID Connect Core,
// section 3.1.3.7), and is for showing a name alone.
function claims(token) {
  try {
    const text = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)))) ?? {};
  } catch {
    return {};
  }
}
