// Leads the fetch of Node.js 20 through HTTPS_PROXY, as NODE_USE_ENV_PROXY=1 does from Node.js 24 on.
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent());
